"""Checks: a question's test cases over its evidence, in a process that never ran student code.

- ``checker``: the grader's side, which has a fresh checker forked for each submission; ``job``: what it asks;
  ``answer``: what it believes of the answer.
- ``worker``: the checker's process; ``submission``: all questions; ``questions``: one of them; ``judge``: one of its
  test cases; ``hints``: a suggestion where a name is missing.
- ``evidence``: the values of a question, ``compiled`` where its test cases ask for that; ``test_file`` and
  ``submodules``: these test cases; ``pandas_texts`` and ``sympy_texts``: which texts these
  libraries run for them.
- ``expect`` and ``expect_networks``: what test cases ask of values and networks.
- ``reference`` and ``references``: measurements on the grader's data; ``claims``: scores and predictions, compared
  with these.
- ``trainings``, with ``lineage`` and ``given_pixels``: how a network came by its weights; ``provenance``: notes on
  that.
- ``remote``: functions and objects of a student, used in the kernel; ``remote_channel`` and ``remote_arguments``:
  requests to it, and what they hand over; ``remote_objects``, with ``remote_special``, ``remote_libraries`` and
  ``remote_errors``: what stands for them here.
"""
