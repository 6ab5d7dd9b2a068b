"""Fairness: right answers must pass however they are written, wrong ones must fail and be told why.

An assignment has such answers, its *variants*, in ``variants/QUESTION.toml``; ``variants`` reads them. Many of them run
in one notebook: ``series`` and ``packs`` write these notebooks, ``suite`` grades them on the real path, and ``report``
shows the outcomes and which test cases are needed.
"""
