"""All kinds of values in evidence: how each type is written, how each kind is read."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.evidence import kinds_keras, kinds_made, kinds_pandas, kinds_plain
from autograder.evidence.nodes import Read, Write


def writers() -> dict[type, Write]:
    """How each type is written; of libraries, those that the notebook has imported."""
    return kinds_plain.writers() | kinds_made.writers() | kinds_pandas.writers() | kinds_keras.writers()


READERS: Mapping[str, Read] = {
    **kinds_plain.READERS,
    **kinds_made.READERS,
    **kinds_pandas.READERS,
    **kinds_keras.READERS,
}
"""How each kind is read; pandas, TensorFlow or Keras is imported when a value needs it."""
