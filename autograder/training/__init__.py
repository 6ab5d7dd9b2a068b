"""Training once for a class: a trusted trainer computes what a notebook asks of Keras, and stores the outcome.

In the kernel, ``kernel.fit_hook`` turns ``fit``, ``evaluate`` and ``predict`` into requests, in the form of
``evidence.training_request``. Here ``requests`` receives those of one run, bounded; ``trainer`` has each distinct one
computed once, in a ``worker`` process, and keeps the outcome in a ``store``; ``prefetch`` computes ahead what a checker
will ask.
"""
