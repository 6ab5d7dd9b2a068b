"""TensorFlow's random numbers, which begin anew only where some were drawn: all its operations pay for it."""

from __future__ import annotations

import functools
from typing import Any


def begin_anew_only_where_drawn() -> None:
    """Have ``tf.random.set_seed`` do nothing in this process where the seed is set already, and nothing has used it.

    TensorFlow forgets with it how to compute each operation, for the sake of those that keep a state of random numbers.
    These take a seed first; a compiled function does so only when it is traced, so that one use counts for good.
    """
    from tensorflow.python.eager import context
    from tensorflow.python.framework import random_seed

    get_seed, set_global_seed = random_seed.get_seed, context.set_global_seed
    is_used = False

    @functools.wraps(get_seed)
    def getting(op_seed: Any) -> Any:
        nonlocal is_used
        is_used = True
        return get_seed(op_seed)

    @functools.wraps(set_global_seed)
    def setting(seed: Any) -> None:
        if is_used or type(seed) is not int or seed != context.global_seed():
            set_global_seed(seed)

    random_seed.get_seed, context.set_global_seed = getting, setting
