"""Right answers in other clothes must pass, plausible wrong ones must fail and be told why: both lists, as data.

``variants/QUESTION.toml`` holds them and ``variants`` reads them; ``series`` and ``packs`` put them into student
notebooks, ``suite`` grades these on the real path, ``report`` shows the outcome. ``python -m fairness`` runs it all.
"""
