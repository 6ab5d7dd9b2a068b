"""Hostile submissions gain nothing and cost the others nothing: some of the suite here, all of it where there is time."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import nbformat
import pytest
from machines import needs_sandbox

from hostile import attacks, report, suite, uploads
from hostile.traps import Canaries

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

pytestmark = needs_sandbox


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


@pytest.mark.parametrize(("printed", "problems"), [("REACHED:", ()), ("", ("it did not reach its target",))])
def test_an_attack_that_did_not_reach_its_target_fails(tmp_path: Path, printed: str, problems: tuple[str, ...]) -> None:
    (attack,) = attacks.load(["escaping-connect_by_address"])
    output = nbformat.v4.new_output("stream", text=printed)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    nbformat.write(notebook, tmp_path / "executed.ipynb")
    row = {"submission": f"{attack.folder}/hostile.ipynb", "status": "ok", "score": 0.0, "scores": {}, "seconds": 1.0}
    graded = {"rows": [{**row, "message": "", "seen": [], "reports": str(tmp_path)}]}
    judged = suite.judge(suite.Site(tmp_path), [attack], Canaries(), graded, {"rows": []}, names=False)

    assert judged[-1].problems == problems


def test_some_attacks_run_under_the_limits_that_nobody_set() -> None:
    assert {attack.limits for attack in attacks.load()} == {"suite", "default"}
