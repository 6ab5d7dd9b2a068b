"""Test cases as a master has them: what they need, what they show, their points, and what they rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from authoring.conftest import SUM, Make
from masters import EXCEPTIONS, code, hidden, master, question
from nbformat import NotebookNode
from nbformat.v4 import new_output
from otter.test_files import ExceptionTestFile, OKTestFile

from autograder.errors import ConfigError


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
        question("root", "from math import sqrt as root # SOLUTION", ["assert root(4) == 2"]),
    )
    plain = make(master(*cells))
    told = make(master(*cells), **{"course.toml": '[live]\nshape = ["shape", "other"]'})
    assert [entry.get("live") for entry in plain.questions] == [["area"], None, None, ["root"]]
    assert [entry.get("live") for entry in told.questions] == [["area"], None, ["shape"], ["root"]]


def test_a_message_of_a_test_function_may_have_quotes_and_lines(make: Make) -> None:
    said = 'failure_message: |\n  Is it "three"?\n  See \\pi.\npoints: 2'
    built = make(
        master(
            question("sum", "x = 3 # SOLUTION", [hidden("def test_x(x):\n    assert x == 3", said)]), config=EXCEPTIONS
        )
    )
    assert built.questions[0]["points"] == 2
    assert r'failure_message="Is it \"three\"?\nSee \\pi.\n"' in built.files["tests/sum.py"].decode()


def test_what_is_whole_only_in_the_kernel_is_judged_there(make: Make) -> None:
    seen = "seen = [] # SOLUTION\ndef see(x):\n    seen.append(x) # SOLUTION"
    known = "class Known(type):\n    pass # SOLUTION\nclass A(metaclass=Known):\n    pass # SOLUTION"
    sized = "from typing import Protocol\nclass Sized(Protocol):\n    def size(self): ... # SOLUTION"
    pool = "from keras import layers\nfrom tensorflow.keras.layers import Dense as Full\nclass Pool(layers.MaxPooling2D):\n    pass # SOLUTION\npool, plain = Pool(), 3 # SOLUTION"
    asked = [
        f"assert isinstance({name}, {kind})" for name, kind in (("Pool(2)", "layers.Layer"), ("plain", "layers.Layer"))
    ]
    wrote = "path = 'mine.txt' # SOLUTION\nopen(path, 'w').write('7') # SOLUTION"
    cells = (
        question("seen", seen, ["see(1)\nassert seen == [1]", "assert seen == []"]),
        question("known", known, ["assert type(A) is Known"]),
        question("sized", sized, ["assert not isinstance(3, Sized)"]),
        question("pool", pool, [*asked, "assert isinstance(Pool(), int)", "assert isinstance(Pool(), (int, Full))"]),
        question("wrote", wrote, ["assert open(path).read() == '7'"]),
        question("given", "given = 'a.csv' # SOLUTION", ["assert open(given).read() == '1'"]),
        question(
            "module",
            "%%writefile sums.py\ndef add(a, b):\n    return a + b",
            ["import sums\nassert sums.add(1, 2) == 3"],
        ),
        question("shop", "s = 'shop.py' # SOLUTION", ["import shop, random\nassert shop.open and s"]),
    )
    built = make(master(*cells, config="files: [a.csv, shop.py]"), **{"a.csv": "1", "shop.py": "open = True"})
    assert [[case.get("in_kernel", False) for case in entry["cases"]] for entry in built.questions] == [
        [True, False],
        [True],
        [True],
        [True, False, False, True],
        [True],
        [False],
        [True],
        [False],
    ]


@pytest.mark.parametrize(("imported", "in_kernel"), [("torch", True), ("numpy", False)])
def test_what_takes_gradients_through_the_notebook_is_judged_in_the_kernel(
    make: Make, imported: str, in_kernel: bool
) -> None:
    slope = "def slope(f, x):\n    f(x).backward() # SOLUTION\n    return x.grad # SOLUTION"
    cells = (
        code(f"import {imported}"),
        question(
            "cube", "def cube(x):\n    return x ** 3 # SOLUTION", ["y = cube(x).backward()", "assert cube(2) == 8"]
        ),
        question(
            "square",
            "square = Square.apply # SOLUTION",
            ["y = square(x).backward()", "assert autograd.gradcheck(square, x)"],
        ),
        question("slope", slope, ["assert slope(abs, 2) == 1"]),
        question("w", "w = 3 # SOLUTION", ["y = w * x\ny.backward()\nassert x.grad == w", "assert w.grad is None"]),
    )
    built = make(master(*cells))
    assert [[case.get("in_kernel", False) for case in entry["cases"]] for entry in built.questions] == [
        [in_kernel, False],
        [in_kernel, in_kernel],
        [in_kernel],
        [False, False],
    ]


def test_what_students_receive_is_unfinished_where_its_digest_shows_what_the_solution_changes(make: Make) -> None:
    prompt = '""" # BEGIN PROMPT\n    {}\n    """ # END PROMPT'
    solutions = {
        "body": "def f(x):\n    return x # SOLUTION",
        "attribute": "class A:\n    legs = 4 # SOLUTION\n    def walk(self): return self.legs",
        "value": f"class B:\n    {prompt.format('legs = 0')}\n    legs = 4 # SOLUTION NO PROMPT\n    def walk(self): return self.legs",
        "decorator": "import functools\n@functools.cache # SOLUTION NO PROMPT\ndef g(x): return x",
    }
    asked = {"body": "f", "attribute": "A", "value": "B", "decorator": "g"}
    built = make(master(*(question(id, solution, [f"assert {asked[id]}"]) for id, solution in solutions.items())))
    assert [entry.get("unfinished") for entry in built.questions] == [["f"], ["A"], None, None]


def test_test_cases_of_what_is_put_into_a_value_that_was_there_are_known(make: Make) -> None:
    given = code("import pandas as pd\ndf, stock, w = {}, {}, 3")
    solution = (
        "df['z'] = 1\ndf.loc[3, 'y'] = 2\nstock.total = 3\ndf.head()\nn = {} # SOLUTION\nn['a'] = 4\ndef f(w): w.x = 1"
    )
    tests = ["df.z == 1", "'y' in df", "stock.total", "len(df) == 3", "n['a'] == 4", "w.x"]
    built = make(master(given, question("q", solution, [f"assert {test}" for test in tests])))
    assert [case.get("of_change", False) for case in built.questions[0]["cases"]] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_question_names_the_libraries_that_its_test_cases_use(make: Make) -> None:
    imports = code("import numpy as np, symbolic as sy\nfrom frames.core import Frame")
    cells = (
        question("slope", "slope = sy.diff(3) # SOLUTION", ["assert slope == 2 * sy.x"]),
        question("table", "table = Frame() # SOLUTION", ["assert table == Frame() and np"]),
        question("count", "count = sy.count() # SOLUTION", ["assert count == 3"]),
    )
    built = make(master(imports, *cells))
    assert [entry.get("libraries") for entry in built.questions] == [["symbolic"], ["frames"], None]


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


def test_what_a_test_shows_is_compared_without_warnings_and_pictures(make: Make) -> None:
    shows = code("print('a\\n\\nb')\nx", shown="")
    shows.outputs = [
        new_output("stream", name="stderr", text="I0000 oneDNN custom operations are on\n"),
        new_output("stream", name="stdout", text="a\n  \nb\n"),
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
    ["np.random.seed(1)\nassert x", "np.testing.assert_allclose(x, 3)", "_check_plot(x)", "None", "plt.close()", "y = x == 3",
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
