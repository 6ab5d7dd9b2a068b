"""All kinds of values in evidence: how each type is written, how each kind is read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from autograder.evidence import (
    kinds_images,
    kinds_keras,
    kinds_made,
    kinds_pandas,
    kinds_plain,
    kinds_tuples,
    kinds_typing,
)
from autograder.evidence.nodes import MANY, Read, Write, bases_of, type_name

_COLLECTIONS = (list, tuple, set, frozenset)


def writers() -> dict[type, Write]:
    """How each type is written; of libraries, those that the notebook has imported."""
    return (
        kinds_plain.writers()
        | kinds_tuples.writers()
        | kinds_typing.writers()
        | kinds_made.writers()
        | kinds_pandas.writers()
        | kinds_images.writers()
        | kinds_keras.writers()
    )


def derived_class(value: Any) -> str | None:
    """The class of a value that ``is_derived``, or of one of the first items of a collection: its name, if it is one of
    the notebook's own, else with the module.
    """
    try:
        items = value.values() if type(value) is dict else value if type(value) in _COLLECTIONS else ()
        one_of_each = {id(type(one)): one for one in (value, *islice(items, MANY))}
        derived = next((one for one in one_of_each.values() if is_derived(one)), None)
        if derived is None or type(derived).__module__ != "__main__":
            return None if derived is None else type_name(derived)
        return type(derived).__name__[:100]
    except (Exception, SystemExit):  # a student's metaclass can raise anything
        return None


def is_derived(value: Any, known: Mapping[type, Write] | None = None) -> bool:
    """Whether a value is recorded as one of a built-in type, from which its class is derived (``class C(float)``), or
    as one of ``collections``.

    So is a ``defaultdict`` with a function of the notebook's own. ``known`` are the ``writers``, if they are at hand.
    """
    kind, known = type(value), writers() if known is None else known
    if kinds_made.has_own_factory(value):
        return True
    if kind in known or kinds_tuples.is_named_tuple(kind):
        return False
    recorded_as = next((base for base in bases_of(value) if base in known), None)
    return recorded_as in kinds_plain.BUILT_IN or recorded_as in kinds_made.COLLECTIONS


READERS: Mapping[str, Read] = {
    **kinds_plain.READERS,
    **kinds_tuples.READERS,
    **kinds_typing.READERS,
    **kinds_made.READERS,
    **kinds_pandas.READERS,
    **kinds_images.READERS,
    **kinds_keras.READERS,
}
"""How each kind is read; pandas, TensorFlow or Keras is imported when a value needs it."""
