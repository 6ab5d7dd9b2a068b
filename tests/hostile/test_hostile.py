"""Hostile submissions gain nothing and cost the others nothing: some of the suite here, all of it where there is time."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from autograder.sandbox import bubblewrap
from hostile import attacks, report, suite, uploads

#: At least one of each kind, those that have been the most dangerous to this grader first.
SOME = (
    "patch_recorder",
    "equal_to_all",
    "forged_replies",
    "evidence_by_hand",
    "square_that_looks",
    "hidden_tests",
    "roots_of_processes",
    "connect_by_address",
    "kernel_doors",
    "write_outside",
    "raw_frames",
    "bad_messages",
    "os_exit_after_right_answers",
    "ignores_interrupts",
    "daemon",
    "script_in_output",
    "fifo",
    "link_to_another",
    "zip_slip",
)

pytestmark = pytest.mark.skipif(
    bubblewrap.problem() is not None, reason="hostile submissions are only run in the sandbox, which cannot be had here"
)


def graded(chosen: Collection[str]) -> suite.Batch:
    batch = suite.run(chosen)
    print("\n".join(report.lines(batch)))
    return batch


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_some_of_the_hostile_submissions_get_what_they_must() -> None:
    batch = graded(SOME)

    assert batch.failures == 0
    assert {outcome.name.rpartition("-")[2] for outcome in batch.outcomes} >= set(SOME)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_all_of_the_hostile_submissions_get_what_they_must() -> None:
    batch = graded(())

    assert batch.failures == 0
    assert len(batch.outcomes) >= len(attacks.load(())) + len(uploads.UPLOADS) + len(uploads.NAMES)


def test_a_hostile_cell_refuses_to_run_outside_the_sandbox() -> None:
    with pytest.raises(SystemExit, match="only inside the sandbox"):
        exec(attacks.GUARD, {})
