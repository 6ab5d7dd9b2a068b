"""Training once for a class: what a kernel would compute with Keras is asked of a trusted trainer, and remembered.

In the kernel, ``hook`` turns ``fit``, ``evaluate`` and ``predict`` into requests: ``draft`` writes them, ``canonical``
has equal networks be equal, ``client`` asks. Both sides know their form (``request``) and how they cross (``wire``). In
the grader, ``desk`` takes those of one run in, bounded; ``trainer`` computes each distinct one once, in a ``worker``,
and keeps what came out in a ``store`` under the request's digest.
"""
