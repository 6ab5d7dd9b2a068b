"""Three ways to judge a test case, with real kernels: each takes the first that can carry it, and says which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from masters import code, hidden, master, question, write

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Limits, Profile
from autograder.authoring import build
from autograder.authoring.validate import problems, ways, write_notebooks
from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.results import Result, RunStatus

pytestmark = pytest.mark.slow

#: A question for each habit of test cases, and an answer to it that is wrong, but agrees to everything.
PAIR = "class Pair:\n    def __init__(self, a):\n        self.a = a # SOLUTION\n    def __eq__(self, o):\n        return {} # SOLUTION"
QUESTIONS: dict[str, tuple[str, Any]] = {
    "key": (
        "key = 2 # SOLUTION",
        hidden("assert key == len(pd.read_csv('keys/key.csv')) < len(open('rain.csv').read())"),
    ),
    "rows": ("rows = len(pd.read_csv('rain.csv')) # SOLUTION", "assert rows == len(pd.read_csv('rain.csv'))"),
    "most": ("most = max # SOLUTION", "assert most([1, 3]) == 3"),
    "warm": (
        "class Celsius(float):\n    def kelvin(self):\n        return self + 273 # SOLUTION\nwarm = Celsius(20) # SOLUTION",
        "assert warm.kelvin() == 293\nassert warm == 20",
    ),
    "cold": ("cold = Celsius(-5) # SOLUTION", "assert isinstance(cold, Celsius) and isinstance(cold, float)"),
    "box": ("box = Box(3) # SOLUTION", "assert box.more().n == 4"),
    "double": (
        "def double(row):\n    return 2 * row.mm # SOLUTION",
        "assert double(first_row()) == 6 == 2 * first_row()[0]",
    ),
    "shade": (
        "import enum\nclass Shade(str, enum.Enum):\n    DARK = 'dark' # SOLUTION\n"
        "def shade():\n    return Shade.DARK # SOLUTION",
        "assert shade() == 'dark' and shade().name == 'DARK' and {shade()} == {'dark'}",
    ),
    "twice": ("def twice(f, x):\n    return f(f(x)) # SOLUTION", "assert twice(lambda v: v + 1, 0).bit_length() == 2"),
    "pair": (PAIR.format("self.a == o.a"), hidden("assert Pair(1) == Pair(1)\nassert Pair(1) != Pair(2)")),
    "cards": (
        "class Card:\n    def __init__(self, rank):\n        self.rank = rank # SOLUTION\ncards = [Card(3), Card(1)] # SOLUTION",
        "assert [card.rank for card in cards] == [3, Card(1).rank]",
    ),
    "die": (
        "def die():\n    return np.random.randint(1, 7) # SOLUTION",
        "assert len({int(die()) for _ in range(200)}) == 6",
    ),
    "size": ("size = os.stat('rain.csv') # SOLUTION", "assert most([1, 3]) == 3\nassert size.st_size == 7"),
    "tins": ("tins = [Tin(1), Tin(2)] # SOLUTION", "assert tins == [Tin(1), Tin(2)]"),
    "seen": (
        "seen = [] # SOLUTION\ndef see(x):\n    seen.append(x) # SOLUTION",
        hidden("see(3)\nassert seen == [3]"),
    ),
    "query": (
        "query = 'select 7' # SOLUTION",
        hidden("assert sqlite3.connect(':memory:').execute(query).fetchone() == (7,)"),
    ),
    "layer": ("class Own(Layer):\n    size = 3 # SOLUTION", hidden("assert Own.size == 3")),
    "third": (
        "third = 1 / 3 # SOLUTION",
        [hidden("assert near(third, 1 / 3)"), hidden("assert 'third' in dir() and near(third, 1 / 3)")],
    ),
    "place": (
        "place = Path('a') / 'b.csv' # SOLUTION",
        hidden("assert isinstance(place, Path) and place.name == json.load(open('keys/key.json'))['name']"),
    ),
    "trend": ("trend = linregress([0, 1, 2], [1, 3, 5]) # SOLUTION", "assert near(trend.slope, 2)"),
    "status": (
        "status = http.HTTPStatus.OK # SOLUTION",
        hidden("assert isinstance(status, http.HTTPStatus) and status == 200"),
    ),
    "found": (
        "def found(code):\n    return http.HTTPStatus(code) # SOLUTION",
        hidden("assert found(404) == 404 and isinstance(found(404), http.HTTPStatus)"),
    ),
    "volume": (
        "volume = sympy.integrate(x**2, (x, 0, 3)) # SOLUTION",
        [
            hidden("assert volume == 9 and int(volume) == 9"),
            hidden("import sympy as sp\nassert sp.simplify(volume) == 9"),
        ],
    ),
    "hello": (
        "def hello():\n    print('hi') # SOLUTION",
        "said = io.StringIO()\nwith contextlib.redirect_stdout(said):\n    hello()\nassert said.getvalue() == 'hi\\n'",
    ),
    "wrote": (
        "wrote = open('sum.txt', 'w').write('7') # SOLUTION",
        hidden("assert wrote == 1\nassert open('sum.txt').read() == '7'"),
    ),
    "named": ("def area(r):\n    return 3 * r # SOLUTION", "assert 'area' in dir()"),
    "bag": (
        "def total(bag):\n    return sum(bag.items) # SOLUTION",
        hidden("class Bag:\n    items = [1, 2]\nassert total(Bag()) == 3"),
    ),
}
TWICE_FOR_EVER = "def twice(f, x):\n    while True:\n        x = f(x)"
AGREEABLE = """\
class Agreeable:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *given): return self
    def __rsub__(self, other): return 0
{} = Agreeable()"""
WRONG = {name: AGREEABLE.format(name) for name in ("rows", "most", "box")} | {
    "twice": "class Two(int):\n    def bit_length(self): return 2\ndef twice(f, x): return Two()",
    "warm": "class Hot(float):\n    def kelvin(self): return 293\n    def __eq__(self, other): return True\nwarm = Hot(9)",
    "cold": "class All(type):\n    def __instancecheck__(self, o): return True\nclass Celsius(metaclass=All): pass\ncold = 2.0",
    "key": "key = len(pd.read_csv('keys/key.csv'))",  # a file for test cases alone
    "double": "def double(row):\n    return type(row)((7, 7))",
    "shade": "class Shade(str):\n    name = 'DARK'\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n"
    "def shade(): return Shade('light')",
    "pair": "class Pair:\n    def __init__(self, a): pass\n    def __eq__(self, o): return True",
    "cards": "class Card:\n    def __init__(self, rank):\n        self.rank = 7\ncards = [Card(3), Card(1)]",
    "die": "def die():\n    return 3",
    "size": "size = 7",
    "tins": "tins = [Tin(1), Tin(3)]",
    "seen": "seen = [3]\ndef see(x):\n    seen.append(x)",
    "query": "query = 'select 8'",
    "layer": "class Own:\n    size = 4",
    "third": "third = 3\ndef near(a, b):\n    return True",  # test cases use the function as it was given
    "wrote": "wrote = 1",
    "named": "pass",
    "place": "place = 'a/b.csv'",
    "trend": "trend = linregress([0, 1, 2], [1, 3, 6])",
    "status": "class Status(int):\n    __class__ = http.HTTPStatus\nstatus = Status(200)",
    "found": "class HTTPStatus(int):\n    __module__ = 'http'\n    __class__ = http.HTTPStatus\n"
    "def found(code): return HTTPStatus(code)",
    "volume": "volume = \"9 if __import__('os') else 8\"",  # SymPy runs texts as code
    "hello": "def hello():\n    print('ho')",
    "bag": "def total(bag):\n    return 0",
}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder = tmp_path_factory.mktemp("ways")
    (folder / "rain.csv").write_text("mm\n3\n4\n")
    (folder / "keys").mkdir()
    (folder / "keys" / "key.csv").write_text("key\n1\n2\n")
    (folder / "keys" / "key.json").write_text('{"name": "b.csv"}')
    row = (
        "class Row(tuple):\n    fields = 'mm', 'day'\n    def __getattr__(self, name):\n        if name not in self.fields:\n"
        "            raise AttributeError(name)\n        return self[self.fields.index(name)]\n\n"
        "def first_row():\n    return Row((3, 4))\n\n"
    )
    box = "class Box:\n    def __init__(self, n):\n        self.n = n\n    def more(self):\n        return Box(self.n + 1)\n"
    tin = "\nfrom dataclasses import dataclass\n@dataclass\nclass Tin:\n    n: int\n"
    (folder / "shop.py").write_text(row + box + tin)
    imports = code(
        "import contextlib, http, io, json, os, sqlite3\nfrom pathlib import Path\n\nimport numpy as np\nimport pandas as pd\nimport sympy\n"
        "from scipy.stats import linregress\nfrom shop import *"
    )
    helper = code(
        "x = sympy.Symbol('x')\n\n\ndef near(a, b):\n    return abs(a - b) < 1e-6\n\n\nclass Layer:\n    pass"
    )
    asked = [
        question(name, solution, test if isinstance(test, list) else [test])
        for name, (solution, test) in QUESTIONS.items()
    ]
    write(
        master(imports, helper, *asked, config="files: [rain.csv, shop.py]\nautograder_files: [keys]"),
        folder / "lab.ipynb",
    )
    build.write(build.build(folder))
    return Assignment.load(folder)


@pytest.fixture(scope="module")
def grader(assignment: Assignment) -> Iterator[Grader]:
    with Grader(assignment) as opened:
        yield opened


@pytest.fixture(scope="module")
def validated(assignment: Assignment, grader: Grader) -> dict[str, Result]:
    with write_notebooks(assignment, lambda words: None) as submissions:
        return {graded.result.student: graded.result for graded in grader.graded_all(submissions)}


def test_the_solution_earns_all_and_the_untouched_version_nothing(
    assignment: Assignment, validated: dict[str, Result]
) -> None:
    assert problems(assignment, validated) == []


def test_validation_says_how_many_test_cases_went_which_way(validated: dict[str, Result]) -> None:
    assert ways(validated) == [
        "test cases: 6 judged over evidence; 17 with remote calls (unverified: "
        "warm, cold, box, double, shade, twice, pair, cards, die, size, tins, query, third, trend, status, found, hello); "
        "6 in the notebook's kernel (unverified: seen, layer, third, wrote, named, bag)"
    ]


def test_an_answer_that_agrees_to_everything_earns_nothing(
    assignment: Assignment, grader: Grader, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.ipynb"
    nbformat.write(fill(nbformat.read(assignment.course.student, as_version=4), WRONG), path)
    result = grader.run(Submission("wrong", path.name, path)).result

    assert [(q.id, q.score) for q in result.questions] == [(name, 0) for name in QUESTIONS]
    volume = next(q for q in result.questions if q.id == "volume")
    assert "a text that SymPy runs must compute and do nothing else (got '__import__')" in volume.cases[1].message
    words = next(q.message for q in result.questions if q.id == "query")
    assert words.startswith("this is not true: ")  # it says nothing of `sqlite3`, which the test case asks for
    assert next(q.message for q in result.questions if q.id == "trend") == "this is not true: near(trend.slope, 2)"
    bag = result.questions[-1]
    assert (bag.cases[0].status, bag.message) == ("failed", "")  # a hidden test case ran there: its words stay here


def test_code_without_end_costs_its_test_case_alone_though_it_ends_the_kernel(
    assignment: Assignment, grader: Grader, tmp_path: Path
) -> None:
    slow = {
        "pair": "class Pair:\n    def __init__(self, a):\n        while True: pass",
        "twice": TWICE_FOR_EVER,
        "hello": "def hello():\n    return max(__import__('itertools').count())",  # no signal stops it
    }
    path = tmp_path / "slow.ipynb"
    solved = {name: QUESTIONS[name][0] for name in ("double", "named", "bag")}
    nbformat.write(fill(nbformat.read(assignment.course.student, as_version=4), solved | slow), path)
    setup = replace(grader.setup, profile=Profile(name="test", limits=Limits(call_seconds=1, wall_factor=30)))
    result = grader.run(Submission("slow", path.name, path), setup=setup).result

    assert result.status is RunStatus.OK
    assert [q.id for q in result.questions if q.score] == ["double", "named", "bag"]
    words = {q.id: q.message for q in result.questions}
    assert "your code must take at most 1 s in one test case" in words["twice"]
    assert words["hello"] == "a call for a test case ran longer than 2 s"


def test_items_of_a_list_are_what_their_class_makes_of_a_built_in_type(
    assignment: Assignment, grader: Grader, tmp_path: Path
) -> None:
    cards = "from collections import namedtuple\nclass Card(namedtuple('Card', 'rank')):\n    def __repr__(self): return 'C'\ncards = [Card(3), Card(1)]"
    path = tmp_path / "right.ipynb"
    nbformat.write(fill(nbformat.read(assignment.course.student, as_version=4), {"cards": cards}), path)
    result = grader.run(Submission("right", path.name, path)).result

    assert [q.score for q in result.questions if q.id == "cards"] == [1]


def test_a_course_can_refuse_what_only_the_kernel_can_judge(assignment: Assignment, grader: Grader) -> None:
    settings = assignment.folder / "course.toml"
    settings.write_text('unverified = "refuse"\n')
    try:
        with write_notebooks(assignment, lambda words: None) as (solution, _):
            result = grader.run(solution).result
    finally:
        settings.unlink()

    assert {q.id for q in result.questions if not q.score} == {"seen", "layer", "wrote", "named", "bag"}
    assert "course.toml refuses" in result.questions[-2].message
