"""Training once for a class: a trusted trainer computes what a notebook asks of Keras, and stores the outcome.

In the kernel, ``kernel.fit_hook`` turns ``fit``, ``evaluate`` and ``predict`` into requests, in the form of
``evidence.training_request``. Here ``requests`` receives those of one run, within ``bounds``. ``trainer`` has each
distinct one computed once, by one of the ``engines`` in one of its ``slots``, and stores the outcome in a ``store``;
a ``computation`` ends when nobody waits for it. ``prefetch`` computes ahead what a checker will ask.

- ``pool``: the arrays of requests, shared by all runs; ``test_samples``: those that the grader has anyway.
- ``outputs``: what follows from a network's outputs, so that the samples pass through it once.
- ``history``: what was seen of a run, for the checks.
"""
