"""Keras and TensorFlow for a fork server: without JAX, which TensorFlow imports wherever it is installed.

Each process that is forked would carry it. A notebook can still import it.
"""

import sys
from typing import Any, cast

_hidden = cast(dict[str, Any], sys.modules)
_hides = "jax" not in _hidden
if _hides:
    _hidden["jax"] = None
try:
    import keras  # noqa: F401
finally:
    if _hides:
        del _hidden["jax"]
