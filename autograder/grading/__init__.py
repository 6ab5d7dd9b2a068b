"""Grading: one submission from its notebook to its result, a class of them, and which results still hold.

- ``setup``: what a class is graded with; ``grader``: the object that grades; ``services``: the processes that it owns.
- ``capacity``: how many submissions this machine can grade at once.
- ``grade``: one submission, start to end; ``not_graded``: one that cannot be; ``written``: answers for people to mark;
  ``lost_names``: what errors of its cells cost.
- ``schedule``: many submissions; ``class_run``: a class in its folder; ``progress``: what is told meanwhile.
- ``basis``: what a result depends on; ``unchanged``: the results of earlier runs that still hold.
- ``trial``: can this machine grade?
"""
