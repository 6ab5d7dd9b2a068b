"""Engines compute what is asked of the trainer: TensorFlow on the processor, or JAX on a GPU.

- ``engine``: what the trainer expects of an engine; ``device``: whether this machine has a GPU that one can use.
- ``tensorflow`` and ``jax``: the two, as the grader sees them.
- ``process``: what happens inside their processes, the same in both; ``tensorflow_process`` and ``jax_process``: what
  differs; ``epochs``: whole epochs as one compiled program, for JAX.
"""
