"""The sample submissions, graded once through the command line as ``make grade`` does: every mark, and what is said.

A cell that never ends is stopped sooner than there.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebooks import ROOT

pytestmark = [pytest.mark.keras, pytest.mark.slow, pytest.mark.timeout(900)]

STATUS = {
    "all_right": "ok",
    "crash": "cell errors",
    "endless_loop": "cell timeout",
    "francais": "ok",
    "half_done": "ok",
    "mistakes": "ok",
    "other_style": "ok",
    "untouched": "ok",
    "wrong_names": "cell errors",
}

# The score of each sample in each question; «?» is a written answer that waits for a mark.
SCORES = """
question         all_right crash endless_loop francais half_done mistakes other_style untouched wrong_names
sizes            1         1     1            1        1         0.75     1           0         0
balance          1         1     1            1        1         0.375    1           0         0.25
balance_comment  ?         ?     ?            ?        ?         ?        ?           0         ?
examples         0.5       0.5   0.5          0.5      0.5       0        0.5         0         0
mlp              1.5       1.5   1.5          1.5      1.5       0.5      1.5         0         0
mlp_params       1         1     1            1        1         0        1           0         0
mlp_results      0.5       0.5   0.5          0.5      0.5       0        0.5         0         0
mlp_comment      ?         ?     ?            ?        ?         ?        ?           0         ?
mlp_norm         1.5       0.5   1.5          1.5      1.5       0.75     1.5         0         0
norm_comment     ?         ?     ?            ?        ?         ?        ?           0         ?
kernel_shape     0.5       0.5   0.5          0.5      0         0        0.5         0         0.5
edges            0.5       0.5   0.5          0        0         0        0.5         0         0
conv_comment     ?         ?     ?            ?        0         ?        ?           0         ?
conv_shapes      1.5       1.5   0            1.5      0         0.75     1.5         0         1.5
max_pooling      1         1     0            1        0         0        1           0         0
lenet            0.5       0.5   0            0.5      0         0.5      0.5         0         0
lenet_params     1         1     0            0.25     0         0.75     1           0         0.75
lenet_results    0.5       0.5   0            0.5      0         0.5      0.5         0         0
lenet_adam       1         1     0            1        0         0        1           0         0
lenet_comment    ?         ?     0            ?        0         ?        ?           0         ?
convnet          1.5       1.5   0            1.5      0         0.5      1.5         0         0
convnet_results  1         0     0            1        0         0        1           0         0
convnet_adam     1         0     0            1        0         0        1           0         0
conclusion       ?         0     0            ?        0         0        ?           0         0
score            17        14    8            15.75    7         5.375    17          0         3
"""

# What the message of an answer that is not right must say.
MESSAGES = [
    ("crash", "mlp_norm", "partly", ["`mlp_norm`, layer 4: expected Dropout(0.2)", "ends after 3 layers"]),
    # After 10 s, or 30 on a busy machine.
    ("endless_loop", "conv_shapes", "not reached", ["longer than", "0 s and was stopped"]),
    ("francais", "edges", "failed", ["`horizontal_filter` should answer (almost) 0"]),
    ("francais", "lenet_params", "partly", ["expected 2416, found 416; 1 of 5"]),
    ("half_done", "kernel_shape", "not answered", ["`kernel_shape` is still `...`"]),
    ("mistakes", "sizes", "partly", ["`N_classes`: expected 10, found 9"]),
    ("mistakes", "balance", "partly", ["should be at least 1", "`test_counts`", "expected 980, found 5923"]),
    ("mistakes", "examples", "failed", ["`example_index[0]` should be the index of a 0"]),
    ("mistakes", "mlp", "partly", ["`mlp`, layer 5: expected Dense(10, softmax), found Dense(10, sigmoid)"]),
    ("mistakes", "mlp_params", "failed", ["expected 100480, found 100352"]),
    ("mistakes", "mlp_results", "failed", ["`score_mlp`: expected what `evaluate` gives", "(10000,)"]),
    ("mistakes", "mlp_norm", "partly", ["`x_test_flatten_norm`: expected values between 0 and 1, found 0 to 255"]),
    ("mistakes", "kernel_shape", "failed", ["the right numbers, in another order"]),
    ("mistakes", "edges", "failed", ["`horizontal_filter` does not answer to a horizontal edge"]),
    ("mistakes", "conv_shapes", "partly", ["('valid', 2)", "expected 13, found 14"]),
    ("mistakes", "max_pooling", "failed", ["AveragePooling2D", "means"]),
    ("mistakes", "lenet_params", "partly", ["`lenet_largest`: expected 2, found 3"]),
    ("mistakes", "lenet_adam", "failed", ["`LeNet_adam`: expected a network that is built from scratch"]),
    ("mistakes", "convnet", "partly", ["`ConvNet`, layer 4: expected Dropout(0.25), found Dropout(0.5)"]),
    ("untouched", "mlp_norm", "not answered", ["`mlp_norm`", "are still `...`"]),
    ("wrong_names", "sizes", "not answered", ["`N_train` is not defined; did you mean `n_train`?"]),
    ("wrong_names", "balance", "partly", ["`test_counts` is not defined; did you mean `test_count`?"]),
    ("wrong_names", "mlp", "not answered", ["`mlp` is not defined; did you mean `model`?"]),
    ("wrong_names", "lenet", "not answered", ["`LeNet` is not defined; did you mean `lenet`?"]),
    ("wrong_names", "convnet", "not answered", ["did you mean `cnn`? No other model fits this question"]),
]


@dataclass(frozen=True)
class Run:
    done: subprocess.CompletedProcess[str]
    out: Path

    def results(self, sample: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.out / sample / "results.json").read_text(encoding="utf-8"))
        return document


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, out = tmp_path_factory.mktemp("lab") / "assignment", tmp_path_factory.mktemp("samples")
    shutil.copytree(ROOT / "assignment", folder)
    profile = folder / "profiles" / "quick.toml"
    limits = profile.read_text(encoding="utf-8")
    assert "cell_seconds = 60" in limits
    profile.write_text(limits.replace("cell_seconds = 60", "cell_seconds = 10"), encoding="utf-8")
    command = [sys.executable, "-m", "autograder", "grade", str(folder / "samples"), "--assignment", str(folder)]
    command += ["--out", str(out)]
    return Run(subprocess.run(command, cwd=ROOT, capture_output=True, text=True), out)


def test_each_sample_gets_its_row_with_exactly_these_marks(run: Run) -> None:
    assert run.done.returncode == 0, run.done.stdout + run.done.stderr
    assert "from scratch" not in run.done.stderr  # each kernel was forked
    header, *lines = (line.split() for line in SCORES.strip().splitlines())
    expected = {
        sample: {"student": sample, "submission": f"{sample}.ipynb", "status": STATUS[sample], "max_score": "20"}
        | {line[0]: line[column].replace("?", "") for line in lines}
        for column, sample in enumerate(header[1:], start=1)
    }

    with (run.out / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}

    for row in rows.values():  # nobody is late
        late = [row.pop(column) for column in ("late_by", "penalty", "final")]
        assert late == ["", "0", row["score"]]
    assert rows == expected


@pytest.mark.parametrize(("sample", "question", "status", "words"), MESSAGES)
def test_the_message_helps(run: Run, sample: str, question: str, status: str, words: list[str]) -> None:
    result = next(q for q in run.results(sample)["extra_data"]["questions"] if q["id"] == question)

    assert result["status"] == status
    for word in words:
        assert word in result["message"]


@pytest.mark.parametrize("sample", STATUS)
def test_each_sample_has_its_reports(run: Run, sample: str) -> None:
    executed = nbformat.read(run.out / sample / "executed.ipynb", as_version=4)

    assert any(cell.get("outputs") for cell in executed.cells)
    assert (run.out / sample / "feedback.html").stat().st_size > 1000
    assert run.results(sample)["extra_data"]["profile"] == "quick"


@pytest.mark.parametrize("sample", STATUS)
def test_every_test_case_of_a_sample_is_judged_over_evidence(run: Run, sample: str) -> None:
    assert not any("unverified" in entry.get("tags", ()) for entry in run.results(sample)["tests"])


@pytest.mark.parametrize("sample", STATUS)
def test_no_sample_has_a_note_to_the_marker(run: Run, sample: str) -> None:
    assert run.results(sample)["extra_data"]["marker_notes"] == []
