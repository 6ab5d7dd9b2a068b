"""Warm kernels: forked, private, replaced when their server dies, and no different from cold ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras_data
import nbformat
import pytest
from machines import needs_forks, needs_sandbox
from nbformat.v4 import new_code_cell, new_notebook
from warm_kernels import kill, warm_kernels

from autograder.assignment.libraries import named
from autograder.assignment.profile import Limits
from autograder.execution import warm
from autograder.execution.launch import KernelSettings, KernelStart
from autograder.execution.runner import Run, run
from autograder.execution.warm import KernelEnvironment, WarmKernels
from autograder.results import RunStatus
from autograder.sandbox.folders import SessionFolder
from autograder.sandbox.forkserver import Branch

WAYS_OUT = """
import ctypes, os
libc = ctypes.CDLL(None)
print(libc.umount2({hidden!r}.encode(), 2), libc.umount2({secret!r}.encode(), 2))
if os.fork() == 0:  # in namespaces of its own it has rights, and still cannot take away what covers them
    libc.unshare(0x10000000 | 0x00020000)
    libc.umount2({hidden!r}.encode(), 2)
    os._exit(len(os.listdir({hidden!r})))
print(os.waitstatus_to_exitcode(os.wait()[1]) == 1)
"""
only_isolated = pytest.mark.parametrize(
    "kernels", [pytest.param(True, marks=needs_sandbox)], indirect=True, ids=["isolated"]
)
pytestmark = [
    pytest.mark.slow,
    needs_forks,
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What students receive beside the notebook; it lies in ``/tmp``, which in a kernel is another."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "helper.py").write_text("answer = 42\n")
    return folder


@pytest.fixture(scope="module", params=[pytest.param(True, marks=needs_sandbox), False], ids=["isolated", "plain"])
def kernels(request: pytest.FixtureRequest, files: Path) -> Iterator[Pool]:
    environment = KernelEnvironment({}, files=str(files), libraries=frozenset({"pandas"}), threads=1)
    with pool(environment, isolated=request.param) as one:
        yield one


@dataclass(frozen=True)
class Pool:
    """Warm kernels of an environment, and the folder in which they are run."""

    environment: KernelEnvironment
    warm: WarmKernels
    session: SessionFolder
    isolated: bool
    keras: bool


@contextmanager
def pool(
    environment: KernelEnvironment, *, isolated: bool, hidden: tuple[Path, ...] = (), keras: bool = False
) -> Iterator[Pool]:
    with (
        warm_kernels(environment, isolated=isolated, hidden=hidden, keras=keras) as kernels,
        closing(SessionFolder()) as session,
    ):
        yield Pool(environment, kernels, session, isolated, keras)


def executed(kernels: Pool, *cells: str, **limits: float) -> Run:
    settings = KernelSettings(
        names={},
        datasets=kernels.environment.datasets,
        budget=dict.fromkeys(("epochs", "samples", "validation_samples")),
        keras=kernels.keras,
        files=kernels.environment.files,
    )
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    with kernels.session.run_folders(isolated=kernels.isolated) as folders:
        bounds = Limits(**{"cell_seconds": 30, **limits})
        return run(notebook, KernelStart(folders, settings, bounds, kernels.isolated, kernels.warm.server()))


def shown(ran: Run, cell: int = 0) -> str:
    outputs: list[Any] = ran.executed.cells[cell].outputs
    return "".join(output.get("text") or "\n".join(output.get("traceback", ())) for output in outputs)


def test_a_kernel_has_imported_what_the_assignment_works_with(kernels: Pool) -> None:
    ran = executed(
        kernels, "import sys\nprint(*{'pandas', 'sqlite3', 'scipy', 'matplotlib', 'debugpy'} & {*sys.modules})"
    )

    assert {*shown(ran).split()} == {"pandas", "sqlite3"}


def test_a_kernel_has_its_files_and_a_private_folder(kernels: Pool) -> None:
    code = "import helper, os\nopen('mine', 'w').close()\nprint(helper.answer, os.listdir(), os.environ['HOME'] != '/root')"
    first, second = executed(kernels, code), executed(kernels, code)

    assert first.status is second.status is RunStatus.OK
    assert shown(first) == shown(second), "nothing is left of the first"
    assert shown(first).startswith("42 [") and "'mine'" in shown(first)


@only_isolated
def test_an_isolated_kernel_sees_no_other_and_nothing_outside(kernels: Pool, tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    code = f"""
import os, socket
print(os.path.exists({str(tmp_path / "secret")!r}), sorted(pid for pid in os.listdir("/proc") if pid.isdigit()))
open("/tmp/anywhere", "w").write("x" * 1000)
print(os.getuid(), socket.gethostname(), os.listdir("/machine"), os.listdir("/bound"))
print([line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "Seccomp:"))])
"""
    ran = executed(kernels, code)

    assert shown(ran).splitlines() == [
        "False ['1', '2']",
        "1000 sandbox [] []",
        "['0000000000000000', '2']",
    ]


@needs_sandbox
def test_an_isolated_kernel_sees_nothing_of_what_other_branches_see(files: Path, tmp_path: Path) -> None:
    """What students receive may lie in the assignment's folder, and a dataset that they do not get beside theirs."""
    hidden, received, datasets = tmp_path / "course", tmp_path / "course" / "student", tmp_path / "datasets"
    for folder in (received, hidden / "tests", datasets):
        folder.mkdir(parents=True)
    for path in (received / "lab.ipynb", hidden / "tests" / "q1.py", datasets / "secret.npz"):
        path.write_text(path.name)
    keras_data.write(datasets)
    mine, secret = datasets / "mnist.npz", datasets / "secret.npz"
    code = f"""
import os
print(os.listdir({str(hidden)!r}), os.listdir({str(received)!r}), os.listdir())
print(os.path.getsize({str(mine)!r}) > 0)
try:
    print(open({str(secret)!r}).read())
except PermissionError:
    print("hidden")
"""
    environment = KernelEnvironment({"mnist": str(mine)}, files=str(received), libraries=frozenset(), threads=1)
    with pool(environment, isolated=True, hidden=(hidden, secret)) as kernels:
        ran = executed(kernels, code, WAYS_OUT.format(hidden=str(hidden), secret=str(secret)))

    assert shown(ran).splitlines() == ["['student'] ['lab.ipynb'] []", "True", "hidden"]
    assert shown(ran, 1).split() == ["-1", "-1", "True"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os\nos._exit(3)", RunStatus.KERNEL_DIED),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", RunStatus.KERNEL_DIED),
        ("while True: pass", RunStatus.CELL_TIMEOUT),
    ],
    ids=["exit", "kill", "loop"],
)
def test_an_end_is_noticed_and_the_next_kernel_is_not_touched(kernels: Pool, code: str, status: RunStatus) -> None:
    seconds = 3 if status is RunStatus.CELL_TIMEOUT else 30
    assert executed(kernels, code, cell_seconds=seconds, processes=64).status in (status, RunStatus.KERNEL_DIED)
    assert executed(kernels, "print(1)").status is RunStatus.OK


@only_isolated
def test_a_fork_bomb_in_the_sandbox_is_noticed_and_the_next_kernel_is_not_touched(kernels: Pool) -> None:
    bomb = "import os\nwhile True:\n    os.fork()"

    assert executed(kernels, bomb, processes=64).status in (RunStatus.PROCESS_LIMIT, RunStatus.KERNEL_DIED)
    assert executed(kernels, "print(1)").status is RunStatus.OK


def test_a_server_that_died_is_started_again(kernels: Pool) -> None:
    executed(kernels, "1")
    first = kernels.warm.server()
    assert isinstance(first, Branch)
    kill(first)
    second = kernels.warm.server()

    assert second is not None and second is not first
    assert shown(executed(kernels, "print(2)")) == "2\n"


def test_one_that_dies_again_and_again_is_given_up(kernels: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "MAX_STARTS", 2)
    with pool(kernels.environment, isolated=kernels.isolated) as fresh:
        for _ in range(2):
            server = fresh.warm.server()
            assert isinstance(server, Branch)
            kill(server)
        assert fresh.warm.server() is None


def test_a_forked_kernel_gives_what_a_cold_one_gives(kernels: Pool) -> None:
    cells = (
        "import sys, random\nprint(random.random(), sys.argv[1:], sys.flags.hash_randomization)",
        "print(hash('a'))",
    )
    forked = executed(kernels, *cells)
    settings = KernelSettings(names={}, datasets={}, budget={}, keras=False, files=kernels.environment.files)
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    with kernels.session.run_folders(isolated=kernels.isolated) as folders:
        cold = run(notebook, KernelStart(folders, settings, Limits(), kernels.isolated))

    assert [shown(forked, n).split("[")[0] for n in (0, 1)] == [shown(cold, n).split("[")[0] for n in (0, 1)]
    nbformat.validate(forked.executed)


@pytest.fixture(scope="module")
def with_keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    datasets = {name: str(path) for name, path in keras_data.write(tmp_path_factory.mktemp("data")).items()}
    with pool(
        KernelEnvironment(datasets, files=None, libraries=named(["keras"]), threads=1), isolated=True, keras=True
    ) as one:
        yield one


@needs_sandbox
@pytest.mark.timeout(200)
def test_a_kernel_leaves_temporary_files_in_its_home(with_keras: Pool) -> None:
    code = "import os, tempfile\nprint(tempfile.gettempdir() == os.environ['HOME'])"

    assert shown(executed(with_keras, code)) == "True\n", "not where the warm process left some as it imported Keras"


@needs_sandbox
@pytest.mark.timeout(200)
def test_each_of_keras_datasets_is_the_graders_by_whatever_name_it_is_loaded(with_keras: Pool) -> None:
    """Files that a student names like datasets are taken for none."""
    code = """
import os
for folder in (".", os.path.expanduser("~/.keras/datasets")):
    os.makedirs(folder, exist_ok=True)
    for name in ("mnist", "imdb", "cifar10", "wine"):
        open(os.path.join(folder, name + ".npz"), "w").write("not the data")
import keras, tensorflow as tf
from keras.datasets import cifar10, imdb
from keras.datasets.cifar100 import load_data as cifar100
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data("mnist.npz")
print(x.shape, x.dtype, y_test.shape)
(x, y), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()
print(x.shape, x.dtype, y_test.shape)
(x, y), (x_test, y_test) = cifar10.load_data()
print(x.shape, x.dtype, y_test.shape)
print(cifar100()[0][1][3], cifar100(label_mode="coarse")[0][1][3])
(x, y), (x_test, y_test) = keras.datasets.boston_housing.load_data(test_split=0.5)
print(x.shape, x_test.shape)
print(keras.datasets.california_housing.load_data("small")[0][0].shape)
(x, y), (x_test, y_test) = imdb.load_data(num_words=10)
print(len(x), max(map(max, x)), x[0][0], imdb.get_word_index())
(x, y), (x_test, y_test) = keras.datasets.reuters.load_data()
print(len(x), len(x_test))
"""
    assert shown(executed(with_keras, code)).splitlines() == [
        "(100, 28, 28) uint8 (20,)",
        "(100, 28, 28) uint8 (20,)",
        "(100, 32, 32, 3) uint8 (20, 1)",
        "[3] [7]",
        "(25, 13) (25, 13)",
        "(480, 8)",
        "20 9 1 {'the': 1, 'été': 2}",
        "16 4",
    ]


@needs_sandbox
@pytest.mark.timeout(200)
def test_a_dataset_that_kernels_share_is_each_students_own_to_write_to(with_keras: Pool) -> None:
    code = """
import keras
for _ in range(2):
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    print(x_train.shape, x_train.min(), y_test.max())
    x_train[:], y_test[:] = 7, 8
"""
    for _ in range(2):
        assert shown(executed(with_keras, code)) == "(100, 28, 28) 0 9\n" * 2


@needs_sandbox
@pytest.mark.timeout(200)
def test_kernels_share_what_was_imported_and_keep_little_for_themselves(with_keras: Pool) -> None:
    code = """
import sys
lines = open("/proc/self/smaps_rollup").read().splitlines()[1:]
kb = {line.split(":")[0]: int(line.split()[1]) for line in lines}
print("keras" in sys.modules, (kb["Private_Clean"] + kb["Private_Dirty"]) // 1024)
"""
    imported, unique = shown(executed(with_keras, code)).split()

    assert imported == "True"
    assert int(unique) < 60, "MB of an idle kernel's own"


ORDERS = """
import keras, numpy as np, tensorflow as tf

samples = np.arange(12, dtype="float32")[:, None]
seen = []

class Seen(keras.layers.Layer):
    def call(self, inputs):
        def note(batch):
            seen.append(batch.numpy().astype(int).ravel().tolist())
            return batch

        return tf.ensure_shape(tf.py_function(note, [inputs], tf.float32), inputs.shape)

def network(rate):
    layers = [Seen(), keras.layers.Dropout(rate), keras.layers.Dense(1, kernel_initializer="zeros")]
    model = keras.Sequential([keras.Input((1,)), *layers])
    model.compile("sgd", "mse")
    return model

def orders(rate=0.0, epochs=4, model=None, **given):
    tf.random.uniform([3])
    (model or network(rate)).fit(samples, samples, epochs=epochs, **({"batch_size": 12, "verbose": 0} | given))
    return [seen.pop(0) for _ in range(len(seen))]
"""
WHOLE = "print([orders(0.5), orders()])"
ONE_EPOCH_AFTER_ANOTHER = """
model = network(0.0)
print([order for _ in range(4) for order in orders(model=model, epochs=1)])
"""


@needs_sandbox
@pytest.mark.timeout(200)
def test_a_training_that_writes_for_tensorboard_needs_no_such_package(with_keras: Pool) -> None:
    code = """
import keras, numpy as np
class Mine(keras.callbacks.TensorBoard):
    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        print(epoch, *logs)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
for kind in (keras.callbacks.TensorBoard, Mine):
    logs = kind("logs", histogram_freq=1, write_images=True, profile_batch=1)
    print(model.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[logs], verbose=0).epoch)
"""
    assert shown(executed(with_keras, code)).splitlines() == ["[0]", "0 loss", "[0]"]


@needs_sandbox
@pytest.mark.timeout(200)
def test_each_epoch_of_a_fit_in_the_kernel_has_another_order_and_each_kernel_the_same(with_keras: Pool) -> None:
    one, two = (executed(with_keras, ORDERS, WHOLE, ONE_EPOCH_AFTER_ANOTHER) for _ in range(2))
    first, without_dropout = json.loads(shown(one, 1))
    single = json.loads(shown(one, 2))

    assert len({tuple(order) for order in first}) == 4 and all(sorted(order) == list(range(12)) for order in first)
    assert first == without_dropout, "neither other draws nor earlier trainings matter"
    assert len({tuple(order) for order in single}) == 4, "each fit of a loop goes on"
    assert [shown(one, cell) for cell in (1, 2)] == [shown(two, cell) for cell in (1, 2)]


SHUFFLES = """
print([
    orders(shuffle=False, initial_epoch=1, epochs=3),
    orders(shuffle="batch", batch_size=6),
    orders(validation_split=0.25, epochs=2),
])
"""


@needs_sandbox
@pytest.mark.timeout(200)
def test_what_shuffle_means_in_the_kernel_stays_keras_own(with_keras: Pool) -> None:
    plain, within, (one, validated, two, again) = json.loads(shown(executed(with_keras, ORDERS, SHUFFLES), 1))

    assert plain == [list(range(12))] * 2
    assert [sorted(batch) for batch in within] == [list(range(6)), list(range(6, 12))] * 4
    assert len({tuple(batch) for batch in within}) == 8
    assert sorted(one) == sorted(two) == list(range(9)) and one != two
    assert validated == again == [9, 10, 11]
