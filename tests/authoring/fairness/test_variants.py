"""Variants are read from their files, checked against the assignment, and stay with the instructor."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.authoring.fairness import packs, series, variants
from autograder.authoring.fairness.entries import without_variants
from autograder.authoring.fairness.variants import Variant
from autograder.cluster.blobs import pack
from autograder.errors import ConfigError
from autograder.gradescope.archive import build

Make = Callable[..., Assignment]


def test_the_lab_has_ten_right_and_ten_wrong_variants_a_question(lab: Assignment, known: list[Variant]) -> None:
    automatic = [question.id for question in lab.questions if not question.written]
    for side in (True, False):
        counts = [sum(one.question == id and one.right is side for one in known) for id in automatic]
        assert min(counts) >= 5 and sum(counts) >= 10 * len(automatic), dict(zip(automatic, counts, strict=True))
    assert without_variants(lab) == []


def test_every_variant_has_a_place(known: list[Variant]) -> None:
    late = [one for one in known if packs.is_late(one)]
    placed = [one for each in packs.packs(late) for one in each]
    placed += [
        one for each in series.series([one for one in known if one not in late]) for one in each.variants.values()
    ]

    assert sorted(map(str, placed)) == sorted(map(str, known))


def test_late_variants_of_one_chain_are_kept_apart(known: list[Variant]) -> None:
    packed = packs.packs([one for one in known if packs.is_late(one)])
    chains = [[one.chain or (one.question,) for one in each] for each in packed]

    assert max(map(len, chains)) > 1
    assert [together for together in chains if len(set(together)) < len(together)] == []


def test_chains_are_those_that_the_files_declare(known: list[Variant]) -> None:
    chains = {one.question: one.chain for one in known}

    assert chains["mlp"] == chains["mlp_norm"] == ("mlp", "mlp_results", "mlp_norm")
    assert chains["sizes"] == ()


def test_what_a_variant_builds_on_has_a_plain_answer_or_the_solutions(with_variants: Make) -> None:
    again = '[[right]]\nname = "x"\ncode = "value = total * 10"'
    plain, solved = with_variants(again=again, total='plain = "total = 6"\n[[right]]\nname = "y"\ncode = ""'), None
    assert variants.load(plain, ["again"])[0].plain == {"total": "total = 6"}

    (plain.folder / "variants" / "total.toml").unlink()
    solved = variants.load(plain, ["again"])[0].plain
    assert solved == {"total": "numbers = [1, 2, 3]\ntotal = sum(numbers)"}


def test_slow_variants_are_left_out_unless_asked_for(with_variants: Make) -> None:
    entry = '[[right]]\nname = "{}"\ncode = ""\nmore = {}\n'
    assignment = with_variants(total=entry.format("quick", "false") + entry.format("slow", "true"))

    assert [one.name for one in variants.load(assignment)] == ["quick", "slow"]
    assert [one.name for one in variants.load(assignment, more=False)] == ["quick"]


RIGHT, WRONG = '[[right]]\nname = "one"\ncode = ""\n', '[[wrong]]\nname = "one"\ncode = ""\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RIGHT + RIGHT, r"right, entry 1: each variant must have a name of its own \(got 'one' again\)"),
        (WRONG, r"wrong, entry 1: 'one' must say what fails"),
        (RIGHT + 'fails.test_value = ["x"]', "unknown key 'fails'"),
        (WRONG + 'fails.test_other = ["x"]', r"'fails' must be .* test cases of 'total' .* \(got 'test_other'\)"),
        (RIGHT + 'needs.other = "x"', "there is no question 'other'"),
        (RIGHT + 'edit = [{ find = "absent", replace = "" }]', r"'edit.find' must be in one code cell .*, not in 0"),
        (RIGHT + 'place = "start"', r"'place' must be 'end' \(got 'start'\)"),
        (RIGHT + "more = 1", r"'more' must be `true` or `false` \(got 1\)"),
        (RIGHT + "code = 1", "must be valid TOML"),
        ("builds_on = 'other'\n" + RIGHT, r"'builds_on' must be a question with variants \(total\) \(got 'other'\)"),
        ("per_notebook = 0\n" + RIGHT, "'per_notebook' must be a whole number, at least 1"),
    ],
)
def test_a_variant_that_breaks_a_rule_is_named(with_variants: Make, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        variants.load(with_variants(total=text))


def test_a_file_must_be_named_after_an_automatic_question(with_variants: Make) -> None:
    with pytest.raises(ConfigError, match=r"why.toml: must be named after an automatic question \(total, table, "):
        variants.load(with_variants(total=RIGHT, why=RIGHT))


def test_there_must_be_variants(with_variants: Make) -> None:
    with pytest.raises(ConfigError, match=r"must have a file QUESTION\.toml"):
        variants.load(with_variants())


def test_a_question_without_variants_is_named(with_variants: Make) -> None:
    assignment = with_variants(total=RIGHT)

    assert without_variants(assignment) == ["table", "square", "again"]
    with pytest.raises(ConfigError, match=r"question 'table' must be one with variants \(total\)"):
        variants.load(assignment, ["table"])


def test_no_variant_goes_where_student_code_runs_or_into_what_a_result_depends_on(
    with_variants: Make,
) -> None:
    assignment = with_variants(total=RIGHT)
    archive = build(assignment, requirements=ROOT / "requirements.lock", minutes=10)

    sent = [*assignment.grading_files(), *assignment.course.student.parent.rglob("*")]
    assert [path for path in sent if "variants" in path.parts] == []
    for content in (archive, pack(assignment)):
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        assert [name for name in names if name.startswith(("variants", "assignment/variants"))] == []
