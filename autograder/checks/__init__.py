"""Checks: a question's test cases over its evidence, in a process that never ran student code.

``checker`` is the grader's side: it has a fresh checker forked for each submission; ``answer`` reads what that process
answers. In that process ``worker`` restores the ``evidence`` of each question, and ``questions`` runs its ``cases``.
Test cases ask with ``expect`` and ``expect_networks``; ``reference`` measures, ``remote`` calls a student's function in
the kernel, and ``hints`` suggests a name where one is missing.
"""
