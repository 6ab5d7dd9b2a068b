"""Keras and TensorFlow for a fork server: without JAX, which TensorFlow imports wherever it is installed.

Each process that is forked would carry it. A notebook can still import it.
"""

from autograder.sandbox.inside.imports import without

with without("jax"):
    import keras  # noqa: F401
