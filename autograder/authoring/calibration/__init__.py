"""Calibration: accuracy thresholds whose error is known, from repeated runs of the reference solution.

``variants`` are the answers to run, ``runs`` runs them with different seeds, ``spread`` is the model that gives
thresholds, ``profiles`` stores runs and thresholds in the profile's file, and ``table`` shows them.
"""
