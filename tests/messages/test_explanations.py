"""Each message that a student can meet has one entry that explains it, and docs/debugging.md has all entries."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from notebooks import ROOT

from autograder.messages import STAGES, message
from autograder.messages.explanations import EXPLANATIONS, MAX_LINE, find
from autograder.messages.page import page
from autograder.results import QuestionStatus, RunStatus

#: The stages whose messages reach students.
STAGES_FOR_STUDENTS = ("checks", "evidence", "expect", "intake", "preview", "runs", "statuses", "training")
#: What needs no entry of its own.
WITHOUT_ENTRY = {
    "a part of another message": (
        *("checks.suggestion", "checks.suggested_model", "checks.filler", "checks.prompt", "checks.nothing"),
        *("evidence.within", "evidence.error", "evidence.refused", "evidence.raised"),
        *("expect.setting", "expect.samples.images", "expect.samples.others", "expect.score_capped", "expect.pixels.*"),
        *("expect.class", "expect.between", "expect.the_model", "expect.special_convolution", "expect.of_shape"),
        *("expect.noun.*", "expect.r2", "expect.test_accuracy", "expect.figures.*"),
        *("intake.place.*", "runs.wrote", "runs.stopped", "runs.no_answer", "runs.ended", "runs.cell"),
        *("runs.cell_counted", "runs.after_last_cell", "runs.call", "training.cap.*", "training.no_datasets"),
    ),
    "for those who grade": (
        *("intake.files", "intake.students", "intake.no_submissions", "intake.late*", "intake.attempts"),
        *("intake.unread_time", "intake.missing", "intake.several_matches", "intake.listed.*", "intake.earlier.*"),
        *(
            "intake.submissions",
            "intake.other_*",
            "intake.not_on_roster",
            "intake.extension_of_nobody",
            "intake.large_team",
            "intake.several_teams",
            "intake.team_not_allowed",
            "intake.several_in_team",
            "intake.several_without_times",
            "runs.interrupted",
            "statuses.note.*",
        ),
    ),
    "in run.json alone": (
        *("training.not_cached", "training.raised", "training.sets", "training.callback*", "training.validation"),
        *("training.other_weights", "training.own_model", "training.configuration", "training.not_array"),
        *("training.large_dataset",),
        *("training.data_type", "training.model_type", "training.large_numbers", "training.lengths", "training.eager"),
        *("training.loss_weights", "training.weight_type", "training.whole", "training.no_trainer", "training.ended"),
        *("training.no_test_outputs", "training.parameters", "training.answer", "training.disk"),
        "training.false_layout",
    ),
    "words of a status, in the tables of docs/students.md": (
        "statuses.run.*",
        "statuses.question.*",
        "statuses.case.*",
        "statuses.excused",
    ),
    "nothing is wrong": (
        *("statuses.question_alone.passed", "statuses.question_alone.marked", "statuses.question_alone.set"),
    ),
    "the entry itself": ("statuses.trouble.*", "statuses.advice.*"),
    "around the results of a preview": (
        *("preview.begins_*", "preview.took_before", "preview.takes_*", "preview.trainings", "preview.trains_nothing"),
        *("preview.try_quick", "preview.run", "preview.quick", "preview.trouble", "preview.cell_error"),
        *(
            "preview.error_advice",
            "preview.data",
            "preview.note",
            "preview.question",
            "preview.outcome",
            "preview.detail",
        ),
        *("preview.pending", "preview.by_hand", "preview.hidden", "preview.explain", "preview.files"),
        *("preview.unmarked", "preview.fine", "preview.public"),
    ),
}
PATTERNS = [pattern for patterns in WITHOUT_ENTRY.values() for pattern in patterns]
KEYS = [f"{stage}.{name}" for stage in STAGES_FOR_STUDENTS for name in STAGES[stage]]


@pytest.mark.parametrize("stage", STAGES_FOR_STUDENTS)
def test_each_message_has_one_entry_or_a_reason_to_have_none(stage: str) -> None:
    wrong = {}
    for key in (key for key in KEYS if key.startswith(f"{stage}.")):
        owners = [entry.id for entry in EXPLANATIONS.values() if key in entry.keys]
        owners += [pattern for pattern in PATTERNS if fnmatchcase(key, pattern)]
        if len(owners) != 1:
            wrong[key] = owners
    assert wrong == {}, "give it an entry in autograder/messages/explanations.py, or a reason here"


def test_each_pattern_has_a_message() -> None:
    patterns = [*PATTERNS, *(pattern for entry in EXPLANATIONS.values() for pattern in entry.covers)]
    assert [pattern for pattern in patterns if not any(fnmatchcase(key, pattern) for key in KEYS)] == []


def test_an_entry_is_about_messages_or_a_status() -> None:
    statuses = {status.name.lower() for status in RunStatus}
    assert [id for id, entry in EXPLANATIONS.items() if not entry.keys and id not in statuses] == []


@pytest.mark.parametrize("status", [status for status in RunStatus if status is not RunStatus.OK])
def test_each_trouble_with_a_run_has_an_entry(status: RunStatus) -> None:
    assert EXPLANATIONS[status.name.lower()].heading == message(f"statuses.trouble.{status.name.lower()}")


def test_each_text_of_an_entry_is_shown() -> None:
    shown = page()
    texts = [f"debugging.{name}" for name in STAGES["debugging"]]
    assert [key for key in texts if " ".join(message(key).split()) not in " ".join(shown.split())] == []


def test_the_page_has_each_entry_at_its_anchor_and_is_up_to_date() -> None:
    assert re.findall(r'<a id="(\w+)"></a>', page()) == list(EXPLANATIONS)
    assert (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8") == page(), "run: make docs"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (message("checks.not_defined", name="mlp") + message("checks.suggestion", other="model"), ["not_defined"]),
        (message("checks.never_defined", name="mlp", why="cell 5 stopped with ValueError: bad"), ["cell_stopped"]),
        (message("checks.still_placeholder", name="mlp", why="cell 5 stopped"), ["cell_stopped"]),
        (message("expect.value", name="x", expected=3, found=4), ["wrong_value"]),
        (message("expect.whole", name="x", found="'6'"), ["wrong_kind"]),
        ("`p`: Dense layer 1: expected 100480, found 100352; 3 of 3 are wrong", ["wrong_numbers"]),
        ("`x`: expected 3, found 4\n`y` is not defined\n`z`: expected 1, found 0", ["wrong_value", "not_defined"]),
        (
            message("checks.unreadable", name="m", why=message("evidence.own_class", name="Swish")),
            ["own_layers"],
        ),
        (message("checks.unreadable", name="m", why="something else"), ["value_unreadable"]),
        (
            message("runs.stopped", why=message("runs.memory", used=9000, limit=6144), place="cell 4"),
            ["memory_limit"],
        ),
        (message("training.capped", caps="1 epoch"), ["capped"]),
        *((message(f"statuses.question_alone.{status.name.lower()}"), []) for status in (QuestionStatus.PASSED,)),
        ("Have you looked at all of the images?", []),
        ("", []),
    ],
)
def test_a_message_finds_its_entry(text: str, ids: list[str]) -> None:
    assert [entry.id for entry in find(text)] == ids


def test_a_message_with_a_hostile_value_costs_no_time() -> None:
    hostile = "`" + "`: expected , found ; of are wrong: " * 20_000

    assert [entry.id for entry in find(hostile[:MAX_LINE] + "x" * 10**6)] == ["wrong_numbers"]
