"""Training once for a class: what a kernel would compute with Keras is asked of a trusted trainer, and remembered.

``hook`` (in the kernel, with ``canonical``) turns ``fit``, ``evaluate`` and ``predict`` into requests of the form that
``request`` defines and ``wire`` carries. ``desk`` (in the grader) takes those of one run in, bounded; ``trainer``
computes each distinct one once, in a ``worker``, and keeps what came out in a ``store`` under the request's digest.
"""
