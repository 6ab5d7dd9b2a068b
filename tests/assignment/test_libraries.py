"""Which libraries are imported in advance for an assignment."""

from __future__ import annotations

import pytest

from autograder.assignment import libraries
from autograder.assignment.libraries import MODULES, modules, named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import pandas as pd", {"pandas"}),
        ("from scipy.stats import norm; import numpy", {"scipy"}),
        ("Use `sklearn.linear_model` for it.", {"sklearn"}),
        ("import seaborn as sns", {"seaborn", "matplotlib", "pandas"}),
        ("from datascience import *", {"matplotlib", "pandas", "scipy"}),
        ("import babypandas as bpd", {"pandas"}),
        ("import statsmodels.api as sm", {"statsmodels", "pandas"}),
        ("from tensorflow import keras", {"matplotlib", "pandas", "scipy", "seaborn", "sklearn"}),
        ("import torch.nn as nn", {"torch", "matplotlib", "pandas", "scipy", "seaborn", "sklearn"}),
        ("my_pandas, unscipy = 1, 2", set()),
    ],
)
def test_a_library_is_found_by_its_name_or_by_one_that_it_comes_with(text: str, found: set[str]) -> None:
    assert named(["import os", text]) == found


def test_only_what_is_installed_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "find_spec", lambda name: name == "pandas" or None)

    assert modules({"scipy", "pandas", "seaborn"}) == MODULES["pandas"]
