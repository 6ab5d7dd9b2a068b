"""Gradescope: an autograder zip file that grades one submission with this package (``archive``), and what runs in it
(``harness``).

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""
