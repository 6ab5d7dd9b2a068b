"""A text that pandas computes gets at values and at functions that compute, and from these no further."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest

from autograder.errors import EvidenceError

FRAME = pd.DataFrame({"a": [1, 2, 3], "word": ["x", "y", "x"], "__own": [1, 1, 2]})


@pytest.fixture(autouse=True)
def _checker() -> None:
    importlib.import_module("autograder.checks.pandas_texts")


@pytest.mark.parametrize(
    "text",
    [
        "a > 1", "a > a.mean() - 1 and word != 'z'", "word.str.contains('x')", "a > @np.pi - 3", "a < @np.linalg.norm([9, 9])",
        "a < @limit", "a.map(@twice) > 1", "@FRAME.a > 0", "`a` == a", "__own > 0", "index >= @pd.Timestamp(0).year - 1970",
    ],
)  # fmt: skip
def test_what_computes_is_computed(text: str) -> None:
    limit, twice = 10, lambda value: 2 * value
    assert len(FRAME.query(text)) > 0
    assert all((limit, twice, np))


@pytest.mark.parametrize(
    "text",
    [
        "a > @pd.io.common.os.getpid()", "a.values.__class__ == 1", "@__builtins__.eval('1') == a", "@np.load('x') == a",
        "@os.getpid() == a", "a.map(@pd.read_pickle) == a", "a._mgr == a", "@np.lib.format.io == a",
    ],
)  # fmt: skip
def test_what_gets_further_is_refused(text: str) -> None:
    import os

    with pytest.raises(EvidenceError, match=r"^a text that pandas computes must name values alone \(got '"):
        FRAME.query(text)
    assert all((os, np))
