"""Which names are evidence: what test cases take from the notebook; and when they need the notebook itself."""

from __future__ import annotations

import ast

import pytest

from autograder.assignment.code_names import names_used
from autograder.assignment.test_case_code import (
    doctest_code,
    keys_of,
    modules_imported,
    needs_notebook,
    parameter_names,
    quoted_names,
)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (">>> x == 3\nTrue", ["x"]),
        (">>> sum(x) + len(y) == abs(z)", ["x", "y", "z"]),
        (">>> np.isclose(x.mean(), df['a'].b)", ["np", "x", "df"]),
        (">>> import numpy as np\n>>> from math import pi as circle\n>>> np.sin(x) < circle", ["x"]),
        (">>> import matplotlib.pyplot\n>>> matplotlib.pyplot.plot(x)", ["x"]),
        (">>> all(i == j for i, row in enumerate(rows) for j in row if j)", ["rows"]),
        (">>> {k: v for k, v in pairs.items()} == {n for n in [m for m in x]}", ["pairs", "x"]),
        (">>> [x for x in x]", ["x"]),
        (">>> x = x + 1\n>>> assert x == 2", ["x"]),
        (">>> x += 1", ["x"]),
        (">>> y = 1\n>>> y += x", ["x"]),
        (">>> total = 0\n>>> for item in items:\n...     total += item\n>>> total == 6", ["items"]),
        (">>> f'{x:>{width}} {y!r}' == ''", ["x", "width", "y"]),
        (">>> sorted(xs, key=lambda item, by=order: table[item])", ["xs", "order", "table"]),
        (">>> def check(a, *rest, b=c, **named):\n...     return a + b + inner\n>>> check(x)", ["c", "inner", "x"]),
        (">>> def same(a: pd.DataFrame) -> Kind:\n...     return a\n>>> same(x)", ["pd", "Kind", "x"]),
        (">>> def use():\n...     return later\n>>> later = x\n>>> use()", ["x"]),
        (">>> def never(n):\n...     return np.sin(n)\n>>> x", ["x"]),
        (">>> def outer():\n...     def never():\n...         return np\n...     return x\n>>> outer()", ["x"]),
        (">>> def down(n):\n...     return down(n - 1) if n else x", ["x"]),
        (
            ">>> class Own(Base):\n...     y = x\n...     def f(self):\n...         return z\n>>> Own",
            ["Base", "x", "z"],
        ),
        (">>> try:\n...     f()\n... except Odd as error:\n...     print(error)", ["f", "Odd"]),
        (">>> with opened as (a, b):\n...     print(a, b)", ["opened"]),
        (">>> if (n := len(x)) > 3:\n...     print(n)", ["x"]),
        (">>> any((last := i) for i in x) and last", ["x"]),
        (">>> del x", ["x"]),
        (">>> a, (b, *c) = x\n>>> a + b + c", ["x"]),
        (">>> y: int = x\n>>> y", ["x"]),
        (">>> expect.whole(x, 3)\n>>> reference.x_train", ["x"]),
        (">>> x(1)\n3\n>>> y\n'not_code'", ["x", "y"]),
    ],
)
def test_free_names_are_those_a_doctest_takes_from_the_notebook(body: str, names: list[str]) -> None:
    assert names_used(doctest_code(body)) == names


def test_builtins_and_the_graders_names_are_free_where_the_notebook_assigns_them() -> None:
    assert names_used(doctest_code(">>> max == 3 and reference == min([1])"), {"max", "reference"}) == [
        "max",
        "reference",
    ]


def test_keys_are_those_a_function_looks_up() -> None:
    source = (
        "def other(env):\n    return env['no']\n\n"
        "def test(env):\n    x = env['a'] + env.get('b', 0) + other['no'] + env[x]\n"
        "    assert 'c' in env and 'a' in env and 'd' not in env\n"
    )
    (_, test) = ast.parse(source).body
    assert isinstance(test, ast.FunctionDef)
    assert keys_of("env", test) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("body", "names", "in_kernel"),
    [
        ("for name in ('a', 'b', 'c'):\n        assert env[name]", ["a", "b"], False),
        ("for name in ['b']:\n        assert name in env and env['a']", ["a", "b"], False),
        ("assert check(env)", [], True),
        ("assert sum(value for value in env.values())", [], True),
        ("assert 'a' in env and 'b' not in env", ["a"], True),
    ],
)
def test_of_all_names_a_function_needs_those_in_its_text_or_the_notebook(
    body: str, names: list[str], in_kernel: bool
) -> None:
    (test,) = ast.parse(f"def test(env):\n    {body}").body
    assert isinstance(test, ast.FunctionDef)
    assert (parameter_names(test, ["a", "b"]), needs_notebook(test)) == (names, in_kernel)


@pytest.mark.parametrize(("names", "in_kernel"), [(["table", "sys"], True), (["table"], False)])
def test_what_is_printed_is_caught_where_the_sys_is_whose_stream_is_replaced(names: list[str], in_kernel: bool) -> None:
    code = doctest_code(">>> sys.stdout = out = io.StringIO()\n>>> table(1)\n")
    assert needs_notebook(code, names) is in_kernel


@pytest.mark.parametrize(
    ("signature", "assigned", "names"),
    [
        ("x, y", (), ["x", "y"]),
        ("x, /, y, z=1, *rest, k, m=2, **more", (), ["x", "y", "k"]),
        ("x, expect, reference", (), ["x"]),
        ("x, expect", ("expect",), ["x", "expect"]),
        ("env, x", (), ["x", "a"]),
    ],
)
def test_parameters_without_a_default_are_names_from_the_notebook(
    signature: str, assigned: tuple[str, ...], names: list[str]
) -> None:
    (test,) = ast.parse(f"def test({signature}):\n    assert env['a']").body
    assert isinstance(test, ast.FunctionDef)
    assert parameter_names(test, assigned) == names


@pytest.mark.parametrize(
    ("code", "is_needed"),
    [
        ("dir()", True),
        ("dir(x)", False),
        ("plt.gca().get_title()", True),
        ("assert plt.rcParams['font.size'] == 9", True),
        ("assert np.shares_memory(x, y)", True),
        ("assert x.base is None", True),
        ("assert x[0] is not x[1]", True),
        ("assert x[0] is not y[0]", False),
        ("assert x[0] is None", False),
        ("del x", True),
        ("assert 'x' not in env", True),
        ("assert 'x' not in y", False),
        ("import __main__", True),
        ("open('a.txt', 'w')", True),
        ("open('a.txt', mode='a')", True),
        ("open('a.txt')", False),
        ("pathlib.Path('a.txt').write_text('b')", True),
        ("import tempfile", True),
        ("from tempfile import mkdtemp", True),
        ("builtins.input = lambda text: '7'", True),
        ("sys.stdin = io.StringIO('7')", True),
        ("setattr(time, 'sleep', print)", True),
        ("sys.stdout = io.StringIO()", False),
        ("x.stdin = setattr(x, 'a', 3)", False),
        ("class B(Base):\n    pass", True),
        ("with pytest.MonkeyPatch.context() as patched:\n    f(patched)", True),
        ("os.environ['PLACE'] = 'here'", True),
        ("from os import getenv", True),
        ("assert x == os.getcwd()", True),
        ("Path.cwd() / 'a'", True),
        ("pickle.loads(pickle.dumps(x))", True),
        ("json.loads(json.dumps(x)) == pickle.loads(y)", False),
        ("'statistics' in sys.modules", True),
        ("from sys import path", True),
        ("assert pool.submit(asyncio.run, f()).result() == 3", True),
        ("assert asyncio.iscoroutinefunction(f)", False),
        ("import polars.testing as testing\npolars.testing.assert_frame_equal(x, y)", True),
        ("from polars.testing import assert_frame_equal", True),
        ("from pandas.testing import assert_frame_equal", False),
        ("'x' in x.modules", False),
        ("with np.errstate(all='raise'):\n    Base(1)", True),
        ("from decimal import localcontext\nwith localcontext():\n    Base(1)", True),
        ("inspect.getmembers(Base, inspect.isfunction)", True),
        ("threading.Thread(target=Base(1).run).start()", True),
        ("with ThreadPoolExecutor() as pool:\n    pool.map(x, [1])", False),
        ("with np.printoptions(precision=2):\n    print(x)", False),
        ("class B(unittest.TestCase):\n    pass", False),
        ("class B(Other):\n    pass", False),
        ("x(torch.ones(3)).sum().backward()", True),
        ("import jax\njax.grad(x)(2.0)", True),
        ("with tf.GradientTape() as tape:\n    y = x(z)", True),
        ("z = torch.ones(3, requires_grad=True)\n(x * z).sum().backward()\nassert z.grad.tolist() == x", False),
        ("assert x(torch.ones(3)).grad is None", False),
        ("y = x(2)\ny.backward()", False),
    ],
)
def test_a_test_case_needs_the_notebook_for_its_names_its_state_and_its_files(code: str, is_needed: bool) -> None:
    assert needs_notebook(ast.parse(code), ["Base", "x"]) is is_needed


def test_texts_are_names_where_names_are_looked_up() -> None:
    names = ("x", "y")
    assert quoted_names(ast.parse("'x' in dir() and globals()['y'] == 'z'"), names) == ["x", "y"]
    assert quoted_names(ast.parse("plt.gca().get_xlabel() == 'x' and open('a.txt').read() == 'y'"), names) == []


def test_imported_modules_are_named_by_the_first_parts_of_their_names() -> None:
    code = ast.parse(
        "import a.b, c as d\nfrom e.f import g\nfrom . import h\ndef f():\n    import i\nimport_module('j.k')"
    )
    assert modules_imported(code) == {"a", "c", "e", "i", "j"}
