"""Networks of a notebook's own classes: test cases see the trace, and the object itself where that lacks something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from checks.conftest import Distant, with_its_own_random_numbers
from evidence.conftest import into
from keras import layers

from autograder.assignment import Question, TestCase
from autograder.checks import expect
from autograder.checks.evidence import Evidence
from autograder.checks.questions import check_question
from autograder.checks.references import References
from autograder.checks.remote import Remote
from autograder.kernel.recorder import Recorder
from autograder.kernel.rpc_server import RpcServer

TESTS = """
from otter.test_files import test_case

OK_FORMAT = False

name = "q"
points = None

@test_case(points=1)
def test_outputs(net, outputs, x):
    import numpy as np
    assert np.allclose(net(x), outputs, atol=1e-5)
    assert np.allclose(net.predict(x, verbose=0), outputs, atol=1e-5)

@test_case(points=1)
def test_attribute(net):
    import keras
    assert isinstance(net, keras.Model)
    assert net.first.units == 5

@test_case(points=1)
def test_count(net):
    assert net.count_params() == 4 * 5 + 5 + 5 + 5 * 3 + 3

@test_case(points=1)
def test_score(net):
    assert net.score() == 1

@test_case(points=1)
def test_asked(net, expect):
    expect.parameters(net, 63, "net")
"""
NAMES = {
    "outputs": ("net", "outputs", "x"),
    "attribute": ("net",),
    "count": ("net",),
    "score": ("net",),
    "asked": ("net",),
}
QUESTION = Question(
    "q",
    5.0,
    cases=tuple(TestCase(f"test_{name}", True, 1.0, names) for name, names in NAMES.items()),
    names=("net", "outputs", "x"),
    answers=("net",),
)


class Scale(layers.Layer):  # type: ignore[misc]
    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x: Any) -> Any:
        return x * self.factor


class Net(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.drop = layers.Dense(5), layers.BatchNormalization(), layers.Dropout(0.9)
        self.scale, self.last = Scale(), layers.Dense(3)

    def call(self, x: Any, training: Any = None) -> Any:
        x = self.drop(self.norm(self.first(x), training=training), training=training)
        return self.last(self.scale(x))

    def count_params(self) -> int:
        """Without those of the normalization: the trace has other ones."""
        return int(super().count_params()) - 20

    def score(self) -> int:
        return 1


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., dict[str, tuple[str, bool]]]:
    """The status of each test case for a network, and whether it is unverified."""

    def judge(net: Any, *live: str, classes: tuple[str, ...] = ()) -> dict[str, tuple[str, bool]]:
        x = np.random.default_rng(0).random((6, 4)).astype("float32")
        names = {"net": net, "outputs": net.predict(x, verbose=0), "x": x}
        recorder = Recorder(into(tmp_path), {"q": list(names)})
        recorder.record("q", names)
        (tmp_path / "q.py").write_text(TESTS, encoding="utf-8")
        evidence = Evidence.read(tmp_path, "q", QUESTION.names)
        remote = Remote(with_its_own_random_numbers(RpcServer(recorder.live, lambda: None, {}, {}).answer))
        question, reference = replace(QUESTION, live=live, classes=classes), References({}, {})
        result = check_question(question, tmp_path / "q.py", evidence, reference, remote, {}, ended="", lost={})
        return {
            case["name"].removeprefix("test_"): (str(case["status"]), case["unverified"]) for case in result["cases"]
        }

    return judge


def test_what_a_network_computes_is_evidence_and_the_rest_the_object_itself_tells(judged: Any) -> None:
    """Its mode is handed on: outside training, nothing drops, and no batch is looked at."""
    for classes in ((), ("Net",)):
        assert judged(Net(), "net", classes=classes) == {
            "outputs": ("passed", False),
            "attribute": ("passed", True),
            "count": ("passed", True),
            "score": ("passed", True),
            "asked": ("passed", False),
        }


def test_a_student_cannot_have_a_failed_test_case_judged_over_an_object(judged: Any) -> None:
    """Only what the trace does not have at all is asked of the object where the solution has a plain network."""
    assert judged(Net())["count"] == ("failed", False)


def test_a_network_of_keras_own_classes_is_asked_for_nothing(judged: Any) -> None:
    start = keras.Input((4,))
    net = keras.Model(start, layers.Dense(3)(layers.Dense(5)(start)))

    assert judged(net, "net") | {"count": None} == {
        "outputs": ("passed", False),
        "attribute": ("error", False),
        "count": None,
        "score": ("error", False),
        "asked": ("failed", False),
    }


def test_a_second_name_is_of_the_same_class(tmp_path: Path) -> None:
    net = Net()
    net(np.zeros((1, 4), "float32"))
    Recorder(into(tmp_path), {"q": ["net", "copy", "plain"]}).record("q", {"net": net, "copy": net, "plain": net.first})

    evidence = Evidence.read(tmp_path, "q", ("net", "copy", "plain"))

    assert evidence is not None and evidence.values["copy"] is evidence.values["net"]
    assert evidence.classes == {"net": "Net", "copy": "Net"}


def test_an_object_of_the_kernel_is_a_network_for_test_cases_and_none_for_the_grader(remotely: Distant) -> None:
    net = remotely(Net())

    assert isinstance(net, keras.Model) and not isinstance(net, keras.Sequential)
    assert not isinstance(remotely(Scale()), layers.Layer), "one of a student's own class could be anything"
    words = remotely(layers.TextVectorization())
    assert isinstance(words, layers.TextVectorization) and isinstance(words, layers.Layer)
    with pytest.raises(AssertionError, match="expected a Keras model"):
        expect.parameters(net, 48, "net")
