"""The modules, functions and classes of libraries that evidence may refer to by name.

The notebook decides what a name means, and a test case may call it with values of the notebook. So what opens a file,
runs a text as code or starts a process is left out, whatever it is called: by library, by module and by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

#: Modules whose public functions and classes may be used under the name by which the notebook imported them.
_MODULES = """
    base64 bisect calendar cmath collections collections.abc contextlib csv datetime decimal fractions functools
    hashlib heapq itertools json math numbers operator random re statistics string textwrap warnings
    numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random
    pandas pandas.api.types
    scipy scipy.cluster scipy.cluster.hierarchy scipy.constants scipy.fft scipy.integrate scipy.interpolate scipy.linalg
    scipy.ndimage scipy.optimize scipy.signal scipy.sparse scipy.sparse.linalg scipy.spatial scipy.spatial.distance
    scipy.special scipy.stats
    sklearn sklearn.base sklearn.cluster sklearn.compose sklearn.decomposition sklearn.discriminant_analysis
    sklearn.dummy sklearn.ensemble sklearn.feature_extraction.text sklearn.feature_selection
    sklearn.gaussian_process sklearn.impute sklearn.inspection sklearn.kernel_ridge sklearn.linear_model
    sklearn.manifold sklearn.metrics sklearn.metrics.pairwise sklearn.mixture sklearn.model_selection
    sklearn.multiclass sklearn.multioutput sklearn.naive_bayes sklearn.neighbors sklearn.neural_network
    sklearn.pipeline sklearn.preprocessing sklearn.svm sklearn.tree
    matplotlib matplotlib.axes matplotlib.figure matplotlib.pyplot seaborn
    datascience babypandas
    jax jax.lax jax.nn jax.numpy jax.random jax.scipy jax.tree jax.tree_util
    torch torch.linalg torch.nn torch.nn.functional torch.optim
"""
#: Modules of which only some functions and classes may be used, for the others read files or run code.
_KERAS = {
    "keras": "Input Model Sequential",
    "keras.layers": """
        Activation Add Average AveragePooling2D BatchNormalization Bidirectional Concatenate Conv1D Conv2D
        Conv2DTranspose Dense DepthwiseConv2D Dropout Embedding Flatten GRU GlobalAveragePooling1D
        GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D InputLayer LSTM Layer LayerNormalization LeakyReLU
        MaxPool2D MaxPooling1D MaxPooling2D MultiHeadAttention Normalization ReLU Rescaling Reshape SeparableConv2D
        SimpleRNN Softmax SpatialDropout2D UpSampling2D ZeroPadding2D
    """,
    "keras.callbacks": "History",
    "keras.models": "",
    "keras.ops": "",
    "keras.optimizers": "Adadelta Adagrad Adam AdamW RMSprop SGD",
    "keras.utils": "",
    "tensorflow": "RaggedTensor Tensor Variable",
}
EXPORTS = {
    "builtins": """
        abs all any bool bytearray bytes chr complex dict divmod enumerate filter float frozenset hash int isinstance
        issubclass iter len list map max min next object ord pow range repr reversed round set slice sorted str sum
        tuple type zip
        ArithmeticError AssertionError AttributeError BaseException EOFError Exception FileNotFoundError ImportError
        IndexError KeyError LookupError MemoryError NameError NotImplementedError OSError OverflowError PermissionError
        RecursionError RuntimeError StopIteration TypeError UnicodeError ValueError Warning ZeroDivisionError
    """,
    "pathlib": "Path",
    "sklearn.utils": "Bunch",
    "types": "NoneType SimpleNamespace",
    "typing": "Any",
    "zoneinfo": "ZoneInfo",
    **_KERAS,
}
_WHOLE = tuple(_MODULES.split())
#: Modules that a test case may use under the name by which the notebook imported them. They only compute.
MODULES = frozenset(_WHOLE) | {name for name in _KERAS if name not in ("keras.callbacks", "keras.optimizers")}
#: Their names by the names that Keras gives some of them, and TensorFlow, once one of its modules was imported.
ALIASES = {
    f"{package}{part}": f"keras{part}"
    for package in ("tensorflow.keras", "keras._tf_keras.keras")
    for part in ("", ".layers", ".models")
}
#: Words in the names of functions and classes that open files, run texts as code, or get at other code.
_KEPT_OUT = re.compile(
    r"^_|read|load|save|write|dump|open|eval|exec|compile|import(?!ance)|fetch|file|path|pickle|excel|hdf|memmap"
    r"|(?<!s)parse|datasource|lowlevel|script|caller|getter|backend|^test|^use$",
    re.IGNORECASE,
)


def may_export(module: Any, name: Any) -> bool:
    """Whether evidence may refer to a function or class of a module by this name."""
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    if module in EXPORTS:
        return name in EXPORTS[module].split()
    return module in _WHOLE and _KEPT_OUT.search(name) is None


def imported(module: str, name: str) -> Any:
    """A function or class of a library, imported; ``may_export`` must have said so.

    Raises:
        AttributeError, TypeError: there is none of that name, or it belongs to a different library.
    """
    value = getattr(import_module(module), name)
    if not callable(value) or not _belongs(value, module):
        raise TypeError(f"{module}.{name} is not a function or class of {module}")
    return value


def exported_name(value: Any) -> tuple[str, str] | None:
    """The module and name by which evidence may refer to a value, in a process that has imported it."""
    name = getattr(value, "__name__", None)
    for module in (*EXPORTS, *_WHOLE):
        library = sys.modules.get(module)
        for candidate in _candidates(module, name) if library is not None else ():
            if getattr(library, candidate, None) is value and may_export(module, candidate):
                return (module, candidate) if module in EXPORTS or _belongs(value, module) else None
    return None


def _candidates(module: str, name: Any) -> Iterator[str]:
    if module in EXPORTS:
        yield from EXPORTS[module].split()
    elif isinstance(name, str):
        yield name


def _belongs(value: Any, module: str) -> bool:
    """Whether a function or class was defined in the library of a module, or in C without saying where."""
    home = getattr(value, "__module__", None)
    home = getattr(type(value), "__module__", None) if home is None else home
    library = module.partition(".")[0]
    own = {"builtins", "_" + library, library, *_HOMES.get(library, ())}
    return isinstance(home, str) and home.partition(".")[0] in own


#: Where the functions of a library say they are, if that is somewhere else.
_HOMES = {
    "collections": ("abc", "typing"),
    "datetime": ("_pydatetime",),
    "math": ("cmath",),
    "random": ("_random",),
    "scipy": ("numpy",),
    "pandas": ("numpy",),
    "statistics": ("_statistics",),
}
