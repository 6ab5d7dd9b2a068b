"""Everything that is generated from a master notebook, for masters of many kinds, through the real Otter Assign."""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from masters import EXCEPTIONS, code, fenced, hidden, master, question, text, write
from nbformat import NotebookNode
from nbformat.v4 import new_output, new_raw_cell
from notebooks import ROOT
from otter.test_files import ExceptionTestFile, OKTestFile

from autograder.assignment.answer_cells import PROMPT, answer_text, question_of
from autograder.authoring.build import build, solution_notebook, stale
from autograder.authoring.build import write as write_files
from autograder.errors import ConfigError

SUM = question("sum", "x = 1 + 2 # SOLUTION", ["assert x > 0", hidden("assert x == 3")], settings="points: 2")
WHY = question("why", [text("Because it adds up.")], settings="manual: true\npoints: 1", asked="Why?")
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
SHORT = master(question("q", "x = 1", [hidden("assert x", f"points: 0.{n}") for n in (5, 25)], settings="points: 1"))
WHY_ENTRY = {"id": "why", "points": 1.0, "written": True, "cases": [], "names": [], "answers": []}


class Built:
    """What was generated, by path from the assignment's folder."""

    def __init__(self, folder: Path, files: dict[Path, bytes]) -> None:
        self.files = {path.relative_to(folder).as_posix(): content for path, content in files.items()}

    @property
    def questions(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self.files["questions.json"])
        return entries

    def notebook(self, name: str = "student/lab.ipynb") -> NotebookNode:
        made: NotebookNode = nbformat.reads(self.files[name].decode(), as_version=4)
        nbformat.validate(made)
        return made

    def answers(self, name: str = "student/lab.ipynb") -> list[tuple[str, str, str]]:
        """The answer cells as (question, type, source)."""
        cells = self.notebook(name).cells
        return [(str(question_of(cell)), cell.cell_type, cell.source) for cell in cells if question_of(cell)]


Make = Callable[..., Built]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Build a master in a folder of its own, beside other files by name; ``name`` says its format."""

    def run(notebook: NotebookNode | str, name: str = "lab.ipynb", **files: str | bytes) -> Built:
        if isinstance(notebook, str):
            (tmp_path / name).write_text(notebook, encoding="utf-8")
        else:
            write(notebook, tmp_path / name)
        for other, content in files.items():
            path = tmp_path / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Built(tmp_path, build(tmp_path))

    return run


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


@pytest.mark.parametrize("storage", ["", ", files: true"])
def test_exception_tests_ask_for_their_parameters(make: Make, storage: str) -> None:
    tests = [
        "def test_public(x, np): assert x",
        hidden("def test_hidden(env, expect, reference, y, /, tol=1, *rest, by=2, **named):\n    assert env['x'] == 3"),
        hidden("def test_all(env):\n    assert 'z' in env", "points: 3\nhidden: true"),
    ]
    built = make(master(question("q", "x = 3 # SOLUTION", tests), config=f"tests: {{ok_format: false{storage}}}"))
    assert [(case["name"], case["hidden"], case["points"], case["names"]) for case in built.questions[0]["cases"]] == [
        ("test_public", False, 0, ["x", "np"]),
        ("test_hidden", True, 0, ["y", "x"]),
        ("test_all", True, 3, ["z"]),
    ]
    assert (built.questions[0]["names"], built.questions[0]["answers"]) == (["x", "np", "y", "z"], ["x"])


def test_a_variable_of_the_notebook_comes_before_the_graders_of_the_same_name(make: Make) -> None:
    cell = question("q", "reference = max = 3 # SOLUTION", ["assert reference == max == 3", "assert expect"])
    function = question("f", "y = 3 # SOLUTION", ["assert reference"])
    built = make(master(cell, function))
    assert [entry["names"] for entry in built.questions] == [["reference", "max"], ["reference"]]


def test_names_of_answers_are_those_the_solution_assigns_else_the_notebook(make: Make) -> None:
    built = make(
        master(
            code("import numpy as np\ntable = [0]"),
            question("own", "x = np.ones(3) # SOLUTION", ["assert np.sum(x) == 3 and table"]),
            question("changed", "table.append(1) # SOLUTION", ["assert np.sum(table) == 1"]),
            question("given", "np.seterr() # SOLUTION", ["assert np"]),
        )
    )
    assert [(entry["names"], entry["answers"]) for entry in built.questions] == [
        (["np", "x", "table"], ["x"]),
        (["np", "table"], ["table"]),
        (["np"], ["np"]),
    ]


def test_course_toml_can_say_what_is_evidence(make: Make) -> None:
    built = make(master(SUM), **{"course.toml": '[evidence]\nsum = ["x", "y"]'})
    assert (built.questions[0]["names"], built.questions[0]["answers"]) == (["x", "y"], ["x"])


def test_functions_that_test_cases_call_are_marked_to_be_called_in_the_kernel(make: Make) -> None:
    cells = (
        question("area", "def area(r):\n    return 3 * r * r # SOLUTION", ["assert area(2) == 12"]),
        question("size", "size = area(1) # SOLUTION", ["assert size == 3"]),
        question("shape", "shape = [area] # SOLUTION", ["assert shape[0](1) == 3"]),
    )
    plain = make(master(*cells))
    told = make(master(*cells), **{"course.toml": '[live]\nshape = ["shape", "other"]'})
    assert [entry.get("live") for entry in plain.questions] == [["area"], None, None]
    assert [entry.get("live") for entry in told.questions] == [["area"], None, ["shape"]]


@pytest.mark.parametrize("name", ["lab.ipynb", "lab.py", "lab.md"])
def test_files_may_begin_with_the_mark_that_windows_writes(make: Make, tmp_path: Path, name: str) -> None:
    sheet = "# ---\n# jupyter:\n#   title: Right\n# ---\n\n# %% sum\nx = 3\n"
    plain = make(master(SUM), name, **{"sheets/one.py": sheet})
    for path in (tmp_path / name, tmp_path / "sheets" / "one.py"):
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())

    assert Built(tmp_path, build(tmp_path)).files == plain.files


@pytest.mark.parametrize(
    ("settings", "points"),
    [
        ("points: [1, 0, 2]", [1, 0, 2]),
        ("points: 3", [1, 1, 1]),
        ("points: 0", [0, 0, 0]),
        ("", [1 / 3, 1 / 3, 1 / 3]),
        ("points: {each: 2}", [2, 2, 2]),
        ("points: [null, 2, null]", [0, 2, 0]),
    ],
)
def test_points_are_shared_out_as_otter_does(make: Make, settings: str, points: list[float]) -> None:
    built = make(master(question("q", "x = 1 # SOLUTION", ["assert x"] * 3, settings=settings)))
    assert [case["points"] for case in built.questions[0]["cases"]] == points
    assert built.questions[0]["points"] == pytest.approx(sum(points))


def test_points_of_test_cases_may_add_up_to_a_rounding_error_more(make: Make) -> None:
    tests = [hidden("assert x", f"points: {points}") for points in (0.1, 0.2, 0.3)]
    built = make(master(question("q", "x = 1 # SOLUTION", tests, settings="points: 0.6")))
    assert [case["points"] for case in built.questions[0]["cases"]] == [0.1, 0.2, 0.3]
    assert built.questions[0]["points"] == 0.6


@pytest.mark.parametrize(("config", "load"), [("", OKTestFile), (EXCEPTIONS, ExceptionTestFile)])
def test_the_graders_test_file_is_otters(make: Make, config: str, load: Any, tmp_path: Path) -> None:
    tests = ["def test_a(x):\n    assert x"] if config else ["assert x"]
    built = make(master(question("q", "x = 1 # SOLUTION", tests, settings="all_or_nothing: true"), config=config))
    (tmp_path / "q.py").write_bytes(built.files["tests/q.py"])
    loaded = load.from_file(str(tmp_path / "q.py"))
    assert (loaded.name, loaded.all_or_nothing, len(loaded.test_cases)) == ("q", True, 1)


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


def test_what_a_test_shows_is_compared_without_warnings_and_pictures(make: Make) -> None:
    shows = code("print('a\\n\\nb')\nx", shown="")
    shows.outputs = [
        new_output("stream", name="stderr", text="I0000 oneDNN custom operations are on\n"),
        new_output("stream", name="stdout", text="a\n\nb\n"),
        new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure size 640x480>"}),
        new_output("execute_result", {"text/plain": "3", "text/html": "<b>3</b>"}),
    ]
    shows.source = "def say(): print('a\\n\\nb'); return x\nsay()"
    built = make(master(question("q", "x = 3 # SOLUTION", [shows])))
    example = OKTestFile.from_spec(built.notebook().metadata.otter.tests.q).test_cases[0].body
    assert example.split("say()\n")[1] == "a\n<BLANKLINE>\nb\n3"


@pytest.mark.parametrize("name", ["lab.py", "lab.md", "lab.ipynb"])
@pytest.mark.parametrize(
    "line", ["x == 3", "print(x)", "np.isclose(x, 3)", "x", "not x", "[x]", "f'{x}'", "x.mean()", "None or x"]
)
def test_a_value_with_nothing_to_compare_it_with_is_refused(make: Make, name: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make(master(question("q", "x = 3 # SOLUTION", ["assert x", f"y = 1\n{line}"])), name)
    assert f"question 'q', test case 2: `{line}` shows a value, but the expected value is not known" in str(
        caught.value
    )


@pytest.mark.parametrize(
    "source",
    ["np.random.seed(1)\nassert x", "np.testing.assert_allclose(x, 3)", "_check_plot(x)", "None", "y = x == 3",
     "for i in [1]:\n    assert x", hidden("assert x == 3")],
)  # fmt: skip
def test_a_test_that_shows_nothing_needs_no_output(make: Make, source: str) -> None:
    assert len(make(master(question("q", "x = 3 # SOLUTION", [source])), "lab.py").questions[0]["cases"]) == 1


def test_only_the_last_line_can_show_a_value(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"test case 1: `x == 3` shows a value"):
        make(master(question("q", "x = 3 # SOLUTION", [code("x == 3\nx == 4", shown="False")])))


def test_a_value_that_the_master_shows_is_what_is_expected(make: Make) -> None:
    built = make(master(question("q", "x = 3 # SOLUTION", [code("x == 3", shown="True"), code("f(x)", shown="")])))
    codes = [case["code"] for case in built.notebook().metadata.otter.tests.q.suites[0].cases]
    assert codes == [">>> x == 3\nTrue", ">>> f(x)\n"]


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        (master(SUM, SUM), "question 'sum' is defined twice; give each its own name"),
        (master(question("../x")), "a question needs a 'name' of letters, digits and _ (got '../x')"),
        (master(question("[1]")), "a question needs a 'name' of letters, digits and _ (got [1])"),
        (master(question("x" * 101)), "a question needs a 'name' of letters, digits and _ (got 'xxx"),
        (master([new_raw_cell("# BEGIN QUESTION"), new_raw_cell("# END QUESTION")]), "cell 2: a question needs a 'name'"),
        (master([new_raw_cell("# BEGIN QUESTION\nname: [")]), "cell 2: a question's settings are not YAML (line 2, column 8: expected the node content, but found '<stream end>')"),
        (master(SUM[:-1]), "question 'sum' has no end ('# END QUESTION')"),
        (master(SUM[:-1], SUM), "question 'sum' has no end ('# END QUESTION') before cell 11"),
        (master([cell for cell in SUM if cell.source != "# END SOLUTION"]), "question 'sum' has no end ('# END SOLUTION') before cell 6"),
        (master([cell for cell in SUM if cell.source != "# END TESTS"]), "question 'sum' has no end ('# END TESTS') before cell 10"),
        (master(new_raw_cell("# BEGIN SOLUTION"), SUM), "Found a begin solution cell outside a question"),
        (master(SUM[:-2]), "question 'sum' has no end ('# END TESTS')"),
        (master(SUM[:2], SUM[3:]), "Otter Assign says: "),
        (master(SUM, question("q", "x = 1", ["assert x"], settings="points: many")), "cell 12: question 'q': 'points' must be a number from 0, a list of these, or {each: 2} (got 'many')"),
        (master(question("q", "x = 1", ["assert x"], settings="points: -2")), "'points' must be a number from 0, a list of these, or {each: 2} (got -2)"),
        (master(question("q", "x = 1", ["assert x"], settings="points: yes")), "(got True)"),
        (master(question("q", "x = 1", ["assert x"], settings="points: [1, .nan]")), "(got [1, nan])"),
        (master(question("q", "x = 1", [hidden("assert x", "points: 0,5")])), "question 'q', test case: 'points' must be a number from 0 (got '0,5')"),
        (master(question("q", "x = 1", [hidden("assert x", "points: 2"), "assert x > 0"], settings="points: 1.5")), "question 'q' is worth 1.5 points but its test cases add up to 2"),
        (master(SUM, question("q", "x = 1", [code("")])), "question 'q': Otter Assign says: "),
        (
            master(question("q", "x = 1", ["def test(x): assert x\ndef helper(x): return x"]), config=EXCEPTIONS),
            "question 'q': Otter drops `def helper(x):` from a test cell; write it into the function above it",
        ),
        (
            master(SUM, question("q", "x = 1", ["def test_x(x):\n    assert x"])),
            "question 'q', test case 1: nothing calls `test_x`, so every answer passes; for test cases that are functions write 'tests: {ok_format: false}'",
        ),
        (master(SUM, config="show_points: 1"), "Otter has no setting 'show_points' for an assignment"),
        (master(SUM, config="tests: {ok_fromat: 1}"), "no setting 'tests.ok_fromat' for an assignment; did you mean 'tests.ok_format'?"),
        (master(SUM, config="files: [missing.csv]"), "'files' names 'missing.csv', which does not exist in "),
        (master(SUM, config="config_file: ../none.yml"), "'config_file' must name a text file that can be read"),
        (master(SUM, config="requirements: ../none.txt"), "'requirements' must name a text file that can be read"),
        (master(SUM, config="seed: 42"), "'seed' must be a table with 'variable', 'autograder_value' and "),
        (master(SUM, config="seed: {variable: s}"), "'seed.autograder_value' must be a whole number (got None)"),
        (master(SUM, config="generate: {lang: r}"), "'generate.lang' must be 'python' (got 'r')"),
        (master(SUM, config="- 1"), "the assignment's settings must be a mapping, such as 'points: 2' (got [1])"),
        (master(SUM, code("# BEGIN QUESTION\n# name: q")), "cell 12 (`# BEGIN QUESTION`) is a code cell; a marker must be a raw"),
        (master(SUM, code("# END SOLUTION")), "cell 12 (`# END SOLUTION`) is a code cell"),
        (master(SUM, text("# Begin Tests")), "cell 12 (`# Begin Tests`) is a markdown cell"),
        (master(SUM, text("```\nBEGIN QUESTION\nname: q\n```")), "cell 12 (`BEGIN QUESTION`) has the format of Otter v0"),
        (master(SUM, text("**2.** More.\n\n```\nBEGIN QUESTION\nname: q\n```")), "cell 12 (`BEGIN QUESTION`) has the format of Otter v0"),
        (master(SUM, code("## Test ##\nx")), "cell 12 (`## Test ##`) has the format of Otter v0"),
        (master(text("```otter\n# BEGIN QUESTION")), "cannot be read as a notebook"),
        (
            SHORT,
            "question 'q' is worth 1 points but its test cases add up to 0.75",
        ),
        (
            master(question("q", "x = 1", ["def test(x): assert x", "def test(x): assert x > 1"]), config=EXCEPTIONS),
            "question 'q': 2 test cases are named 'test'; Otter would only run the last of them",
        ),
        (
            master(question("q", "x = 1", ["try:\n    x\nexcept (NameError, KeyError):\n    assert False"])),
            "question 'q': Otter breaks test case q - 1 at `try:`; write it in a different way",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_master_is_said(make: Make, notebook: NotebookNode, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        make(notebook)
    assert message in str(caught.value) and str(tmp_path / "lab.ipynb") in str(caught.value)


def test_a_master_without_questions_is_refused(make: Make) -> None:
    with pytest.raises(
        ConfigError, match=r"lab\.ipynb: has no question \(a raw cell that begins with '# BEGIN QUESTION"
    ):
        make(master(code("x = 1")), **{"course.toml": 'master = "lab.ipynb"'})


def test_a_master_in_another_language_is_refused(make: Make) -> None:
    notebook = master(SUM)
    notebook.metadata["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    with pytest.raises(ConfigError, match=r"must be a notebook in Python \(got r\)"):
        make(notebook)


def test_a_heading_about_the_settings_is_no_marker(make: Make) -> None:
    assert make(master(text("## Assignment Config"), SUM)).answers() == [("sum", "code", "x = ...")]


@pytest.mark.parametrize("name", ["lab.Rmd", "lab.qmd"])
@pytest.mark.parametrize("named", [True, False])
def test_r_markdown_and_quarto_are_refused_by_name(make: Make, tmp_path: Path, name: str, named: bool) -> None:
    if named:
        (tmp_path / "course.toml").write_text(f'master = "{name}"', encoding="utf-8")
    (tmp_path / name).write_text("```{r}\n# BEGIN QUESTION\n```", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{name}: a master must be a notebook in Python, \.py, \.md, \.ipynb"):
        build(tmp_path)


@pytest.mark.parametrize("broken", ["# BEGIN QUESTION {", '{"cells": 3} # BEGIN QUESTION'])
def test_a_master_that_is_no_notebook_is_refused(make: Make, broken: str) -> None:
    with pytest.raises(ConfigError, match=r"lab\.ipynb: cannot be read as a notebook"):
        make(broken)


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


def resting(settings: str) -> list[NotebookNode]:
    tests = [
        hidden("def test_first(x): assert x", "hidden: true\npoints: 1"),
        hidden("def test_second(x, y): assert x", f"hidden: true\npoints: 1\n{settings}"),
        hidden("def test_third(x, reference):\n    reference.accuracy(x, 'x')", "hidden: true\npoints: 1"),
    ]
    return question("q", "x = 1 # SOLUTION\ny = 2", tests, settings="points: 3")


def test_a_test_case_may_rest_on_an_earlier_one_and_do_without_a_name(make: Make) -> None:
    cases = make(master(resting("requires: test_first\noptional: [y]"), config=EXCEPTIONS)).questions[0]["cases"]

    known = {"name", "hidden", "points", "names"}
    assert [{key: value for key, value in case.items() if key not in known} for case in cases] == [
        {},
        {"requires": ["test_first"], "optional": ["y"]},
        {"asks": ["x"]},
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("requires: test_third", r"test_second: 'requires' must name an earlier test case \(test_first\), got 'test_third'"),
        ("optional: z", r"test_second: 'optional' must name a name that it uses \(x, y\), got 'z'"),
        ("requires: 1", r"question 'q': 'requires' must be a name or a list of names \(got 1\)"),
    ],
)  # fmt: skip
def test_a_test_case_must_rest_on_what_there_is(make: Make, settings: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(master(resting(settings), config=EXCEPTIONS))
