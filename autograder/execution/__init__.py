"""A run: a notebook is executed in a kernel, under limits, and leaves evidence behind.

- ``runner``: one run, start to end; ``clock``: its time; ``client``: the conversation with its kernel.
- ``relay``, ``bounded_client`` and ``protocol``: bounds on the bytes, parts and fields of what a kernel sends.
- ``launch``: a kernel's settings, sockets and sandbox; ``warm`` and ``provisioner``: kernels forked from a fork server.
- ``outputs``: which outputs are kept; ``watch``: the limits of a run.
- ``receive``: evidence as it arrives; ``pool``: large files of it, kept for later submissions.
"""
