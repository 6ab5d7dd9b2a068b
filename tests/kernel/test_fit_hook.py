"""Keras that asks a trainer behaves as Keras does: to the notebook it makes no difference who computed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.kernel.first_weights import FirstWeights
from autograder.training.requests import RequestServer
from autograder.training.trainer import Trainer

layers = keras.layers
RNG = np.random.default_rng(0)
X = RNG.random((200, 6)).astype("float32")
Y = (X.sum(axis=1) > 3).astype(int)


def network(**settings: Any) -> Any:
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(2, "softmax")])
    options = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam", "metrics": ["accuracy"]}
    model.compile(**(options | settings))
    return model


def test_a_fit_leaves_what_keras_leaves(
    asking_trainer: RequestServer, trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    model = network()
    before = model.get_weights()
    history = model.fit(X, Y, epochs=3, batch_size=50, validation_split=0.25, verbose=2)

    assert (trainer.counts.computed, asking_trainer.notes) == (1, [])
    assert isinstance(history, keras.callbacks.History) and model.history is history
    assert history.epoch == [0, 1, 2] and history.params["epochs"] == 3
    assert {key: len(values) for key, values in history.history.items()} == dict.fromkeys(
        ("accuracy", "loss", "val_accuracy", "val_loss"), 3
    )
    assert "Epoch 3/3\n3/3 - " in capsys.readouterr().out
    assert not np.array_equal(before[0], model.get_weights()[0])
    assert int(model.optimizer.iterations.numpy()) == 9


def test_the_results_of_its_metrics_are_those_that_the_trainer_found(asking_trainer: RequestServer) -> None:
    model = network()
    history = model.fit(X, Y, epochs=2, validation_split=0.25, verbose=0).history
    validated = {key: float(value) for key, value in model.get_metrics_result().items()}
    assert validated == pytest.approx({"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]})

    scores = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert {key: float(value) for key, value in model.get_metrics_result().items()} == pytest.approx(scores)

    assert list(model.get_metrics_result()) == ["loss", "accuracy"]

    loss, _ = model.test_on_batch(X[:20], Y[:20])  # here
    assert float(model.get_metrics_result()["loss"]) == pytest.approx(loss) != scores["loss"]
    assert asking_trainer.notes == []


def test_a_network_is_compiled_from_what_another_one_was_compiled_with(asking_trainer: RequestServer) -> None:
    """Keras does that when it loads a network, unless ``compile`` is not its own."""
    model = network()
    copy = keras.Sequential.from_config(model.get_config())

    copy.compile_from_config(model.get_compile_config())

    assert copy.compiled and isinstance(copy.optimizer, keras.optimizers.Adam)


def test_a_network_that_is_mirrored_on_devices_is_trained_as_others_are(asking_trainer: RequestServer) -> None:
    with tf.distribute.MirroredStrategy().scope():
        model = network()
    model.fit(X, Y, verbose=0)
    model.fit(X, Y, steps_per_epoch=2, verbose=0)  # here

    assert len(asking_trainer.notes) == 1 and "'steps_per_epoch'" in asking_trainer.notes[0]
    assert int(model.optimizer.iterations.numpy()) == 9


def test_scores_and_predictions_are_those_of_the_trained_network(
    asking_trainer: RequestServer, trainer: Trainer
) -> None:
    model = network()
    model.fit(X, Y, epochs=2, verbose=0)
    score, logs, predicted = (
        model.evaluate(X, Y, verbose=0),
        model.evaluate(X, Y, verbose=0, return_dict=True),
        model.predict(X, verbose=0),
    )

    assert isinstance(score, list) and logs == dict(zip(("loss", "accuracy"), score, strict=True))
    assert score[1] == pytest.approx((predicted.argmax(axis=1) == Y).mean())
    assert predicted == pytest.approx(np.asarray(model(X)), abs=1e-5)
    assert asking_trainer.notes == []


def test_what_is_measured_on_a_dataset_is_measured_on_its_arrays(
    asking_trainer: RequestServer, trainer: Trainer
) -> None:
    """So the trainer sees how their pixels were made."""
    model, whole = network(), tf.data.Dataset.from_tensor_slices((X, Y))
    batches = whole.batch(64)
    assert model.evaluate(batches, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0), abs=1e-6)
    assert np.array_equal(model.predict(batches.prefetch(1), verbose=0), model.predict(X, batch_size=64, verbose=0))
    assert (asking_trainer.notes, trainer.counts.computed) == ([], 2)  # the outputs, and their evaluation

    model.predict(batches.repeat().take(2), verbose=0)
    assert trainer.counts.computed == 3
    with pytest.raises(ValueError, match="shape"):
        model.evaluate(whole, verbose=0)  # without batches
    model.predict(X, verbose=0)
    assert len(asking_trainer.notes) == 1 and "not an array" in asking_trainer.notes[0]


def test_a_second_fit_goes_on_where_the_first_ended(asking_trainer: RequestServer, trainer: Trainer) -> None:
    model, whole = network(), network()
    losses = [model.fit(X, Y, epochs=5, verbose=0).history["loss"] for _ in range(4)]
    assert [ones[0] > ones[-1] for ones in losses] == [True] * 4
    assert losses[0][-1] > losses[1][0], "it does not begin again"
    assert int(model.optimizer.iterations.numpy()) == 4 * 5 * 7

    assert whole.fit(X, Y, epochs=8, initial_epoch=6, verbose=0).epoch == [6, 7]
    whole.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.5), metrics=["accuracy"])
    whole.fit(X, Y, epochs=1, verbose=0)
    assert int(whole.optimizer.iterations.numpy()) == 7
    assert asking_trainer.notes == []


def test_a_loss_and_metrics_that_a_second_compile_leaves_out_are_kept(asking_trainer: RequestServer) -> None:
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy")
    assert sorted(model.fit(X, Y, verbose=0).history) == ["accuracy", "loss"]
    model.compile("sgd")
    assert len(model.evaluate(X, Y, verbose=0)) == 2
    assert asking_trainer.notes == []

    def accuracy(truth: Any, found: Any) -> Any:
        return keras.ops.mean(found, axis=-1) * 0 + 7

    model.compile("sgd", metrics=[accuracy])
    model.compile("adam", "sparse_categorical_crossentropy")
    assert model.evaluate(X, Y, verbose=0)[1] == 7, "no metric of Keras that has this name"


def test_several_outputs_are_predicted_as_a_list(asking_trainer: RequestServer) -> None:
    entry = keras.Input((6,))
    outputs = [layers.Dense(2)(entry), layers.Dense(2)(entry)]
    for given, kind in ((outputs, list), (outputs[:1], np.ndarray), ({"one": outputs[0]}, dict)):
        predicted = keras.Model(entry, given).predict(X[:5], verbose=0)
        assert type(predicted) is kind and len(predicted) == (5 if kind is np.ndarray else len(given))


def test_callbacks_on_the_list_do_what_they_do(
    asking_trainer: RequestServer, trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = keras.callbacks.EarlyStopping("loss", min_delta=10, patience=2, verbose=1, restore_best_weights=True)
    slower = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=10, min_lr=0)
    own = keras.callbacks.History()
    model = network()
    history = model.fit(X, Y, epochs=9, callbacks=[stop, slower, own, keras.callbacks.TensorBoard()], verbose=0)

    assert history is own and history.epoch == [0, 1, 2]
    assert (stop.stopped_epoch, stop.best_epoch, model.stop_training) == (2, 0, True)
    assert (
        "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 1." in capsys.readouterr().out
    )
    assert all(map(np.array_equal, stop.best_weights, model.get_weights())) and stop.params == history.params
    assert float(model.optimizer.learning_rate.numpy()) < 0.001
    assert asking_trainer.notes == []


@pytest.mark.parametrize(
    "given",
    [
        {"class_weight": {0: 1.0, 1: 5.0}},
        {"sample_weight": np.linspace(0, 1, 200)},
        {"validation_data": (X[:50], Y[:50])},
        {"validation_data": [X[:50], Y[:50]], "validation_batch_size": 10},
        {"shuffle": False, "batch_size": 7},
    ],
    ids=lambda given: ",".join(given),
)
def test_what_fit_takes_is_passed_on(asking_trainer: RequestServer, trainer: Trainer, given: dict[str, Any]) -> None:
    model = network()
    plain, special = network(), network()
    plain.set_weights(model.get_weights())
    special.set_weights(model.get_weights())
    plain.fit(X, Y, epochs=1, verbose=0)
    history = special.fit(X, Y, epochs=1, verbose=0, **given).history

    assert asking_trainer.notes == [] and trainer.counts.computed == 2
    assert ("val_loss" in history) == ("validation_data" in given)


class Own(keras.callbacks.Callback):  # type: ignore[misc]
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seen = epoch


class OwnModel(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.dense(x)


def own_loss(true: Any, found: Any) -> Any:
    return keras.ops.mean(found, axis=-1)


def mean_squared_error(true: Any, found: Any) -> Any:
    return own_loss(true, found)


def accuracy(true: Any, found: Any) -> Any:
    return own_loss(true, found)


class MeanSquaredError(keras.losses.Loss):  # type: ignore[misc]
    def call(self, true: Any, found: Any) -> Any:
        return own_loss(true, found)


@pytest.mark.parametrize(
    ("build", "given", "reason"),
    [
        (network, {"callbacks": [Own()]}, "the callback Own"),
        (network, {"steps_per_epoch": 2}, "'steps_per_epoch'"),
        (lambda: network(loss=own_loss), {}, "keras.losses"),
        (lambda: network(metrics=[own_loss]), {}, "keras.metrics"),
        (lambda: network(loss=mean_squared_error), {}, "keras.losses"),
        (lambda: network(loss=MeanSquaredError()), {}, "keras.losses"),
        (lambda: network(metrics=[keras.metrics.sparse_categorical_accuracy, accuracy]), {}, "keras.metrics"),
        (lambda: network(run_eagerly=True), {}, "run eagerly"),
        (OwnModel, {}, "a class of its own"),
    ],
    ids=[
        *("callback", "steps", "loss", "metric", "loss named as Keras's", "loss class named as Keras's"),
        *("metric named as Keras's", "eager", "model"),
    ],
)
def test_what_is_not_eligible_runs_here_and_is_said(
    asking_trainer: RequestServer, trainer: Trainer, build: Any, given: dict[str, Any], reason: str
) -> None:
    model = build()
    if isinstance(model, OwnModel):
        model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    history = model.fit(X, Y, epochs=1, verbose=0, **given)
    network().predict(X, verbose=0)  # what was told before is there when this is answered

    assert history.epoch == [0]
    assert (
        len(asking_trainer.notes) == 1
        and reason in asking_trainer.notes[0]
        and "was not cached" in asking_trainer.notes[0]
    )


def test_errors_are_keras_own(asking_trainer: RequestServer) -> None:
    with pytest.raises(ValueError, match="must call `compile"):
        keras.Sequential([keras.Input((6,)), layers.Dense(2)]).fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="cardinality"):
        network().fit(X, Y[:-1], verbose=0)
    with pytest.raises(ValueError, match="shape"):
        network().fit(X[:, :4], Y, verbose=0)
    network().predict(X, verbose=0)
    assert asking_trainer.notes == [], "an error needs no other word than its own"


def test_a_trainer_that_is_gone_is_done_without(asking_trainer: RequestServer) -> None:
    asking_trainer.finish()
    model = network()

    assert model.fit(X, Y, epochs=1, verbose=0).epoch == [0]
    assert model.predict(X, verbose=0).shape == (200, 2)


def variants() -> list[Any]:
    keras.utils.set_random_seed(3)
    one = network()
    keras.utils.set_random_seed(4)
    entry = keras.Input((6,), name="entry")
    hidden = layers.Dense(8, activation=keras.activations.relu, name="hidden")(entry)
    two = keras.Model(entry, layers.Dense(2, activation="softmax", name="out")(hidden), name="mine")
    three = keras.Sequential()
    three.add(layers.Dense(8, input_shape=(6,)))
    three.add(layers.ReLU())
    three.add(layers.Dense(2))
    three.add(layers.Activation("softmax"))
    four = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])
    losses = ["sparse_categorical_crossentropy", keras.losses.SparseCategoricalCrossentropy()]
    for number, model in enumerate((two, three, four)):
        model.compile(loss=losses[number % 2], optimizer=keras.optimizers.Adam(), metrics=["accuracy"])
    return [one, two, three, four]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_students_that_differ_in_nothing_that_matters_share_one_training(
    asking_trainer: RequestServer,
    trainer: Trainer,
    first_weights: FirstWeights,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = [(X, Y), (X.astype("float64"), Y.astype("uint8")), (keras.ops.convert_to_tensor(X), Y), (X, Y)]
    for verbose, (model, (x, y)) in enumerate(zip(variants(), data, strict=True)):
        monkeypatch.setattr(first_weights, "_alike", {})  # the notebook of another student
        model.fit(x, y, epochs=1, verbose=verbose % 3)

    assert (trainer.counts.requests, trainer.counts.computed, asking_trainer.notes) == (4, 1, [])


def test_an_ensemble_is_trained_one_by_one(asking_trainer: RequestServer, trainer: Trainer) -> None:
    first, second = (network() for _ in range(2))
    for model in (first, second):
        model.fit(X, Y, epochs=1, verbose=0)

    assert (trainer.counts.computed, asking_trainer.notes) == (2, [])
    assert not np.allclose(first.predict(X, verbose=0), second.predict(X, verbose=0))


def test_another_network_or_another_seed_is_another_training(asking_trainer: RequestServer, trainer: Trainer) -> None:
    def wide(**settings: Any) -> Any:
        first = layers.Dense(8, **({"activation": "relu"} | settings))
        model = keras.Sequential([keras.Input((6,)), first, layers.Dense(2, activation="softmax")])
        model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
        return model

    for model in (wide(), wide(activation="tanh"), wide(kernel_initializer="he_normal"), wide(use_bias=False)):
        model.fit(X, Y, epochs=1, verbose=0)
    seeded = wide(kernel_initializer=keras.initializers.GlorotUniform(seed=5))
    before = seeded.get_weights()[0]
    FirstWeights(1).draw(seeded, {})

    assert trainer.counts.computed == 4
    assert np.array_equal(before, seeded.get_weights()[0]), "a student's own seed holds"
