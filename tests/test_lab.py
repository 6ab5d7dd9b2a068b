"""The MNIST lab as it ships: its contract, and its student notebook in the places where students run it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import question_of
from autograder.datasets.find import resolve

QUESTIONS = [
    ("sizes", 1, "N_x_pixels N_y_pixels N_train N_test N_classes"),
    ("balance", 1, "train_counts test_counts imbalance"),
    ("balance_comment", 0.5, ""),
    ("examples", 0.5, "example_index"),
    ("mlp", 1.5, "mlp"),
    ("mlp_params", 1, "mlp_params"),
    ("mlp_results", 0.5, "score_mlp predict_mlp"),
    ("mlp_comment", 0.5, ""),
    ("mlp_norm", 1.5, "x_train_flatten_norm x_test_flatten_norm mlp_norm score_mlp_norm"),
    ("norm_comment", 0.5, ""),
    ("kernel_shape", 0.5, "kernel_shape"),
    ("edges", 0.5, "horizontal_filter"),
    ("conv_comment", 0.5, ""),
    ("conv_shapes", 1.5, "conv_shapes"),
    ("max_pooling", 1, "pool_layer img_out"),
    ("lenet", 0.5, "LeNet"),
    ("lenet_params", 1, "lenet_params lenet_largest"),
    ("lenet_results", 0.5, "score_LeNet predict_LeNet"),
    ("lenet_adam", 1, "LeNet_adam score_LeNet_adam"),
    ("lenet_comment", 0.5, ""),
    ("convnet", 1.5, "ConvNet"),
    ("convnet_results", 1, "score_ConvNet predict_ConvNet"),
    ("convnet_adam", 1, "ConvNet_adam score_ConvNet_adam"),
    ("conclusion", 0.5, ""),
]
SOLUTIONS = {
    "size.py", "histograms.py", "imshow.py", "mlp.py", "mlp_results.py", "mlp_norm.py", "max_pooling.py", "cnn.py",
    "cnn_results.py",
}  # fmt: skip


@pytest.fixture(scope="module")
def lab() -> Assignment:
    return Assignment.load(ROOT / "assignment")


@pytest.fixture
def student(lab: Assignment) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(lab.course.student, as_version=4)
    return notebook


def test_questions_points_and_names_are_the_contract(lab: Assignment) -> None:
    assert [(q.id, q.points, " ".join(q.answers)) for q in lab.questions] == QUESTIONS
    assert (lab.points, lab.automatic_points) == (20, 17)


def test_each_automatic_question_has_a_check_cell_and_each_an_answer_cell(
    lab: Assignment, student: NotebookNode
) -> None:
    checks = [cell.source for cell in student.cells if cell.source.startswith("grader.check")]
    answered = {question_of(cell) for cell in student.cells if "otter_answer_cell" in cell.metadata.get("tags", [])}

    assert checks == [f'grader.check("{q.id}")' for q in lab.questions if not q.written]
    assert answered == {q.id for q in lab.questions}


def test_each_automatic_question_has_public_and_hidden_test_cases(lab: Assignment) -> None:
    kinds = {q.id: {case.hidden for case in q.cases} for q in lab.questions if not q.written}

    assert all(kind == {True, False} for kind in kinds.values())


def test_every_test_case_is_judged_over_evidence(lab: Assignment) -> None:
    assert [question.id for question in lab.questions if question.unverified] == []


@pytest.mark.parametrize(
    ("id", "network"), [("mlp_norm", "mlp_norm"), ("lenet_adam", "LeNet_adam"), ("convnet_adam", "ConvNet_adam")]
)
def test_all_points_for_a_new_network_rest_on_its_being_new(lab: Assignment, id: str, network: str) -> None:
    rests: dict[str, bool] = {}
    for case in lab.question(id).cases:
        rests[case.name] = case.name == f"test_{id}_is_new" or any(rests[name] for name in case.requires)

    scored = [case.name for case in lab.question(id).cases if case.points and network in case.names]
    assert [name for name in scored if not rests[name]] == []


def test_no_points_rest_on_an_accuracy_alone(lab: Assignment) -> None:
    """Where a profile asks for none, the training is asked for all the same."""
    assert [case.name for question in lab.questions for case in question.cases if case.asks] == []


def test_a_public_test_case_says_that_a_name_is_undefined(lab: Assignment) -> None:
    files = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((lab.folder / "tests").glob("*.py"))]
    functions = [node for file in files for node in file.body if isinstance(node, ast.FunctionDef)]
    public = [one for one in functions if "hidden=False" in ast.unparse(one.decorator_list[0])]

    assert len(public) >= len(files)
    for function in public:
        function.decorator_list = []
        function.body = [statement for statement in function.body if not isinstance(statement, ast.Import)]
        space: dict[str, Any] = {}
        exec(compile(ast.Module([function], []), "<test case>", "exec"), space)
        with pytest.raises(AssertionError, match=rf"`{function.args.args[0].arg}` has no value: it is not defined"):
            space[function.name](*[None] * len(function.args.args))  # what Otter gives


def test_the_nine_solutions_are_python_without_markers() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "solutions" / "MNIST").glob("*.py")}

    assert files.keys() == SOLUTIONS
    for name, source in files.items():
        ast.parse(source, name)
        assert "SOLUTION" not in source


def test_the_student_notebook_loads_each_solution_by_a_comment(student: NotebookNode) -> None:
    loads = {cell.source for cell in student.cells if "%load" in cell.source}

    assert loads == {f"# %load solutions/MNIST/{name}" for name in SOLUTIONS}


COLAB = """
import json, sys, types
google, colab, message = types.ModuleType("google"), types.ModuleType("google.colab"), types.ModuleType("_message")
message.blocking_request = lambda *a, **k: {"ipynb": json.load(open("notebook-in-colab.json"))}
google.colab, colab._message = colab, message
sys.modules |= {"google": google, "google.colab": colab, "google.colab._message": message}
"""
NO_OTTER = "import sys\nsys.modules['otter'] = None"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the notebook."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def kernel(place: Path) -> Iterator[AsyncKernelManager]:
    """A kernel that keeps what notebooks have imported, which takes seconds, and nothing else of them."""
    manager = AsyncKernelManager()
    run_sync(manager.start_kernel)(cwd=str(place))
    yield manager
    run_sync(manager.shutdown_kernel)(now=True)


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize("where", ["jupyter", "colab", "colab without otter"])
def test_the_unanswered_student_notebook_runs_without_an_exception(
    student: NotebookNode, kernel: AsyncKernelManager, place: Path, where: str
) -> None:
    (place / "notebook-in-colab.json").write_text(nbformat.writes(student))
    if where == "jupyter":
        nbformat.write(student, place / "mnist.ipynb")
    else:
        (place / "mnist.ipynb").unlink(missing_ok=True)
    data = f"from keras.src.datasets import mnist\nmnist.get_file = lambda *a, **k: {str(resolve('mnist').path)!r}"
    prepared = [data, *([COLAB] if "colab" in where else []), *([NO_OTTER] if "without" in where else [])]
    student.cells[:0] = [new_code_cell(source) for source in ["%reset -f", *prepared]]

    client = NotebookClient(student, kernel, timeout=300)
    client.execute()
    if client.kc is not None:
        client.kc.stop_channels()

    shown = [str(cell.outputs) for cell in student.cells if cell.source.startswith("grader.check")]
    assert len(shown) == 18
    assert all("still `...`" in outputs for outputs in shown)
