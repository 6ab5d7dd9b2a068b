"""What a grading run notes of its submissions."""

from __future__ import annotations

from autograder.results import Graded, Record, Result, RunStatus


def test_a_record_has_the_times_of_a_submission_and_its_trainings_that_were_not_cached() -> None:
    record, result = Record(), Result("Ada", "ada.ipynb", RunStatus.OK, "", ())
    record.add(Graded(result, None, {"run_seconds": 2.5}, ("fit was not cached: its data is not an array",)))
    record.add(Graded(result, None, {"run_seconds": 1.5}))

    assert record.submissions == [
        {"name": "ada.ipynb", "run_seconds": 2.5, "not_cached": ["fit was not cached: its data is not an array"]},
        {"name": "ada.ipynb", "run_seconds": 1.5},
    ]
