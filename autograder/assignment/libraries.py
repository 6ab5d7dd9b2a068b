"""The libraries that an assignment names: each is imported once, in advance, for all processes forked for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec

#: What is imported of each; a library imports those that it needs. Importing them starts no thread: a fork is safe.
#: pandas would import the modules of its tables with the first table.
MODULES = {
    "matplotlib": ["matplotlib.pyplot"],
    "networkx": ["networkx"],
    "pandas": ["pandas", "pandas.io.formats.html", "pandas.io.formats.string"],
    "scipy": ["scipy.stats"],
    "seaborn": ["seaborn"],
    "sklearn": ["sklearn.metrics", "sklearn.model_selection"],
    "statsmodels": ["statsmodels.api"],
    "sympy": ["sympy"],
    "torch": ["torch"],
}
_WITH_NETWORKS = ["matplotlib", "pandas", "scipy", "seaborn", "sklearn"]
#: Those that notebooks with another library use, too.
_COME_WITH = {
    "babypandas": ["pandas"],
    "datascience": ["matplotlib", "pandas", "scipy"],
    "keras": _WITH_NETWORKS,
    "seaborn": ["matplotlib", "pandas"],
    "statsmodels": ["pandas"],
    "tensorflow": _WITH_NETWORKS,
    "torch": _WITH_NETWORKS,
}


def named(texts: Iterable[str]) -> frozenset[str]:
    """The libraries of ``MODULES`` that texts name, code or not, and those that come with others that they name."""
    words = frozenset(word for text in texts for word in re.findall(r"\w+", text))
    come_with = (library for name, libraries in _COME_WITH.items() if name in words for library in libraries)
    return (words & MODULES.keys()).union(come_with)


def modules(libraries: Iterable[str]) -> list[str]:
    """The modules of libraries that are installed, in a fixed order."""
    return [module for library in sorted(libraries) if find_spec(library) for module in MODULES[library]]
