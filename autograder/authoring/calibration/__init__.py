"""Calibration: accuracy thresholds whose error is known, from repeated runs of the reference solution.

``variants`` says which answers are run, ``runs`` runs them with different seeds, ``spread`` is the model from which
thresholds follow, and ``profiles`` keeps the runs, and the thresholds that they give, in the profile's file.
"""
