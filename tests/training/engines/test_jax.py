"""The engine for GPUs, on JAX's processor backend: it computes what TensorFlow does, in one process that is replaced."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import numpy as np
import pytest
from training.engines.test_process import shown_orders
from training.examples import MODEL, REQUEST, TEST_OUTPUTS, saved

from autograder.datasets.find import Dataset
from autograder.errors import KerasError, TrainingError, TrainingTimeout
from autograder.evidence.training_request import checked
from autograder.kernel import fit_hook
from autograder.kernel.first_weights import FirstWeights
from autograder.kernel.trainer_client import Client
from autograder.sandbox import bubblewrap
from autograder.training.computation import Asker
from autograder.training.engines.engine import Answer
from autograder.training.engines.jax import JaxEngine
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]
Start = Callable[..., JaxEngine]

#: Images of 8×8 pixels in two classes that can be told apart.
RNG = np.random.default_rng(5)
Y = RNG.integers(0, 2, 90).astype(np.int32)
X = (RNG.random((90, 8, 8, 1)) + Y[:, None, None, None] * np.linspace(0, 0.8, 8)[:, None]).astype(np.float32)
DENSE_WEIGHTS = [RNG.normal(0, 0.2, (64, 2)).astype(np.float32), np.zeros(2, np.float32)]
ARRAYS = [X.reshape(90, 64), Y, np.linspace(0.1, 2, 90, dtype=np.float32), *DENSE_WEIGHTS]


def layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def model(*layers: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(MODEL)
    made["config"]["layers"] = list(layers)
    return made


LAST = layer("Dense", units=2, activation="softmax", name="dense")
FIT: dict[str, Any] = {
    **REQUEST,
    "model": model(layer("InputLayer", batch_shape=[None, 64], dtype="float32", name="input"), LAST),
    "weights": [3, 4],
    "loss": "sparse_categorical_crossentropy",
    "optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.01}},
    "metrics": ["sparse_categorical_crossentropy"],  # an accuracy jumps where a sample is on the border
    "options": {**REQUEST["options"], "batch_size": 32, "epochs": 1, "shuffle": False},
}
#: A convolution, and a layer that has weights which are not trained.
CONVOLUTION = {
    "model": model(
        layer("InputLayer", batch_shape=[None, 8, 8, 1], dtype="float32", name="input"),
        layer("Conv2D", filters=4, kernel_size=[3, 3], activation="relu", name="conv"),
        layer("BatchNormalization", name="norm"),
        layer("MaxPooling2D", pool_size=[2, 2], name="pool"),
        layer("Flatten", name="flat"),
        LAST,
    ),
    "x": 5,
    "weights": list(range(6, 14)),
}
ON_IMAGES = [
    *ARRAYS,
    X,
    RNG.normal(0, 0.3, (3, 3, 1, 4)).astype(np.float32),
    *(np.full(4, value, np.float32) for value in (0, 1, 0, 0, 1)),
    RNG.normal(0, 0.3, (36, 2)).astype(np.float32),
    np.zeros(2, np.float32),
    1_000 * DENSE_WEIGHTS[0],
]


def optimizer(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.optimizers", "class_name": kind, "config": config}


def callback(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": config}


SCHEDULE = {
    "module": "keras.optimizers.schedules",
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.002, "decay_steps": 2, "decay_rate": 0.5, "staircase": False},
}


@pytest.fixture(scope="session")
def jax_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jax")


@pytest.fixture(scope="session")
def start_jax(jax_folder: Path, small_digits: Dataset) -> Iterator[Start]:
    engines = []

    def start_jax(wall_seconds: float = 100) -> JaxEngine:
        folder, programs = jax_folder / "pool", jax_folder / "programs"
        folder.mkdir(exist_ok=True)
        engines.append(
            JaxEngine(
                [small_digits],
                folder=folder,
                programs=programs,
                platform="cpu",
                isolated=bubblewrap.decide("auto"),
                wall_seconds=wall_seconds,
            )
        )
        return engines[-1]

    yield start_jax
    for engine in engines:
        engine.close()


@pytest.fixture(scope="session")
def engine(start_jax: Start) -> JaxEngine:
    return start_jax()


@pytest.fixture
def on_jax(engine: JaxEngine, jax_folder: Path, small_digits: Dataset) -> Trainer:
    """A trainer without a store, with the engine."""
    return Trainer(engine, jax_folder / "pool", None, datasets=[small_digits])


def ask(trainer: Trainer, request: Any, arrays: Any = ON_IMAGES, asker: Asker | None = None) -> Answer:
    return trainer.answer(checked(request, len(arrays)), saved(arrays, trainer.folder), asker)


def with_options(**options: Any) -> dict[str, Any]:
    return {**FIT, "options": {**FIT["options"], **options}}


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({**with_options(batch_size=90), **CONVOLUTION, "metrics": ["accuracy"]}, id="one step of a convolution"),
        pytest.param({**with_options(epochs=2), "optimizer": optimizer("Adam"), "sample_weight": 2}, id="sample weights"),
        pytest.param({**with_options(class_weight={"0": 0.2, "1": 3.0}), "optimizer": optimizer("Adadelta")}, id="class weights"),
        pytest.param(
            {**with_options(epochs=3, validation_batch_size=20), "validation": [0, 1, 2], "weighted_metrics": ["sparse_categorical_crossentropy"],
             "callbacks": [callback("ReduceLROnPlateau", monitor="loss", factor=0.1, patience=1, min_delta=9.0)]},
            id="validation, lower rate",
        ),
        pytest.param(
            {**with_options(epochs=9, initial_epoch=2, validation_split=0.3), "optimizer": optimizer("SGD", learning_rate=0.02, momentum=0.9),
             "callbacks": [callback("EarlyStopping", monitor="val_loss", patience=1, restore_best_weights=True)]},
            id="stopped early",
        ),
        pytest.param({**with_options(epochs=2), "weights": [14, 4], "metrics": []}, id="probabilities that are rounded to 0 and 1"),
        pytest.param({**with_options(epochs=2), "optimizer": optimizer("RMSprop", learning_rate=SCHEDULE)}, id="schedule"),
        pytest.param({**FIT, "do": "evaluate", "options": {"batch_size": 40}}, id="evaluate"),
        pytest.param({"do": "predict", **CONVOLUTION, "options": {"batch_size": 40}}, id="predict"),
    ],
)  # fmt: skip
def test_it_computes_what_tensorflow_does(
    make_trainer: Make, on_jax: Trainer, small_digits: Dataset, request_: Any
) -> None:
    """Losses and weights agree to 1e-3 after epochs in a fixed order, and to 1e-5 after one step."""
    close = 1e-5 if request_["options"]["batch_size"] == 90 else 1e-3
    head, arrays = ask(on_jax, request_)
    expected, expected_arrays = ask(make_trainer(store=None, datasets=(small_digits,)), request_)

    assert {key for key in head if key != "arrays"} == {key for key in expected if key != "arrays"}
    assert head.get("epochs") == expected.get("epochs")
    for key in ("logs", "in_order", "callbacks"):
        for ours, theirs in zip(numbers(head.get(key)), numbers(expected.get(key)), strict=True):
            assert ours == pytest.approx(theirs, abs=close), key
    for ours, theirs in zip(arrays, expected_arrays, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=close)


def numbers(value: Any) -> list[Any]:
    """The values in nested lists and tables, with the names before them."""
    if isinstance(value, dict):
        return [item for key in sorted(value) for item in (key, *numbers(value[key]))]
    if isinstance(value, list):
        return [item for entry in value for item in numbers(entry)]
    return [value]


def test_a_training_goes_on_from_the_state_of_the_optimizer(on_jax: Trainer) -> None:
    request = {**FIT, "optimizer": optimizer("Adam")}
    _, whole = ask(on_jax, {**request, "options": {**FIT["options"], "epochs": 2}})
    _, half = ask(on_jax, request)
    weights, state = half[:2], half[2:]

    _, both = ask(on_jax, {**request, "state": list(range(5, 5 + len(state)))}, [*ARRAYS[:3], *weights, *state])

    for ours, theirs in zip(both, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_outputs_for_the_test_images_are_those_of_tensorflow(
    make_trainer: Make, on_jax: Trainer, small_digits: Dataset
) -> None:
    weights = [np.random.default_rng(2).normal(0, 0.1, (784, 2)).astype(np.float32), np.zeros(2, np.float32)]

    _, (outputs,) = on_jax.test_outputs(TEST_OUTPUTS, weights)
    _, (expected,) = make_trainer(store=None, datasets=(small_digits,)).test_outputs(TEST_OUTPUTS, weights)

    np.testing.assert_allclose(outputs, expected, atol=1e-4)


def test_each_epoch_has_another_order_and_each_process_the_same(on_jax: Trainer, engine: JaxEngine) -> None:
    one = shown_orders(on_jax, on_jax.folder)
    engine._end()
    two = shown_orders(on_jax, on_jax.folder)

    assert len(set(one)) == 4
    assert one == two
    assert len(set(shown_orders(on_jax, on_jax.folder, shuffle=False))) == 1


def test_samples_change_places_within_their_batch_only() -> None:
    from autograder.training.engines.epochs import Orders

    order = Orders(10, 4, "batch", 1).of(0)

    assert [sorted(part) for part in (order[:4], order[4:8], order[8:])] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert order.tolist() != list(range(10))


def test_dropout_draws_from_the_digest(on_jax: Trainer) -> None:
    first, last = FIT["model"]["config"]["layers"]
    request = {**FIT, "model": model(first, layer("Dropout", rate=0.5, name="drop"), last)}

    one, two = (ask(on_jax, request)[1] for _ in range(2))
    other = ask(on_jax, {**request, "metrics": []})[1]

    assert [array.tobytes() for array in one] == [array.tobytes() for array in two]
    assert np.abs(one[0] - other[0]).max() > 0


def test_what_keras_raises_is_raised_and_the_process_goes_on(on_jax: Trainer, engine: JaxEngine) -> None:
    ask(on_jax, FIT)
    process = engine._process
    with pytest.raises(KerasError, match="cardinality"):
        ask(on_jax, FIT, [ARRAYS[0], Y[:50], *ARRAYS[2:]])

    ask(on_jax, FIT)

    assert engine._process is process


def test_a_process_that_died_is_replaced(on_jax: Trainer, engine: JaxEngine) -> None:
    _, before = ask(on_jax, FIT)
    assert engine._process is not None
    engine._process.close()
    with pytest.raises(TrainingError, match="ended without an answer"):
        ask(on_jax, FIT)

    _, after = ask(on_jax, FIT)

    assert [array.tobytes() for array in before] == [array.tobytes() for array in after]


def test_a_process_that_starts_slowly_is_not_a_training_that_takes_too_long(
    on_jax: Trainer, engine: JaxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine._end()
    monkeypatch.setattr("autograder.training.engines.jax.START_SECONDS", 1e-6)

    with pytest.raises(TrainingError, match="did not start within") as caught:
        ask(on_jax, FIT)
    assert not isinstance(caught.value, TrainingTimeout)


def test_a_request_that_nobody_waits_for_any_more_ends(on_jax: Trainer) -> None:
    asker, errors = Asker(), []

    def wait() -> None:
        try:
            ask(on_jax, {**with_options(epochs=1_000, batch_size=1), **CONVOLUTION}, asker=asker)
        except TrainingError as error:
            errors.append(error)

    waiting = Thread(target=wait)
    waiting.start()
    while not any(computation.started for computation in tuple(asker._computations)):
        sleep(0.05)
    asker.end()
    waiting.join(60)

    assert len(errors) == 1
    assert ask(on_jax, FIT)[0]["epochs"] == [0]


def test_a_request_that_takes_too_long_is_stopped(start_jax: Start, jax_folder: Path, small_digits: Dataset) -> None:
    engine = start_jax(wall_seconds=1)
    assert engine.device == "cpu"
    trainer = Trainer(engine, jax_folder / "pool", None, datasets=[small_digits])

    with pytest.raises(TrainingTimeout, match="longer than 1 s"):
        ask(trainer, {**with_options(epochs=1_000, batch_size=1), **CONVOLUTION})


def test_programs_are_compiled_once_for_all_processes(on_jax: Trainer, engine: JaxEngine, jax_folder: Path) -> None:
    def epochs() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (jax_folder / "programs").glob("jit__pass-*")}

    ask(on_jax, FIT)
    programs = epochs()
    engine._end()

    ask(on_jax, FIT)

    assert programs
    assert programs == epochs()


@pytest.mark.parametrize("name", ["../x-cache", "x", "/etc/x-cache", 3])
def test_a_program_of_another_name_is_not_written(engine: JaxEngine, name: Any) -> None:
    with pytest.raises(Exception, match="names and contents"):
        engine._without_programs([name], [np.zeros(1, np.uint8)])


def test_a_notebook_takes_its_answers(
    on_jax: Trainer, serve_requests: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Keras runs on TensorFlow, whose optimizers count their steps in integers of another size."""
    import keras

    connection, requests = serve_requests(on_jax)
    monkeypatch.setattr(keras.Model, "fit", keras.Model.fit)  # put back afterwards
    fit_hook.install(Client(connection), FirstWeights(1))
    network = keras.Sequential([keras.Input((64,)), keras.layers.Dense(2, activation="softmax")])
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = on_jax.counts.computed

    losses = [loss for _ in range(2) for loss in network.fit(ARRAYS[0], Y, epochs=3, verbose=0).history["loss"]]

    assert on_jax.counts.computed == before + 2
    assert requests.notes == []
    assert sorted(losses, reverse=True) == losses
    assert int(network.optimizer.iterations) == 18


def test_the_engine_is_a_part_of_the_name_of_an_outcome(
    make_trainer: Make, on_jax: Trainer, small_digits: Dataset
) -> None:
    request, arrays = checked(FIT, len(ARRAYS)), saved(ARRAYS, on_jax.folder)
    others = make_trainer(datasets=(small_digits,))

    assert on_jax._name(request, arrays) != others._name(request, arrays)
    assert on_jax._engine.circumstances["device"] == "cpu"
