"""How the pixels were made that a network was given in the kernel is in its evidence, whatever it was given them by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers

from autograder.evidence.model_trainings import remember_step
from autograder.kernel import given_pixels
from autograder.networks.pixels import Pixels
from autograder.networks.private.changes import watch_training_steps

RNG = np.random.default_rng(0)
TRAIN, TEST = (np.where(RNG.random((n, 6, 6)) < 0.5, 0, RNG.integers(0, 255, (n, 6, 6))) for n in (80, 60))
LABELS = np.arange(80) % 3
SHIFTED = Pixels((127.5,), (127.5,))


def shifted(images: np.ndarray) -> np.ndarray:
    return (images / 127.5 - 1).astype("float32")


class Own(keras.Model):  # type: ignore[misc]
    """A network that no trainer knows."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.end = layers.Flatten(), layers.Dense(3, "softmax")

    def call(self, images: Any, training: bool = False) -> Any:
        return self.end(self.flat(images))


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        return shifted(TEST)[20 * index : 20 * (index + 1)], LABELS[20 * index : 20 * (index + 1)]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A compiled network, whose methods are watched as in a kernel."""
    methods = ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "__call__")
    for name in methods:
        monkeypatch.setattr(keras.Model, name, getattr(keras.Model, name))  # put back afterwards
    compiled = type(tf.function(lambda: None))
    monkeypatch.setattr(compiled, "__call__", compiled.__call__)
    for holder, name in ((keras.optimizers.Optimizer, "apply"), (tf.GradientTape, "gradient")):
        monkeypatch.setattr(holder, name, getattr(holder, name))
    watch_training_steps(remember_step)
    given_pixels.watch(lambda: (TRAIN, TEST))
    own = Own()
    own.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return own


def step(model: Any, *parts: Any) -> None:
    """A step of a loop of its own, with gradients that are added up over several parts of its batch."""
    with tf.GradientTape() as tape:
        loss = sum(tf.reduce_mean(model(images, training=True)) for images in parts or [TRAIN])
    variables = model.trainable_variables
    model.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def compiled_for_any(model: Any) -> Any:
    """Such a step that is compiled once for all sizes."""
    return tf.function(lambda images: step(model, images), input_signature=[tf.TensorSpec((None, 6, 6))])


def dataset(images: np.ndarray) -> Any:
    return tf.data.Dataset.from_tensor_slices((images, LABELS[: len(images)]))


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.fit(shifted(TRAIN), LABELS, verbose=0),
        lambda model: model.evaluate(x=shifted(TEST)[..., None], y=LABELS[:60], verbose=0),
        lambda model: model.predict(dataset(TEST).map(lambda x, y: (tf.cast(x, tf.float32) / 127.5 - 1, y)).batch(20)),
        lambda model: model.fit(Batches(), verbose=0),
        lambda model: model(tf.constant(shifted(TEST))),
        lambda model: [model.test_on_batch(shifted(TEST)[i : i + 20], LABELS[i : i + 20]) for i in (0, 20, 40)],
        lambda model: [model.predict_on_batch(shifted(TEST)[i : i + 20].reshape(20, -1)) for i in (40, 0)],
        lambda model: model.fit(shifted(TRAIN)[::-1], LABELS, validation_data=(shifted(TEST), LABELS[:60]), verbose=0),
    ],
    ids=["fit", "evaluate", "dataset", "PyDataset", "call", "test_on_batch", "predict_on_batch", "validation"],
)
def test_it_is_found_from_what_a_method_is_given(
    model: Any, carry: Callable[[Any], Any], use: Callable[[Any], Any]
) -> None:
    use(model)
    assert carry(model).given_pixels == [SHIFTED]


def test_of_a_training_in_the_kernel_it_is_known_whether_it_was_validated(
    model: Any, carry: Callable[[Any], Any]
) -> None:
    model.fit(shifted(TRAIN), LABELS, verbose=0)
    assert not carry(model).validated
    model.fit(shifted(TRAIN), LABELS, validation_data=(shifted(TEST), LABELS[:60]), verbose=0)
    assert carry(model).validated


@pytest.mark.parametrize(
    ("train", "epochs", "batch_sizes"),
    [
        (lambda model: model.fit(TRAIN, LABELS, epochs=3, verbose=0), 3, (32,)),
        (lambda model: model.fit(TRAIN, LABELS, np.int64(16), np.int64(4), initial_epoch=1, verbose=0), 3, (16,)),
        (lambda model: [model.fit(TRAIN, LABELS, batch_size=size, verbose=0) for size in (40, 40, 80)], 3, (40, 80)),
        (lambda model: model.fit(dataset(TRAIN).batch(32), epochs=2, shuffle=False, verbose=0), 2, (32,)),
        (
            lambda model: model.fit(dataset(TRAIN).batch(256), epochs=2, shuffle=False, verbose=0),
            2,
            (),
        ),  # all that there is
        (lambda model: model.fit(Batches(), epochs=2, verbose=0), 2, (20,)),
        (
            lambda model: model.fit(
                ((TRAIN[:8], LABELS[:8]) for _ in range(4)), steps_per_epoch=3, shuffle=False, verbose=0
            ),
            1,
            (8,),
        ),
        (
            lambda model: model.fit(
                ((TRAIN[:8], LABELS[:8]) for _ in range(4)), steps_per_epoch=1, epochs=3, shuffle=False, verbose=0
            ),
            3,
            (),  # a budget may have cut them
        ),
        (lambda model: [model.train_on_batch(TRAIN, LABELS), model.fit(TRAIN, LABELS, verbose=0)], 2, (80, 32)),
        (lambda model: [*map(partial(step, model), (TRAIN[64:], TRAIN[:32], TRAIN[32:64]))], 3, (32,)),
        (lambda model: step(model, TRAIN[:8], TRAIN[8:16]), 2, (16,)),
        (lambda model: tf.function(step)(model), None, (80,)),
        (lambda model: compiled_for_any(model)(TRAIN), None, ()),
        (lambda model: model.fit(TRAIN, LABELS[:3], verbose=0), None, ()),  # an error
    ],
)
def test_epochs_and_batches_of_a_training_in_the_kernel_are_in_the_evidence(
    model: Any, train: Callable[[Any], Any], epochs: int | None, batch_sizes: tuple[int, ...], carry: Callable[..., Any]
) -> None:
    with suppress(ValueError):
        train(model)
    if not model.built:
        model(TRAIN)

    told = carry(model).kernel_trainings

    assert (told.epochs, told.batch_sizes) == (epochs, batch_sizes)


def test_batches_in_another_order_say_nothing_and_an_error_is_keras_own(
    model: Any, carry: Callable[[Any], Any]
) -> None:
    model.train_on_batch(shifted(TRAIN)[40:], LABELS[40:])
    model(shifted(TEST)[::-1])
    with pytest.raises(ValueError, match="x"):
        model.predict("none")
    assert carry(model).given_pixels == []


def test_what_a_loop_of_its_own_was_given_is_looked_for_among_the_names(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compiled loop shows no numbers; its data has a name, as an array or in batches."""
    monkeypatch.setattr("autograder.evidence.model_trainings._has_stepped", lambda variable: True)
    model(shifted(TEST)[::-1])
    names = {"x": TRAIN[::-1], "test_set": dataset(shifted(TEST)).batch(20), "n": 5, "_hidden": TEST, "text": "x"}

    given_pixels.note_loop_data([model, 5, None], names, lambda: (TRAIN, TEST))

    assert carry(model).given_pixels == [SHIFTED]


def trained_with(model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The samples in the evidence of a network that took steps of training."""
    monkeypatch.setattr("autograder.evidence.model_trainings._has_stepped", lambda variable: True)
    given_pixels.note_loop_data([model], {}, list)  # as the recorder does
    samples: list[np.ndarray] = carry(model).trained_with
    return samples


def test_what_a_compiled_loop_and_a_generator_train_with_is_sampled(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [shifted(TEST)[:20], shifted(TEST)[20:50], shifted(TRAIN)[:10]]
    model(parts[0])

    def step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, model(images, training=True)))
        model.optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    model.optimizer.build(model.trainable_variables)
    compiled = tf.function(step, reduce_retracing=True)
    for images in parts[:2]:
        compiled(tf.constant(images), LABELS[: len(images)])
    batches = ((images, LABELS[: len(images)]) for images in parts[2:])
    others = ((shifted(TEST)[:8], LABELS[:8]) for _ in range(2))  # only to look at
    model.fit(batches, steps_per_epoch=1, shuffle=False, validation_data=others, validation_steps=1)

    in_the_loop, by_the_generator = trained_with(model, carry, monkeypatch)
    assert np.array_equal(in_the_loop, np.concatenate(parts[:2]))
    assert np.array_equal(by_the_generator, parts[2])


def test_a_network_that_is_called_without_a_tape_is_not_trained_whatever_it_is_told(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``training=True`` a dropout draws: people average many such predictions."""
    model(shifted(TEST), training=True)
    tf.function(lambda images: model(images, training=True))(tf.constant(shifted(TEST)))

    assert trained_with(model, carry, monkeypatch) == []


class InTurn(keras.utils.PyDataset):  # type: ignore[misc]
    """Seven batches of training images, then three of test images."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        return shifted(MIXED)[8 * index : 8 * (index + 1)], LABELS[:8]


MIXED = np.concatenate([TRAIN[:56], TEST[:24]])


def in_turn() -> Iterator[Any]:
    while True:
        yield from map(InTurn().__getitem__, range(10))


def by_tape(model: Any, **mode: Any) -> None:
    for images, labels in map(InTurn().__getitem__, range(10)):
        with tf.GradientTape() as tape:
            loss = keras.losses.sparse_categorical_crossentropy(labels, model(images, **mode))
        model.optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)


def by_its_own_step(model: Any) -> None:
    """What ``fit`` gives to the step is only looked at."""

    def train_step(data: Any) -> Any:
        step(model, shifted(MIXED))
        return model.compute_metrics(*data, model(data[0]))

    model.train_step = train_step
    model.fit(shifted(TRAIN), LABELS, verbose=0)


def test_images_whose_gradients_are_asked_for_are_not_trained_with_nor_those_of_no_epochs(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gradients(images: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            loss = keras.losses.sparse_categorical_crossentropy(LABELS[: len(images)], model(images))
        return tape.gradient(loss, images)

    gradients(tf.constant(shifted(TEST)))
    tf.function(gradients)(tf.constant(shifted(TEST)))
    model.fit(shifted(TEST)[:30], LABELS[:30], epochs=0, verbose=0)
    model.fit(dataset(shifted(TRAIN)[:10]).batch(5), shuffle=False, verbose=0)

    trained = {image.tobytes() for some in trained_with(model, carry, monkeypatch) for image in some}
    assert trained == {image.tobytes() for image in shifted(TRAIN)[:10]}
    assert carry(model).kernel_trainings.batch_sizes == (5,)


@pytest.mark.parametrize(
    "train",
    [
        lambda model: model.fit(dataset(shifted(MIXED)).batch(8), shuffle=False, verbose=0),
        lambda model: model.fit(
            dataset(shifted(MIXED)).batch(8).repeat(), epochs=5, steps_per_epoch=2, shuffle=False, verbose=0
        ),
        lambda model: model.fit(InTurn(), verbose=0),
        lambda model: model.fit(in_turn(), steps_per_epoch=10, shuffle=False, verbose=0),
        lambda model: [model.train_on_batch(*batch) for batch in map(InTurn().__getitem__, range(10))],
        by_tape,
        partial(by_tape, training=True),
        by_its_own_step,
    ],
    ids=["dataset", "without an end", "PyDataset", "generator", "train_on_batch", "tape", "told to train", "own step"],
)
def test_test_images_are_in_the_evidence_that_come_after_the_first_batch(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch, train: Callable[[Any], Any]
) -> None:
    train(model)

    *_, some = trained_with(model, carry, monkeypatch)
    test_images = {image.tobytes() for image in shifted(TEST)}
    share = np.mean([image.reshape(6, 6).tobytes() in test_images for image in some.astype("float32")])
    assert share == pytest.approx(0.3, abs=0.05)


class Hiding(keras.utils.PyDataset):  # type: ignore[misc]
    """A hundred batches of test images, but for some of training images at equal distances."""

    def __len__(self) -> int:
        return 100

    def __getitem__(self, index: int) -> Any:
        images = TRAIN if index in np.linspace(0, 99, 16).astype(int) else TEST
        return shifted(images)[:8], LABELS[:8]


@pytest.mark.parametrize("workers", [1, 4])
def test_each_batch_of_a_pydataset_is_looked_at(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    model.fit(Hiding(workers=workers), verbose=0)

    (some,) = trained_with(model, carry, monkeypatch)
    test_images = {image.tobytes() for image in shifted(TEST)}
    share = np.mean([image.reshape(6, 6).tobytes() in test_images for image in some.astype("float32")])
    assert share == pytest.approx(0.84, abs=0.06)


def test_of_a_dataset_no_more_is_computed_than_tells_what_is_in_it(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []

    def endless() -> Iterator[Any]:
        for number in count():
            computed.append(number)
            yield shifted(TRAIN)[number % 80], LABELS[number % 80]

    monkeypatch.setattr(given_pixels, "ENOUGH_SAMPLES", 20)
    signature = (tf.TensorSpec((6, 6), tf.float32), tf.TensorSpec((), tf.int64))
    before_training: list[int] = []
    model.fit(
        tf.data.Dataset.from_generator(endless, output_signature=signature).batch(1),
        steps_per_epoch=60,
        shuffle=False,
        callbacks=[keras.callbacks.LambdaCallback(on_train_begin=lambda _: before_training.append(len(computed)))],
        verbose=0,
    )

    assert 20 <= before_training[0] < 40


def test_images_that_a_training_splits_off_to_validate_on_are_not_among_those_it_was_given(
    model: Any, carry: Callable[[Any], Any]
) -> None:
    model.fit(shifted(MIXED), LABELS, validation_split=0.3, verbose=0)

    (some,) = carry(model).trained_with
    assert np.array_equal(some, shifted(MIXED)[:56])


@pytest.mark.parametrize("form", [np.asarray, tf.constant, lambda x: [x], lambda x: pd.DataFrame(x.reshape(-1, 36))])
def test_test_images_that_a_budget_cuts_off_are_in_the_evidence(
    model: Any, carry: Callable[[Any], Any], form: Callable[[Any], Any]
) -> None:
    many = np.tile(TRAIN, (10, 1, 1))  # 800 images, of which the fifth part becomes others
    model(shifted(TEST))
    model(shifted(TEST), training=True)  # no training
    for images in (many, shifted(many)[:700], np.concatenate([many[:640], np.tile(TEST, (3, 1, 1))[:160]])):
        given_pixels.note_capped_training(model, form(images), lambda: (many, TEST))

    (some,) = carry(model).trained_with
    test_images = {image.tobytes() for image in TEST.astype(some.dtype)}
    assert len(some) == 200 and sum(image.reshape(6, 6).tobytes() in test_images for image in some) == 40


def test_of_pixels_that_were_scaled_each_by_itself_all_rows_count(
    model: Any, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first rows do not tell how the first pixel was scaled: there it is always the same."""
    monkeypatch.setattr("autograder.evidence.model_trainings._has_stepped", lambda variable: True)
    monkeypatch.setattr(given_pixels, "ENOUGH", 20)
    images, divisors = TRAIN.copy(), np.arange(1, 37)
    images[:20, 0, 0] = 7
    model(shifted(TEST)[::-1])

    given_pixels.note_loop_data([model], {"x": images.reshape(80, 36) / divisors}, lambda: (images,))

    (found,) = carry(model).given_pixels
    assert found.near(Pixels((0.0,) * 36, tuple(map(float, divisors))))
