"""The class that is measured, the measure, the peers' equal terms and the report; nothing here depends on how fast it is."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import psutil
import pytest
from machines import needs_sandbox
from notebooks import RIGHT, ROOT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Budget, Profile
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from benchmarks import budget, classes, grader, networks, plot, report
from benchmarks.classes import Kind, Student
from benchmarks.measure import Watch, measure
from benchmarks.peers import Peer, run_peer
from benchmarks.targets import targets

BURN = "import time; start = time.process_time()\nwhile time.process_time() - start < 0.7: pass"


@pytest.fixture(scope="module")
def lab() -> Assignment:
    return Assignment.load(ROOT / "assignment")


@pytest.fixture(scope="module")
def students(lab: Assignment) -> list[Student]:
    return classes.generate(lab, 40)


@pytest.mark.parametrize(
    ("size", "standard", "own", "broken"),
    [(5, 3, 2, 0), (10, 6, 3, 1), (20, 12, 6, 2), (30, 18, 9, 3), (40, 24, 12, 4)],
)
def test_a_class_of_any_size_has_the_mix(size: int, standard: int, own: int, broken: int) -> None:
    assert Counter(classes.kinds(size)) == Counter(standard=standard, own=own, broken=broken)


def test_a_small_class_is_the_start_of_a_large_one(lab: Assignment, students: list[Student]) -> None:
    assert classes.generate(lab, 5) == students[:5]


def test_a_class_is_the_same_in_every_process(lab: Assignment, students: list[Student], tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from autograder.assignment import Assignment; from benchmarks import classes;"
        "classes.write(classes.generate(Assignment.load(Path('assignment')), 12), Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there")], cwd=ROOT, env=environment, check=True)
    here = classes.write(students[:12], tmp_path / "here")

    assert [path.read_bytes() for path in here] == [(tmp_path / "there" / path.name).read_bytes() for path in here]


def test_every_notebook_is_valid_and_every_cell_is_python(students: list[Student]) -> None:
    for student in students:
        nbformat.validate(student.notebook)
        for cell in student.notebook.cells:
            if cell.cell_type == "code":
                compile(cell.source.replace("%matplotlib", "# "), student.name, "exec")


def test_no_two_notebooks_are_alike(students: list[Student]) -> None:
    digests = {hashlib.sha256(nbformat.writes(student.notebook).encode()).hexdigest() for student in students}
    assert len(digests) == len(students)


@pytest.mark.parametrize("name", networks.STANDARD)
def test_a_training_of_ones_own_differs_in_more_than_its_epochs(name: str) -> None:
    standard = networks.STANDARD[name]
    drawn = [networks.own(name, random.Random(seed)) for seed in range(200)]

    assert all(replace(training, epochs=standard.epochs) != standard for training in drawn)
    assert len({training.optimizer for training in drawn}) > 1 and len({training.batch_size for training in drawn}) > 1


def test_a_budget_of_ones_own_changes_caps_in_a_copy_and_nothing_else(tmp_path: Path) -> None:
    assignment = Assignment.load(ROOT / "assignment")
    capped = budget.with_caps(assignment, "quick", 4, None, tmp_path / "copy")
    before, after = assignment.load_profile("quick"), capped.load_profile("quick")

    assert after.budget == replace(before.budget, epochs=4) and after.thresholds == before.thresholds
    assert after.limits == replace(before.limits, cell_seconds=3600.0, training_seconds=3600.0, run_seconds=28_800.0)
    assert capped.folder == tmp_path / "copy"
    assert budget.with_caps(assignment, "quick", None, None, tmp_path / "none") is assignment
    with pytest.raises(ConfigError, match="nope"):
        budget.with_caps(assignment, "nope", 4, None, tmp_path / "none")


def test_variants_of_all_trainings_take_turns() -> None:
    turns = [[classes.varied(6 * turn + place) for place in range(6)] for turn in range(5)]

    assert all(sorted(turn) == sorted(networks.STANDARD) for turn in turns) and len(set(map(tuple, turns))) > 1


def test_the_notebooks_show_what_kind_they_are(students: list[Student]) -> None:
    for student in students:
        source = "\n".join(cell.source for cell in student.notebook.cells if cell.cell_type == "code")
        given = ["batch_size = 256\n", "batch_size = 128\n", "optimizer=RMSprop()", "optimizer=Adadelta()"]
        kept = all(part in source for part in given)
        if student.kind is Kind.STANDARD:
            assert kept and "validation_split" not in source and student.detail == ""
        if student.kind is Kind.OWN:
            assert student.detail
    assert [student.detail for student in students if student.kind is Kind.BROKEN][:3] == list(classes.BREAKS)


def script(folder: Path, name: str, source: str) -> str:
    (folder / name).write_text(source, encoding="utf-8")
    return str(folder / name)


def test_the_time_of_grandchildren_and_orphans_counts(tmp_path: Path) -> None:
    burn = script(tmp_path, "burn.py", BURN)
    start = f"import subprocess, sys; child = subprocess.Popen([sys.executable, {burn!r}], start_new_session=True)"
    waits = script(tmp_path, "waits.py", f"{start}; child.wait()")
    leaves = script(tmp_path, "leaves.py", f"{start}; child.returncode = 0")

    for parent in (waits, leaves):
        cost = measure([sys.executable, parent], tmp_path / "log.txt")
        assert cost.status == 0 and 0.7 <= cost.accounted < 3 and cost.processor_seconds >= cost.accounted


@needs_sandbox
@pytest.mark.slow
def test_the_time_in_a_sandbox_that_is_killed_counts(tmp_path: Path) -> None:
    burn = script(tmp_path, "burn.py", BURN.replace("0.7", "60"))
    wrapped = ["bwrap", "--bind", "/", "/", "--unshare-user", "--unshare-pid", "--proc", "/proc", sys.executable, burn]
    kills = script(
        tmp_path,
        "kills.py",
        "import os, psutil, subprocess, time\n"
        f"child = subprocess.Popen({wrapped!r})\n"
        "def spent():\n"
        "    inside = psutil.Process(child.pid).children(recursive=True)\n"
        "    return sum(process.cpu_times().user for process in inside)\n"
        "while spent() < 1.5: time.sleep(0.05)\n"
        "psutil.Process(child.pid).children()[0].kill(); child.wait()",
    )

    cost = measure([sys.executable, kills], tmp_path / "log.txt")

    assert cost.status == 0, (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert cost.processor_seconds > 1


@pytest.mark.slow
def test_the_memory_of_a_tree_is_that_of_all_its_processes(tmp_path: Path) -> None:
    source = "import os, sys; held = bytearray(b'1') * 50_000_000; os.write(1, b'holds\\n'); sys.stdin.read()"
    hold = script(tmp_path, "hold.py", source)
    both = f"import subprocess, sys; [c.wait() for c in [subprocess.Popen([sys.executable, {hold!r}]) for _ in '12']]"
    command = [sys.executable, script(tmp_path, "both.py", both)]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert [parent.stdout.readline() for _ in "12"] == [b"holds\n"] * 2
        watch = Watch(psutil.Process(parent.pid))
        watch.start()
        deadline = time.monotonic() + 60
        while not watch.most and time.monotonic() < deadline:
            time.sleep(0.05)
        watch.finish()

    assert 90 < watch.most / 2**20 < 200


CHECKS_THE_BUDGET = """
import keras
import numpy as np

(x_train, y_train), _ = keras.datasets.mnist.load_data()
assert x_train.shape == (400, 28, 28)
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
history = model.fit(x_train, y_train, batch_size=32, epochs=5, verbose=0)
assert (history.params["epochs"], history.params["steps"]) == (2, 4), history.params
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A dataset of 400 + 100 images of nothing."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    labels = np.arange(400, dtype=np.uint8) % 10
    images = np.zeros((400, 28, 28), np.uint8)
    np.savez(path, x_train=images, y_train=labels, x_test=images[:100], y_test=labels[:100])
    return Dataset("mnist", path, "mnist", "small", "")


def through(peer: str, notebook: Any, assignment: Assignment, dataset: Dataset, folder: Path) -> Peer:
    path = folder / "one.ipynb"
    nbformat.write(notebook, path)
    profile = Profile(name="test", budget=Budget(epochs=2, samples=128))
    return run_peer(peer, [path], {"raises": path}, assignment, profile, dataset, folder / peer, threads=1)


@pytest.mark.keras
@pytest.mark.slow
def test_a_peer_trains_within_the_same_budget(tiny: Assignment, dataset: Dataset, tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CHECKS_THE_BUDGET)])

    peer = through("nbclient", notebook, tiny, dataset, tmp_path)

    assert [one.errors for one in peer.each] == [0] == [one.errors for one in peer.broken.values()]
    assert 0 < peer.each[0].processor_seconds <= peer.cost.processor_seconds


@pytest.mark.long
def test_otter_marks_with_the_hidden_test_cases(tiny: Assignment, dataset: Dataset, tmp_path: Path) -> None:
    blank = nbformat.read(tiny.course.student, as_version=4)
    wrong = {**RIGHT, "square": "def square(x):\n    return x + x"}

    scores = []
    for name, answers in (("right", RIGHT), ("wrong", wrong)):
        (tmp_path / name).mkdir()
        scores.append(through("otter", fill(blank, answers), tiny, dataset, tmp_path / name).each[0].score)

    assert scores[0] == tiny.automatic_points and scores[1] is not None and scores[1] < scores[0]


def cost(seconds: float) -> dict[str, Any]:
    return {
        "status": 0,
        "seconds": seconds / 2,
        "processor_seconds": seconds,
        "memory_mb": 2048.0,
        "accounted": 1.0,
        "seen": 1.0,
    }


def peer(name: str, seconds: float) -> dict[str, Any]:
    return {
        "name": name, "seconds": seconds / 2, "processor_seconds": seconds, "first_seconds": seconds / 2 + 3, "spread": 0.06,
        "cost": cost(3 * seconds), "each": [{"name": "001_standard", "score": 17.0}, {"name": "002_own"}],
        "broken": {"raises": {"processor_seconds": seconds}, "half done": {"processor_seconds": seconds / 4}},
    }  # fmt: skip


FIGURES = {
    "seconds": 90.0,
    "kernels": {"seconds": 6.5},
    "training": {"requests": 175, "hits": 150, "computed": 22, "processor_seconds": 60.0, "refused": {"a callback": 3}},
    "submissions": [{"name": "001_standard", "start_seconds": 0.1, "run_seconds": 9.0, "check_seconds": 1.5}],
}


def document(figures: dict[str, Any]) -> dict[str, Any]:
    machine = {
        "system": "Linux x86_64", "processor": "A Processor", "cores": 2, "memory_mb": 24_000, "jobs": 2, "threads": 1,
        "python": "3.11.2", "tensorflow": "2.18.0", "keras": "3.6.0", "numpy": "2.0", "otter-grader": "7.0.0", "nbclient": "0.10.2",
    }  # fmt: skip
    students = [{"kind": "standard", "detail": ""}] * 27 + [{"kind": "broken", "detail": "raises"}] * 2
    students.append({"kind": "broken", "detail": "half done"})
    return {
        "machine": machine,
        "assignment": "Image classification on MNIST",
        "profile": "quick",
        "budget": {"epochs": 2, "samples": 3000, "validation_samples": 500},
        "dataset": "MNIST",
        "class": {"size": 30, "mix": {"standard": 18, "own": 9, "broken": 3}, "students": students},
        "peers": [peer("otter", 60.0), peer("nbclient", 40.0)],
        "alone": {"cost": cost(50.0), "figures": {}},
        "runs": [
            {"size": 10, "cost": cost(90.0), "figures": figures},
            {"size": 30, "cost": cost(150.0), "figures": figures, "scores": {"001_standard": "17", "002_own": "16.5"}},
        ],
        "marks": {
            "with cold kernels": {"size": 10, "cost": cost(300.0), "differences": []},
            "with training in the kernels": {"size": 10, "cost": cost(300.0), "differences": ["001_standard: mlp 1, not 0.5"]},
            "with training computed afresh": None,
        },
    }  # fmt: skip


def test_the_report_says_which_targets_are_met() -> None:
    found = [(target.found, target.met) for target in targets(document(FIGURES))]

    assert found == [
        ("150 s of 174 s, 60 s of them distinct training", True),
        ("11.7 times", True),
        ("25.0 s, Otter 33.0 s", True),
        ("no difference in 10 notebooks", True),
        ("1 differences in 10 notebooks", False),
        ("-", None),
    ]


def test_a_target_that_is_missed_is_not_met() -> None:
    dear = document(FIGURES)
    dear["runs"][1]["cost"] = cost(200.0)
    dear["alone"]["cost"] = cost(80.0)

    assert [target.met for target in targets(dear)][:3] == [False, False, False]


@pytest.mark.parametrize("figures", [FIGURES, {}, {"training": None, "submissions": [None, {}]}])
def test_the_report_fits_into_eighty_columns(figures: dict[str, Any]) -> None:
    lines = report.text(document(figures)).splitlines()

    assert max(map(len, lines)) <= 80
    assert "this grader, a class              30       2.5          5.0" in "\n".join(lines)
    assert "One submission more: 1.5 s, 3.0 s of processor time" in lines
    assert "otter, broken notebooks in processor seconds: raises 60.0, half done 15.0" in lines
    assert "Points for the same notebooks: Otter 17, -; this grader 17, 16.5" in lines
    assert ("Trainer: 175 requests, 150 hits (86 %), 22 computed in 60 processor seconds" in lines) == (
        figures is FIGURES
    )
    assert ("Trainer: - requests, - hits (- %), - computed in - processor seconds" in lines) == (figures is not FIGURES)


def test_a_report_of_what_was_interrupted_is_still_a_report() -> None:
    begun = document({}) | {"peers": [], "runs": [], "marks": {}}
    del begun["alone"]

    assert "Targets" in report.text(begun)
    assert [target.met for target in targets(begun)] == [None, None, None]


@pytest.mark.parametrize("figures", [FIGURES, {}])
def test_the_plots_are_drawn(figures: dict[str, Any], tmp_path: Path) -> None:
    assert [path.stat().st_size > 5_000 for path in plot.draw(document(figures), tmp_path)] == [True, True]


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_figures_that_cannot_be_read_are_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content, encoding="utf-8")

    assert grader.read_figures(tmp_path / "run.json") == {}
    assert grader.read_figures(tmp_path / "missing.json") == {}


def test_a_mark_that_differs_is_named() -> None:
    rows = {"ada": {"status": "ok", "mlp": "1.5"}, "ben": {"status": "ok", "mlp": ""}}
    others = json.loads(json.dumps(rows)) | {"ada": {"status": "ok", "mlp": "1"}}

    assert grader.differences(rows, rows) == []
    assert grader.differences(rows, others) == ["ada: mlp 1.5, not 1"]
