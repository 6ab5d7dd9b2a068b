"""Everything that is generated from a master notebook, through the real Otter Assign."""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from authoring.conftest import SUM, WHY, Built, Make
from masters import code, fenced, hidden, master, question, text
from nbformat import NotebookNode
from notebooks import ROOT

from autograder.assignment.answer_cells import PROMPT, answer_text, question_of
from autograder.authoring.build import build, solution_notebook, stale
from autograder.authoring.build import write as write_files
from autograder.errors import ConfigError

SUM_ENTRY = {
    "id": "sum",
    "points": 2.0,
    "written": False,
    "cases": [
        {"name": "sum - 1", "hidden": False, "points": 1.0, "names": ["x"]},
        {"name": "sum - 2", "hidden": True, "points": 1.0, "names": ["x"]},
    ],
    "names": ["x"],
    "answers": ["x"],
}

WHY_ENTRY = {"id": "why", "points": 1.0, "written": True, "cases": [], "names": [], "answers": []}


@pytest.mark.parametrize("name", ["lab.ipynb", "lab.py", "lab.md"])
@pytest.mark.parametrize("style", [lambda notebook: notebook, fenced])
def test_every_format_of_master_builds_the_same_assignment(
    make: Make, name: str, style: Callable[[NotebookNode], NotebookNode]
) -> None:
    built = make(style(master(SUM, WHY, config="init_cell: false\nexport_cell: false")), name)
    assert built.questions == [SUM_ENTRY, WHY_ENTRY]
    assert sorted(built.files) == ["questions.json", "student/lab.ipynb", "tests/sum.py"]
    assert built.answers() == [("sum", "code", "x = ..."), ("why", "markdown", PROMPT)]
    shown = [cell.source.strip() for cell in built.notebook().cells if question_of(cell) is None]
    assert shown == ["What?", 'grader.check("sum")', "<!-- BEGIN QUESTION -->\n\nWhy?", "<!-- END QUESTION -->"]


def test_otters_default_settings_give_its_cells_around_the_questions(make: Make) -> None:
    sources = [cell.source for cell in make(master(SUM, config="check_all_cell: true")).notebook().cells]
    assert sources[0] == '# Initialize Otter\nimport otter\ngrader = otter.Notebook("lab.ipynb")'
    assert "grader.check_all()" in sources
    assert any("grader.export(" in source for source in sources)


def test_the_student_notebook_is_otters_by_the_name_that_course_toml_gives(make: Make) -> None:
    built = make(master(SUM), **{"course.toml": 'student = "out/homework.ipynb"'})
    assert built.notebook("out/homework.ipynb").cells[0].source.endswith('otter.Notebook("homework.ipynb")')


def test_a_seed_is_the_students_own_in_the_student_notebook(make: Make) -> None:
    seed = "seed: {variable: rng_seed, autograder_value: 42, student_value: 713}"
    built = make(master(code("rng_seed = 42\nimport random"), code("random.seed(rng_seed) # SEED"), SUM, config=seed))
    assert "rng_seed = 713\nimport random" in [cell.source for cell in built.notebook().cells]


@pytest.mark.parametrize("name", ["lab.ipynb", "lab.py", "lab.md"])
def test_files_may_begin_with_the_mark_that_windows_writes(make: Make, tmp_path: Path, name: str) -> None:
    sheet = "# ---\n# jupyter:\n#   title: Right\n# ---\n\n# %% sum\nx = 3\n"
    plain = make(master(SUM), name, **{"sheets/one.py": sheet})
    for path in (tmp_path / name, tmp_path / "sheets" / "one.py"):
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())

    assert Built(tmp_path, build(tmp_path)).files == plain.files


def test_a_master_may_lack_what_scripts_leave_out_and_repeat_what_a_merge_repeats(make: Make) -> None:
    whole = master(text(""), SUM)
    cells = [{key: cell[key] for key in ("cell_type", "source") if cell[key]} | {"id": "same"} for cell in whole.cells]
    assert make(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": cells})).files == make(whole).files


def test_a_master_of_an_older_format_is_read(make: Make) -> None:
    older = nbformat.v3.writes_json(nbformat.convert(master(SUM), 3))
    assert make(older).files == make(master(SUM)).files


def test_a_manual_question_is_written_whatever_tests_it_has(make: Make) -> None:
    built = make(master(question("plot", "x = 1 # SOLUTION", ["assert x"], settings="manual: true\npoints: 3")))
    assert built.questions == [WHY_ENTRY | {"id": "plot", "points": 3.0}]
    assert "tests/plot.py" not in built.files
    assert 'grader.check("plot")' in [cell.source for cell in built.notebook().cells]


def test_a_question_without_tests_is_written_if_it_has_points_else_none(make: Make) -> None:
    draw, play = (
        question(id, "x = 1 # SOLUTION", settings=settings) for id, settings in [("draw", "points: 2"), ("play", "")]
    )
    assert make(master(draw, play, SUM)).questions == [WHY_ENTRY | {"id": "draw", "points": 2.0}, SUM_ENTRY]


def test_a_prompt_is_answered_in_its_own_cell_and_left_out_of_the_solution(make: Make) -> None:
    both = question(
        "both",
        [code("y = 4 # SOLUTION"), text("Four.")],
        settings="manual: true",
        prompt=[code("y = 2 * ..."), text("*Explain.*")],
    )
    built = make(master(both), **{"course.toml": 'solution = "solved.ipynb"'})
    assert built.answers() == [
        ("both", "code", "y = 2 * ..."), ("both", "markdown", "*Explain.*"), ("both", "code", "y = ...")
    ]  # fmt: skip
    assert built.answers("solved.ipynb") == [("both", "code", "y = 4"), ("both", "markdown", "Four.")]


def test_an_answer_cell_belongs_to_its_question_even_without_a_text_before_it(make: Make) -> None:
    bare = question("bare", [code("z = 1"), text("Bare.")], settings="manual: true", asked="")
    built = make(master(SUM, text("## Next"), bare), **{"course.toml": 'solution = "solved.ipynb"'})
    begun = f"<!-- BEGIN QUESTION -->\n\n{PROMPT}"
    assert built.answers() == [("sum", "code", "x = ..."), ("bare", "markdown", begun), ("bare", "code", "z = 1")]
    assert built.answers("solved.ipynb")[1:] == [("bare", "code", "z = 1"), ("bare", "markdown", "Bare.")]


def test_the_student_version_is_unanswered_and_the_solution_is_answered(make: Make) -> None:
    files = make(master(SUM, WHY), **{"course.toml": 'solution = "solved.ipynb"'})
    assert answer_text(files.notebook(), "why") is None
    assert answer_text(files.notebook("solved.ipynb"), "why") == "Because it adds up."


def test_the_solution_is_free_of_markers_and_has_only_the_public_tests(make: Make, tmp_path: Path) -> None:
    source = '''
        x = 1 # SOLUTION
        """ # BEGIN PROMPT
        y = ...
        """; # END PROMPT
        # BEGIN SOLUTION NO PROMPT
        y = [
            2,  # SOLUTION NO PROMPT
        ]
        # END SOLUTION
        z = 3 # a plain SOLUTION comment
    '''
    built = make(master(question("q", source, ["assert x", hidden("assert y == [2]")])))
    assert built.answers() == [("q", "code", "x = ...\ny = ...\nz = 3 # a plain SOLUTION comment")]
    solved: NotebookNode = nbformat.reads(solution_notebook(tmp_path), as_version=4)
    assert [cell.source for cell in solved.cells if question_of(cell)] == [
        "x = 1\ny = [\n    2,\n]\nz = 3 # a plain SOLUTION comment"
    ]
    assert solved.metadata == built.notebook().metadata
    assert [case["code"] for case in solved.metadata.otter.tests.q.suites[0].cases] == [">>> assert x\n"]


@pytest.mark.parametrize("config", ["", "tests: {files: true}"])
def test_what_students_receive_holds_no_solution_and_no_hidden_test(make: Make, config: str) -> None:
    secret = question("q", "x = 'opensesame' # SOLUTION", ["assert x", hidden("assert x != 'hiddenplace'")])
    written = question("w", [text("Because of opensesame.")], settings="manual: true")
    built = make(master(secret, written, config=config), **{"course.toml": 'solution = "solved.ipynb"'})
    given = b"".join(content for path, content in built.files.items() if path.startswith("student/"))
    assert b"assert x" in given
    assert b"opensesame" not in given and b"hiddenplace" not in given
    assert b"hiddenplace" in built.files["tests/q.py"] and b"opensesame" in built.files["solved.ipynb"]


def test_files_that_students_need_go_with_their_notebook(make: Make) -> None:
    built = make(
        master(SUM, config="files: [data.csv, sub/more.txt, folder]\ntests: {files: true}\nrequirements: [numpy]"),
        **{"data.csv": b"\xff1", "sub/more.txt": "more", "sub/less.txt": "less", "folder/x.bin": b"\x00"},
    )
    assert {
        path: content for path, content in built.files.items() if path.startswith("student/") and "lab" not in path
    } == {
        "student/data.csv": b"\xff1",
        "student/sub/more.txt": b"more",
        "student/folder/x.bin": b"\x00",
        "student/tests/sum.py": built.files["student/tests/sum.py"],
    }


def test_what_lies_beside_the_files_for_students_is_noted(make: Make, tmp_path: Path) -> None:
    others = {"student/old.csv": "1", "student/sub/more.txt": "2", "student/.ipynb_checkpoints/lab.ipynb": "{}"}
    make(master(SUM, config="files: [data.csv]"), **{"data.csv": "1", "student/data.csv": "2"}, **others)

    notes: list[str] = []
    build(tmp_path, notes.append)
    assert notes == [
        "student/old.csv is not made from the master, and students receive it, too",
        "student/sub/more.txt is not made from the master, and students receive it, too",
    ]


def test_snippets_are_the_solution_code_of_their_questions(make: Make) -> None:
    toml = 'solutions = "solutions"\n[snippets]\n"both.py" = ["sum", "two"]'
    built = make(master(SUM, question("two", "a = 1 # SOLUTION", ["assert a"])), **{"course.toml": toml})
    assert built.files["solutions/both.py"] == b"x = 1 + 2\n\na = 1\n"


def test_a_sample_is_the_student_notebook_with_the_answers_of_its_sheet(make: Make) -> None:
    head = "# ---\n# jupyter:\n#   title: One.\n# ---\n\n"
    sheet = head + '# %% sum\n# %time\nx = 4\nprint("é")\n\n# %% [markdown] why\n# *So.*\n'
    built = make(master(SUM, WHY), **{"sheets/one.py": sheet})
    assert built.answers("samples/one.ipynb") == [
        ("sum", "code", '%time\nx = 4\nprint("é")'),
        ("why", "markdown", "*So.*"),
    ]
    student, sample = built.notebook(), built.notebook("samples/one.ipynb")
    assert [c.source for c in student.cells if not question_of(c)] == [
        c.source for c in sample.cells if not question_of(c)
    ]
    assert student.metadata == sample.metadata


def test_variants_of_an_unknown_question_are_named(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"add.toml: must be named after an automatic question \(sum\)"):
        make(master(SUM, WHY), **{"variants/add.toml": ""})


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("# %%\nx = 1", r"one\.py: each cell must be titled by a question, .* \(got 'x = 1'\)"),
        ("# %% sum\nx = 1\n\n# %% sum\nx = 2", r"one\.py: .* each question answered once \(got 'sum'\)"),
        ("# %% what\nx = 1", r"one\.py: the notebook has no answer cell for question 'what'"),
    ],
)
def test_a_sheet_that_does_not_fit_is_named(make: Make, sheet: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(master(SUM), **{"sheets/one.py": sheet})


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[snippets]\n"a.py" = ["sum"]', "'snippets' needs 'solutions', the folder of the snippets"),
        ('solutions = "s"\n[snippets]\n"a.py" = ["why"]', "snippets.a.py: question 'why' has no solution code"),
        ('[evidence]\nsums = ["x"]', "'evidence' names 'sums', which is not a question of the master"),
        ('[live]\nsums = ["x"]', "'live' names 'sums', which is not a question of the master"),
    ],
)
def test_course_toml_must_fit_the_master(make: Make, toml: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(master(SUM, WHY), **{"course.toml": toml})


def test_building_twice_gives_the_same_bytes_and_then_nothing_is_stale(make: Make, tmp_path: Path) -> None:
    notebook = master(SUM, WHY, config="tests: {files: true}")
    notebook.metadata |= {"widgets": {"state": 1}, "jupytext": {"formats": "ipynb,py"}}
    notebook.cells[2].metadata |= {"ExecuteTime": "now", "tags": ["hide-input"], "slideshow": {"slide_type": "skip"}}
    first = make(notebook, "lab.ipynb", **{"sheets/one.py": "# %% sum\nx = 1"})
    files = build(tmp_path)
    assert first.files == Built(tmp_path, files).files
    assert sorted(write_files(files)) == sorted(files) == sorted(set(files))
    assert stale(build(tmp_path)) == [] == write_files(files)
    (tmp_path / "questions.json").write_bytes(b"\xff")
    (tmp_path / "tests" / "sum.py").unlink()
    assert {path.name for path in stale(files)} == {"questions.json", "sum.py"}
    made = first.notebook()
    assert set(made.metadata) == {"kernelspec", "language_info"}
    assert made.cells[1].metadata == {
        "tags": ["hide-input"], "slideshow": {"slide_type": "skip"}, "editable": False, "deletable": False
    }  # fmt: skip
    assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_nothing_is_left_behind_where_temporary_files_go(make: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    scratch = tmp_path_factory.mktemp("scratch")
    before, tempfile.tempdir = tempfile.tempdir, str(scratch)
    try:
        make(master(SUM, config="generate: false"))
        assert (list(scratch.iterdir()), tempfile.tempdir) == ([], str(scratch))
    finally:
        tempfile.tempdir = before


# The lab itself.


@pytest.fixture(scope="module")
def lab() -> dict[Path, bytes]:
    return build(ROOT / "assignment")


def test_the_labs_generated_files_are_up_to_date(lab: dict[Path, bytes]) -> None:
    assert [str(path.relative_to(ROOT)) for path in stale(lab)] == [], "run: make student"


def test_the_labs_student_notebook_holds_no_solution_and_no_hidden_test(lab: dict[Path, bytes]) -> None:
    folder = ROOT / "assignment"
    student = nbformat.reads(lab[folder / "student" / "mnist.ipynb"].decode(), as_version=4)
    solved = nbformat.reads(lab[ROOT / "solutions" / "mnist.ipynb"].decode(), as_version=4)
    shown = "\n".join(cell.source for cell in student.cells)
    questions = json.loads(lab[folder / "questions.json"])
    for entry in questions:
        mine = [cell for cell in solved.cells if question_of(cell) == entry["id"]]
        if entry["written"]:
            assert all(cell.source not in shown for cell in mine), entry["id"]
        elif entry["id"] != "lenet":  # asks for running given code
            left = "\n".join(cell.source for cell in student.cells if question_of(cell) == entry["id"])
            assert all(f"{name} = ..." in left for name in entry["answers"]), entry["id"]
    kept = json.dumps(student.metadata)
    cases = [(case["name"], case["hidden"]) for entry in questions for case in entry["cases"]]
    assert [name for name, is_hidden in cases if is_hidden == (f"def {name}(" in kept)] == []
    assert {path for path in lab if path.is_relative_to(folder / "student")} == {folder / "student" / "mnist.ipynb"}
