"""Settings of a master: honoured, or named in a note; found from where the master lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from authoring.conftest import SUM
from masters import code, hidden, master, question, write
from nbformat import NotebookNode

from autograder.authoring.build import build
from autograder.errors import ConfigError


def built(folder: Path, notebook: NotebookNode, name: str = "lab.ipynb") -> tuple[dict[str, bytes], list[str]]:
    """The generated files by path, and the notes."""
    write(notebook, folder / name)
    notes: list[str] = []
    files = build((folder / name).parent, notes.append)
    return {path.relative_to((folder / name).parent).as_posix(): content for path, content in files.items()}, notes


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with files beside that of the assignment, ``hw``."""
    (tmp_path / "common.yml").write_text(
        "init_cell: false\nexport_cell: {pdf: false, files: [a.txt]}\nfiles: [../data]\n"
    )
    (tmp_path / "needs.txt").write_text(
        "# for all labs\nnumpy>=1\nnumpy<1  # too old\n-e .\nno-such-package-here\nno_such_one>=2\n"
    )
    (tmp_path / "environment.yml").write_text(
        "dependencies: [python=3.11, numpy=2, conda-forge::r-base, {pip: [no-other-package, pandas]}]\n"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("1")
    return tmp_path


def test_settings_of_a_file_outside_the_folder_hold_unless_the_notebook_has_its_own(outside: Path) -> None:
    config = "config_file: ../common.yml\nexport_cell: {pdf: true}"
    files, notes = built(outside, master(SUM, config=config), "hw/lab.ipynb")
    assert files["student/data/x.csv"] == b"1"
    source = json.dumps(json.loads(files["student/lab.ipynb"])["cells"])
    assert "otter.Notebook" not in source
    assert "grader.export(run_tests=True, files=['a.txt'])" in source
    assert notes == []


def test_a_master_that_lies_elsewhere_has_its_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "course.toml").write_text('master = "../src/lab.py"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "data.csv").write_text("1")
    write(master(SUM, config="files: [data.csv]"), tmp_path / "src" / "lab.py")
    assert build(tmp_path / "hw")[tmp_path / "hw" / "student" / "data.csv"] == b"1"


def test_a_file_in_the_folder_may_have_its_whole_path(outside: Path) -> None:
    files, _ = built(outside, master(SUM, config=f"files: [{outside}/data/x.csv]"))
    assert files["student/data/x.csv"] == b"1"


def test_two_files_of_one_name_for_students_are_refused(outside: Path) -> None:
    (outside / "hw" / "data").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"'files' names '\.\./data', but there is another 'data'"):
        built(outside, master(SUM, config="files: [../data]"), "hw/lab.ipynb")


def test_packages_that_are_not_installed_are_named_with_the_command_that_helps(outside: Path) -> None:
    notebook = master(
        code("import no_such_module.part, no_such_one, umap\nimport json, helpers, forgotten"),
        SUM,
        config="requirements: ../needs.txt",
    )
    (outside / "hw").mkdir()
    for name in ("helpers", "forgotten"):
        (outside / "hw" / f"{name}.py").touch()
    _, notes = built(outside, _with(notebook, "files: [helpers.py]"), "hw/lab.ipynb")
    assert [note.partition(";")[0].partition(" (")[0] for note in notes] == [
        "package 'numpy' must be <1",
        "requirement '-e .' is not the name of a package",
        "package 'no-such-package-here' is not installed here",
        "package 'no_such_one' is not installed here",
        "module 'no_such_module' is imported, but not installed here",
        "module 'umap' is imported, but not installed here",
        "module 'forgotten' lies beside the master, but is not listed under 'files': a grading run has none",
    ]
    assert "pip install 'no-such-package-here'" in notes[2] and "pip install 'umap-learn'" in notes[5]


def test_imports_are_seen_beside_magics_and_in_files_for_students_and_may_be_tried(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("import no_such_one")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "nested.py").touch()
    setup = code(
        "import no_such_module, nested, gofer.ok, written_here\n# %%writefile written_here.py\n%matplotlib inline\ntry:\n    import google_colab\nexcept ImportError:\n    pass"
    )
    _, notes = built(tmp_path, master(setup, SUM, config="files: [helpers.py, code]"))
    assert [note.partition(" is ")[0] for note in notes] == ["module 'no_such_module'", "module 'no_such_one'"]


def test_an_environment_is_read_as_requirements_are(outside: Path) -> None:
    _, notes = built(outside, master(SUM, config="environment: ../environment.yml"), "hw/lab.ipynb")
    assert [note.partition(";")[0] for note in notes] == ["package 'no-other-package' is not installed here"]


@pytest.mark.parametrize(
    ("config", "seeds"),
    [
        ("generate: {seed: 42}", {"seed": 42, "variable": None, "value": None}),
        ("generate: {seed: 7, seed_variable: s}", {"seed": None, "variable": "s", "value": 7}),
        (
            "seed: {variable: s, autograder_value: 42, student_value: 713}",
            {"seed": None, "variable": "s", "value": 42},
        ),
    ],
)
def test_seeds_are_those_of_a_grading_run(tmp_path: Path, config: str, seeds: dict[str, object]) -> None:
    files, notes = built(tmp_path, master(code("s = 42 # SEED"), SUM, config=config))
    assert (json.loads(files["seeds.json"]), notes) == (seeds, [])
    (tmp_path / "seeds.json").write_bytes(files["seeds.json"])
    assert json.loads(built(tmp_path, master(SUM))[0]["seeds.json"]) == dict.fromkeys(seeds)  # none are left behind


@pytest.mark.parametrize(("name", "id"), [("1", "1"), ("1.10", "1.10"), ("yes", "yes"), ("part two", "part two")])
def test_a_name_may_be_a_number_or_have_spaces(tmp_path: Path, name: str, id: str) -> None:
    files, _ = built(tmp_path, master(question(name, "x = 1 # SOLUTION", ["assert x"])))
    assert [entry["id"] for entry in json.loads(files["questions.json"])] == [id]
    assert f"tests/{id}.py" in files
    assert f'grader.check(\\"{id}\\")' in files["student/lab.ipynb"].decode()


@pytest.mark.parametrize(
    ("config", "note"),
    [
        ("generate: {points_possible: 20}", "setting 'generate.points_possible' (20) has no effect: the total is"),
        ("generate: {score_threshold: 0.5}", "setting 'generate.score_threshold' (0.5) has no effect"),
        ("generate: {public_multiplier: 0.5}", "Otter has no setting 'generate.public_multiplier' for an assignment"),
        ("generate: {show_hiden: true}", "Otter has no setting 'generate.show_hiden' for an assignment; did you mean"),
        ("plugins: [otter.plugins.builtin.RateLimiting]", "setting 'plugins' (['otter.plugins.builtin.RateLimiting'])"),
        ("generate: {show_hidden: true, pdf: true}\nsolutions_pdf: true\nrun_tests: true\nplugins: []", None),
    ],
)
def test_what_a_setting_does_not_do_is_noted(tmp_path: Path, config: str, note: str | None) -> None:
    _, notes = built(tmp_path, master(SUM, config=config))
    assert len(notes) == (note is not None)
    assert note is None or notes[0].startswith(note)


def test_settings_that_otter_does_not_know_are_noted(tmp_path: Path) -> None:
    odd = question(
        "q", "x = 1 # SOLUTION", [hidden("assert x", "hiden: true\npoints: 1")], settings="bonus: true\npoint: 2"
    )
    _, notes = built(tmp_path, master(odd))
    assert notes == [
        "question 'q': Otter has no setting 'bonus' for a question (it has name, manual, points, check_cell, export, "
        "all_or_nothing, title)",
        "question 'q': Otter has no setting 'point' for a question; did you mean 'points'?",
        "question 'q': Otter has no setting 'hiden' for a test case; did you mean 'hidden'?",
    ]


def test_a_note_is_said_once(tmp_path: Path) -> None:
    asked = question("q", "x = 1 # SOLUTION", [hidden("assert x", "bonus: 1"), hidden("assert x > 0", "bonus: 1")])
    _, notes = built(tmp_path, master(asked))
    assert [note.partition(" for ")[0] for note in notes] == ["question 'q': Otter has no setting 'bonus'"]


def test_a_manual_question_with_tests_is_noted(tmp_path: Path) -> None:
    drawn = question("plot", "x = 1 # SOLUTION", ["assert x"], settings="manual: true\npoints: 3")
    assert built(tmp_path, master(drawn))[1] == [
        "question 'plot' is manual: a person marks it, and its test cases give no points"
    ]


def test_points_that_a_public_test_case_gets_because_they_are_left_over_are_noted(tmp_path: Path) -> None:
    left = question(
        "q", "x = 1 # SOLUTION", ["assert x", hidden("assert x == 1", "points: 1\nhidden: true")], settings="points: 3"
    )
    assert built(tmp_path, master(left))[1] == [
        "question 'q': its public test case 'q - 1' gets the 2 points that are left over; if it only looks at the form "
        "of an answer, give it 'points: 0'"
    ]
    assert built(tmp_path, master(SUM))[1] == []


def test_a_solution_that_students_receive_as_it_is_is_noted(tmp_path: Path) -> None:
    whole = question("q", [code("x = 1"), code("print(x)")], ["assert x"])
    assert built(tmp_path, master(whole))[1] == [
        "question 'q': students receive its solution as it is: end the lines to leave out with '# SOLUTION', or put them "
        "between '# BEGIN SOLUTION' and '# END SOLUTION'"
    ]
    partly = question("q", [code("x = 1 # SOLUTION"), code("print(x)")], ["assert x"])
    assert built(tmp_path, master(partly))[1] == []


def test_a_public_test_case_with_what_only_the_grader_has_is_noted(tmp_path: Path) -> None:
    public, secret = "def test_x(x, expect): expect.whole(x, 1, 'x')", "def test_y(x, expect): expect.whole(x, 1, 'x')"
    asks = question("q", "x = 1 # SOLUTION", [public, hidden(secret)])
    assert built(tmp_path, master(asks, config="tests: {ok_format: false}"))[1] == [
        "question 'q': its public test case 'test_x' uses expect, which only the grader has: on students' own machines "
        "it fails whatever they answer; hide it, or do without"
    ]
    own = question("q", "expect = 1 # SOLUTION", ["assert expect == 1"])
    assert built(tmp_path, master(own))[1] == []


def test_a_test_function_with_names_that_otter_does_not_give_it_is_noted(tmp_path: Path) -> None:
    lines = ("np.sum(x)", "[y for y in x if y]", "len(data)", "print(max(f(1) for f in (abs,)))")
    uses = "def test_x(x):\n" + "".join(f"    {line}\n" for line in lines)
    imports = "def test_y(x, data, env):\n    import numpy as np\n    np.sum(x + data + env['z'])"
    asks = question("q", "x = [1] # SOLUTION", [uses, imports])
    config = "tests: {ok_format: false}"
    assert built(tmp_path, master(code("import numpy as np\ndata = [1]\nz = 2"), asks, config=config))[1] == [
        "question 'q': its test case 'test_x' uses np and data, which it neither takes as a parameter nor imports; "
        "Otter gives a test function no other names of the notebook"
    ]
    doctests = question("q", "x = [1] # SOLUTION", ["assert np.sum(x) == len(data)"])
    assert built(tmp_path, master(code("import numpy as np\ndata = [1]"), doctests))[1] == []


def test_thresholds_without_a_test_case_are_noted_and_without_data_they_are_errors(tmp_path: Path) -> None:
    asks = question("q", "x = 1 # SOLUTION", [hidden("def test_x(x, reference): reference.accuracy(x, 'net')")])
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "quick.toml").write_text("[thresholds.mnist]\nnet = 0.9\nmet = 0.8\n")
    notebook = master(asks, config="tests: {ok_format: false}")
    with pytest.raises(
        ConfigError, match=r"quick.toml: thresholds.mnist.net must be of a dataset that course.toml names"
    ):
        built(tmp_path, notebook)
    (tmp_path / "course.toml").write_text('datasets.mnist = "keras"\n')
    assert built(tmp_path, notebook)[1] == [
        "profiles/quick.toml: thresholds.mnist.met has no effect: no test case calls reference.accuracy(…, 'met')"
    ]


def test_a_rubric_that_does_not_fit_is_an_error_at_build(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('[[rubric.sum]]\npoints = 1\ntext = "right"\n')
    with pytest.raises(ConfigError, match=r"rubric\.sum must be of a written question"):
        built(tmp_path, master(SUM))


def _with(notebook: NotebookNode, setting: str) -> NotebookNode:
    notebook.cells[0].source += f"\n{setting}"
    return notebook


def test_a_question_has_the_title_that_the_master_gives_it(tmp_path: Path) -> None:
    titled = question("sum", "x = 1 + 2 # SOLUTION", ["assert x > 0"], settings='points: 1\ntitle: " Add: two & $n$ "')
    files, notes = built(tmp_path, master(titled))
    assert [one.get("title") for one in json.loads(files["questions.json"])] == ["Add: two & $n$"]
    assert (b"Add: two" in files["student/lab.ipynb"], notes) == (False, [])


@pytest.mark.parametrize("title", ["3", "[a]", '"a\\nb"', "x" * 101, '" "'])
def test_a_title_that_is_not_a_line_is_refused(tmp_path: Path, title: str) -> None:
    wrong = question("sum", "x = 1 + 2 # SOLUTION", ["assert x > 0"], settings=f"points: 1\ntitle: {title}")
    with pytest.raises(ConfigError, match="question 'sum': 'title' must be one line of at most 100 characters"):
        built(tmp_path, master(wrong))
