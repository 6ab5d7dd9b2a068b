"""The advice on an error of a cell that comes of where notebooks are graded."""

from __future__ import annotations

import pytest

from autograder.reports.wording import error_advice
from autograder.results import CellError


@pytest.mark.parametrize(
    ("error", "words", "advice"),
    [
        ("AssertionError", "Torch not compiled with CUDA enabled", "No GPU is there"),
        ("RuntimeError", "Found no NVIDIA driver on your system.", "No GPU is there"),
        ("RuntimeError", "PyTorch is not linked with support for mps devices", "No GPU is there"),
        ("RuntimeError", "Unknown backend: 'gpu' requested, but no platforms are instances of gpu", "No GPU is there"),
        ("RuntimeError", "Unknown backend cuda. Available backends are ['cpu']", "No GPU is there"),
        ("InvalidArgumentError", "Could not satisfy device specification '/device:GPU:0'", "No GPU is there"),
        ("RuntimeError", "the sizes of the tensors must match", ""),
        ("NameError", "name 'CUDA' is not defined", ""),
        ("NameError", "name 'raw_input' is not defined", "`raw_input` is of Python 2"),
    ],
)
def test_what_is_not_where_notebooks_are_graded_has_advice(error: str, words: str, advice: str) -> None:
    said = error_advice(CellError(3, error, words))

    assert said.startswith(advice) and bool(said) == bool(advice)
