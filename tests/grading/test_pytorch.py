"""A lab in PyTorch, where that is installed: values, networks and functions are judged as TensorFlow's are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from masters import EXCEPTIONS, code, hidden, master, question, write

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.authoring import build
from autograder.authoring.validate import problems, ways, write_notebooks
from autograder.grading.grader import Grader
from autograder.intake import Submission

pytestmark = pytest.mark.slow

BEGIN = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(200, 4)
y = (x.sum(1) > 0).long()
"""
NET = """
class Net(nn.Module):
    # BEGIN SOLUTION NO PROMPT
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    def forward(self, x):
        return self.layers(x)
    # END SOLUTION
    ''' # BEGIN PROMPT
    pass
    ''' # END PROMPT
net = Net() # SOLUTION
"""
FIT = """
def fit(net, data, epochs):
    # BEGIN SOLUTION
    optimizer, loss = torch.optim.Adam(net.parameters(), lr=0.05), nn.CrossEntropyLoss()
    for _ in range(epochs):
        for images, labels in DataLoader(data, batch_size=50):
            optimizer.zero_grad()
            loss(net(images), labels).backward()
            optimizer.step()
    # END SOLUTION
fit(net, TensorDataset(x, y), 10) # SOLUTION
"""
STEP = """
@torch.no_grad()
def step(parameters, rate):
    for parameter in parameters: # SOLUTION
        parameter -= rate * parameter.grad # SOLUTION
"""
SLOPE = """
w = torch.tensor([1.0, 2.0], requires_grad=True) # SOLUTION
loss = (w ** 3).sum() # SOLUTION
loss.backward() # SOLUTION
"""
DRAWN = "def drawn(n):\n    return torch.randn(n) * 0.01 # SOLUTION"
#: Questions, each with its solution and its hidden test cases: their parameters, and their last lines.
QUESTIONS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "slope": (
        SLOPE,
        [
            ("w", "assert w.grad.tolist() == [3, 12] and w.is_leaf"),
            ("loss", "assert loss.grad_fn and loss.item() == 9"),
        ],
    ),
    "net": (
        NET,
        [
            ("Net", "assert issubclass(Net, torch.nn.Module) and Net()(torch.zeros(3, 4)).shape == (3, 2)"),
            ("net", "assert sum(p.numel() for p in net.parameters()) == 58"),
            ("net", "assert isinstance(net.layers[1], torch.nn.ReLU) and 'torch.nn' in str(type(net.layers[1]))"),
            (
                "net",
                "net(torch.ones(1, 4)).sum().backward()\n    assert all(p.grad is not None for p in net.parameters())",
            ),
        ],
    ),
    "fit": (FIT, [("net, x, y", "assert (net(x).argmax(1) == y).float().mean() > 0.9")]),
    "step": (
        STEP,
        [
            (
                "step",
                "v = torch.zeros(2)\n    v.grad = torch.ones(2)\n    step([v], 0.5)\n    assert v.tolist() == [-0.5, -0.5]",
            )
        ],
    ),
    "drawn": (
        DRAWN,
        [
            (
                "drawn",
                "torch.manual_seed(3)\n    a = drawn(2)\n    torch.manual_seed(3)\n"
                "    assert torch.equal(a, torch.randn(2) * 0.01)",
            )
        ],
    ),
    "shape": (
        "shape, kind = torch.zeros(2, 3).shape, torch.float64 # SOLUTION",
        [("shape", "assert isinstance(shape, torch.Size) and shape[0] == 2"), ("kind", "assert kind is torch.double")],
    ),
}
WRONG = {
    "slope": "w = torch.tensor([1.0, 2.0], requires_grad=True)\nloss = torch.tensor(8.0)",
    "net": "class Net(nn.Linear):\n    def __init__(self):\n        super().__init__(4, 3)\nnet = nn.Identity()",
    "fit": "def fit(net, data, epochs):\n    pass",
    "step": "def step(parameters, rate):\n    return [p - rate * p.grad for p in parameters]",
    "drawn": "def drawn(n):\n    return torch.ones(n)",
    "shape": "shape, kind = [2, 3], 'torch.float64'",
}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    pytest.importorskip("torch", reason="PyTorch is not installed: the package does not need it")
    folder = tmp_path_factory.mktemp("pytorch")
    asked = [
        question(
            name,
            solution,
            [
                hidden(f"def test_{number}({names}):\n    import torch\n    {body}")
                for number, (names, body) in enumerate(cases)
            ],
        )
        for name, (solution, cases) in QUESTIONS.items()
    ]
    write(master(code(BEGIN), *asked, config=EXCEPTIONS), folder / "lab.ipynb")
    build.write(build.build(folder))
    return Assignment.load(folder)


@pytest.fixture(scope="module")
def grader(assignment: Assignment) -> Iterator[Grader]:
    with Grader(assignment) as opened:
        yield opened


def test_the_solution_earns_all_and_the_untouched_version_nothing(assignment: Assignment, grader: Grader) -> None:
    with write_notebooks(assignment, lambda words: None) as submissions:
        validated = {graded.result.student: graded.result for graded in grader.graded_all(submissions)}

    assert problems(assignment, validated) == []
    assert ways(validated) == [
        "test cases: 4 judged over evidence; 5 with remote calls (unverified: net, fit, step, drawn); "
        "2 in the notebook's kernel (unverified: net)"
    ]


def test_wrong_answers_earn_nothing(assignment: Assignment, grader: Grader, tmp_path: Path) -> None:
    path = tmp_path / "wrong.ipynb"
    nbformat.write(fill(nbformat.read(assignment.course.student, as_version=4), WRONG), path)
    result = grader.run(Submission("wrong", path.name, path)).result

    assert [(q.id, q.score) for q in result.questions] == [(name, 0) for name in QUESTIONS]
