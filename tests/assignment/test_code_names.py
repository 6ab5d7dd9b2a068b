"""Which names a notebook assigns, and which of them it leaves bound to code."""

from __future__ import annotations

import pytest

from autograder.assignment.code_names import assigned_names, collections_changed, definitions, live_names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 1\na, (b, *c) = 1, (2, 3)", {"x", "a", "b", "c"}),
        ("x.y = 1\nx['z'] = 2\nprint(x)", set()),
        ("for i in r:\n    n += i", {"i", "n"}),
        ("with open(p) as f:\n    t = f.read()", {"f", "t"}),
        ("def f():\n    inner = 1", {"f"}),
        ("class A:\n    inner = 1", {"A"}),
        ("x = [i for i in range(3)]\nf = lambda n: n", {"x", "f"}),
        ("if (n := 3) > 2:\n    m: int = n", {"n", "m"}),
        ("%matplotlib inline\n!pip install x\nx = 1\nx?", {"x"}),
        ("%%time\nx = 1", {"x"}),
        ("x = (1\n  % 2)", {"x"}),
        ("%%bash\nls -l | grep x", set()),
        ("x = = 1", set()),
        ("x = " + "(" * 500, set()),
    ],
)
def test_assigned_names_are_given_a_value_outside_functions(source: str, names: set[str]) -> None:
    assert assigned_names(source) == names


@pytest.mark.parametrize(
    ("cells", "live"),
    [
        (["def f(x):\n    return x"], {"f"}),
        (["f = lambda x: x"], {"f"}),
        (["async def f():\n    pass\ng = f"], {"f", "g"}),
        (["class Stack:\n    pass", "stack = Stack()"], {"Stack", "stack"}),
        (["from sklearn.linear_model import LogisticRegression\nclf = LogisticRegression().fit([[1]], [1])"], {"clf"}),
        (["import re\npattern = re.compile('x')"], {"pattern"}),
        (["import matplotlib.pyplot as plt\nfigure, (left, right) = plt.subplots(1, 2)"], {"figure", "left", "right"}),
        (["def f():\n    return 1, 2\nparts = {}\na, parts['f'] = f, f"], {"f"}),
        (["import functools as ft\nf: object = ft.partial(print)"], {"f"}),
        (["import numpy as np\na = np.arange(3)\nb = a.reshape(3)"], set()),
        (["import tensorflow.keras as k\nmlp = k.Sequential([])"], set()),
        (["total = sum([1, 2])\nnames = sorted('ab')\nx = 3"], set()),
        (["def f():\n    return 1\nvalue = f()"], {"f"}),
        (["f = lambda: 1", "f = 2"], set()),
        (["%matplotlib inline\ndef f():\n    pass"], {"f"}),
        (["def f():\n    g = lambda: 1"], {"f"}),
        (
            ["class Net(keras.Model):\n    pass", "import keras", "net = Net()\nboth = keras.Sequential([net])"],
            {"Net", "net", "both"},
        ),
        (
            [
                "from keras import Model, layers",
                "class Own(layers.Layer):\n    pass",
                "a = layers.Dense(3)(x)\nb = Own()(a)\nc = layers.Dense(2)(b)\nm = Model(x, c)",
            ],
            {"Own", "b", "c", "m"},
        ),
        (["import tensorflow as tf", "m = tf.keras.Sequential([tf.keras.layers.Lambda(lambda x: 2 * x)])"], {"m"}),
        (
            [
                "import keras\nm = keras.Sequential()",
                "m.add(keras.layers.Lambda(lambda x: x))\nm.add(keras.layers.Dense(3))",
            ],
            {"m"},
        ),
        (["import keras\nm = keras.Sequential()\nm.add(keras.layers.Dense(3))\nsum(map(len, 'ab'))"], set()),
        (["import numpy as np\nf = np.add\nx = np.apply_along_axis(lambda row: row.sum(), 0, a)"], set()),
        (["this is no Python"], set()),
    ],
)
def test_names_that_are_left_bound_to_code(cells: list[str], live: set[str]) -> None:
    assert live_names(cells) == live


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    seen.append(x)\n    return total + x", {"seen"}),
        ("def f(seen):\n    seen.append(1)", set()),
        ("def f(x):\n    seen = []\n    seen.append(x)", set()),
        ("def f(x):\n    del seen[x]\n    counts[x] = table[x]", {"seen", "counts"}),
        ("def f():\n    def g(x):\n        seen.add(x)\n    return g", {"seen"}),
        ("class F:\n    def __init__(self):\n        every.append(self)\n        self.own.append(1)", {"every"}),
    ],
)
def test_collections_of_the_notebook_that_a_definition_changes(source: str, names: set[str]) -> None:
    (definition,) = definitions(source).values()
    assert collections_changed(definition) == names
