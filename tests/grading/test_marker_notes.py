"""Where the weights of networks come from: a marker is told of what nobody learnt in the run, and of nothing else.

A test case can ask for a trained network: then weights that no training led to fail it.
"""

from __future__ import annotations

import nbformat
import numpy as np
import pytest
from masters import EXCEPTIONS, code, hidden, master, question, write
from nbformat.v4 import new_code_cell

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.authoring import build
from autograder.datasets.find import Dataset
from autograder.grading.grader import Grader
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission
from autograder.messages import message
from autograder.results import MarkerNote, NoteKind, Result

pytestmark = [pytest.mark.keras, pytest.mark.slow, pytest.mark.timeout(600)]

BEGIN = """
import keras, numpy as np, tensorflow as tf
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, x_test = x / 255, x_test / 255
DRAWN = np.random.default_rng(3)

def build():
    model = keras.Sequential([keras.Input((12, 12)), keras.layers.Flatten(), keras.layers.Dense(16, "relu"), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

def trained(model, images=x, labels=y, **options):
    model.fit(images, labels, **({"epochs": 8, "batch_size": 32, "verbose": 0} | options))
    return model

def noisy(weights):
    return [weight + DRAWN.normal(scale=0.3 * weight.std() + 1e-6, size=weight.shape) for weight in weights]
"""
#: How networks get their weights that nobody need look at.
HONEST = {
    "plain": "plain = trained(build(), validation_data=(x_test, y_test))",
    "scaled": "scaled = trained(build(), (x * 255 - 127.5) / 127.5)",
    "negative": "negative = trained(build(), 1 - x)",
    "twice": "twice = trained(trained(build(), epochs=3), epochs=3, validation_split=0.2)",
    "stopped": """
stopped = trained(build(), validation_data=(x_test, y_test), callbacks=[keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)])
""",
    "put_back": "helper = trained(build(), epochs=6)\nput_back = build()\nput_back.set_weights(helper.get_weights())",
    "same_start": """
begin = build()
first = begin.get_weights()
trained(begin, epochs=2)
same_start = build()
same_start.set_weights(first)
trained(same_start, epochs=9)
""",
    "untrained": "untrained = build()",
    "pruned": """
pruned = trained(build(), epochs=4)
pruned.set_weights([np.where(abs(weight) < 0.02, 0, weight) for weight in pruned.get_weights()])
""",
    "averaged": """
one, averaged = trained(build(), epochs=5), trained(build(), epochs=5)
averaged.set_weights([(a + b) / 2 for a, b in zip(one.get_weights(), averaged.get_weights())])
""",
    "alike": "alike = trained(trained(build(), validation_data=(x_test, y_test)), epochs=1)",
    "in_batches": """
in_batches = build()
for _ in range(6):
    for start in range(0, len(x), 100):
        in_batches.train_on_batch(x[start : start + 100], y[start : start + 100])
trained(in_batches, epochs=1)
""",
    "from_a_dataset": """
from_a_dataset = build()
from_a_dataset.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(32), epochs=6, verbose=0)
""",
    "loaded": """
loop = build()
for _ in range(6):
    for start in range(0, len(x), 100):
        loop.train_on_batch(x[start : start + 100], y[start : start + 100])
loop.save("loop.keras")
loaded = keras.models.load_model("loop.keras")
""",
    "attacked": """
attacked = build()
attacked.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(32), epochs=6, verbose=0)
with tf.GradientTape() as tape:
    pixels = tf.convert_to_tensor(x_test)
    tape.watch(pixels)
    loss = keras.losses.sparse_categorical_crossentropy(y_test, attacked(pixels))
fooled = np.clip(x_test + 0.1 * np.sign(tape.gradient(loss, pixels)), 0, 1)
""",
    "without_effect": """
without_effect = build()
without_effect.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
without_effect.train_on_batch(x[:32], y[:32])
""",
    "by_hand": """
by_hand, optimizer = build(), keras.optimizers.Adam()

@tf.function
def step(images, labels):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, by_hand(images, training=True)))
    weights = [weight.value for weight in by_hand.trainable_variables]
    for weight, gradient in zip(weights, tape.gradient(loss, weights)):
        weight.assign_sub(0.5 * gradient)

for _ in range(10):
    for start in range(0, len(x), 32):
        step(tf.constant(x[start : start + 32], tf.float32), tf.constant(y[start : start + 32]))
trained(by_hand, epochs=1)
""",
}
#: The epochs that are asked of some of them: in two fits, before a callback ends it, in the kernel, too few.
EPOCHS = {"twice": 6, "stopped": 8, "from_a_dataset": 6, "same_start": 10}
#: How they get weights that were learnt elsewhere, or from the test set.
NOTED = {
    "on_test": "on_test = trained(build(), x_test, y_test, epochs=40)",
    "mixed": """
order = DRAWN.permutation(len(x) + len(x_test))
images = np.concatenate([x, x_test])[order]
mixed = trained(build(), 1 - images + DRAWN.normal(scale=0.01, size=images.shape), np.concatenate([y, y_test])[order])
""",
    "rounded_on_test": """
rounded_on_test = trained(build(), x_test, y_test, epochs=30)
rounded_on_test.set_weights([np.round(weight, 3) for weight in rounded_on_test.get_weights()])
""",
    "dataset_on_test": """
dataset_on_test = build()
dataset_on_test.fit(tf.data.Dataset.from_tensor_slices((x_test, y_test)).shuffle(500).batch(32), epochs=20, verbose=0)
""",
    "loop_on_test": """
loop_on_test, optimizer = build(), keras.optimizers.Adam(0.01)
for _ in range(10):
    for start in range(0, len(x_test), 100):
        with tf.GradientTape() as tape:
            given = loop_on_test(x_test[start : start + 100], training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y_test[start : start + 100], given))
        gradients = tape.gradient(loss, loop_on_test.trainable_variables)
        optimizer.apply_gradients(zip(gradients, loop_on_test.trainable_variables))
""",
    "end_from_test": """
end_from_test = trained(build())
features = keras.Sequential(end_from_test.layers[:-1]).predict(x_test, verbose=0)
end, *_ = np.linalg.lstsq(np.c_[features, np.ones(len(features))], 9 * np.eye(10)[y_test], rcond=None)
end_from_test.layers[-1].set_weights([end[:-1], end[-1]])
""",
    "learnt_from_test": """
other = trained(build(), x_test * 2, y_test, epochs=40)
learnt_from_test = build()
learnt_from_test.set_weights(other.get_weights())
trained(learnt_from_test, epochs=1)
""",
    "pasted": "pasted = build()\npasted.set_weights([np.array(weight) for weight in WEIGHTS])",
    "pasted_first": """
pasted_first = build()
for variable, weight in zip(pasted_first.weights, WEIGHTS):
    variable.assign(np.array(weight))
trained(pasted_first, x[:64], y[:64], epochs=1)
""",
    "pasted_in_batches": """
pasted_in_batches = build()
pasted_in_batches.set_weights([np.array(weight) for weight in WEIGHTS])
pasted_in_batches.train_on_batch(x[:32], y[:32])
""",
    "copied": "copied = build()\ncopied.set_weights(noisy(plain.get_weights()))\ntrained(copied, epochs=1)",
    "copied_after": """
copied_after = trained(build(), epochs=1)
copied_after.save_weights("/tmp/w.weights.h5")
plain.save_weights("/tmp/w.weights.h5")
copied_after.load_weights("/tmp/w.weights.h5")
""",
    "copied_layer": """
copied_layer = build()
copied_layer.layers[1].set_weights(noisy(twice.layers[1].get_weights()))
trained(copied_layer, epochs=2)
""",
}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Images of 12 × 12 pixels in ten classes that a small network learns to tell apart."""
    rng = np.random.default_rng(0)
    patterns, labels = rng.integers(0, 120, (10, 12, 12)), np.arange(2000, dtype=np.uint8) % 10
    images = (patterns[labels] + rng.integers(0, 120, (2000, 12, 12))).astype(np.uint8)
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x_train=images[:1500], y_train=labels[:1500], x_test=images[1500:], y_test=labels[1500:])
    return Dataset("mnist", path, "mnist", "digits.npz", "abc")


def weights(digits: Dataset) -> list[list[float]]:
    """Weights that tell the digits apart, found without Keras: the least squares of random features."""
    arrays, rng = np.load(digits.path), np.random.default_rng(1)
    images = arrays["x_train"].reshape(-1, 144) / 255
    kernel, bias = rng.normal(scale=0.3, size=(144, 16)), rng.normal(scale=0.1, size=16)
    features = np.maximum(images @ kernel + bias, 0)
    end, *_ = np.linalg.lstsq(np.c_[features, np.ones(len(features))], 9 * np.eye(10)[arrays["y_train"]], rcond=None)
    return [np.round(array, 4).tolist() for array in (kernel, bias, end[:-1], end[-1])]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """An assignment with a question for each network: is it trained? None of its test cases compares two."""
    folder = tmp_path_factory.mktemp("course")
    asked = """
def test_{0}({0}, reference):
    reference.trained({0}, name='{0}', epochs={1})
    reference.accuracy({0}, '{0}')
"""
    questions = [
        question(name, f"{name} = ...  # SOLUTION", [hidden(asked.format(name, EPOCHS.get(name)))])
        for name in HONEST | NOTED
    ]
    write(master(code("import keras"), *questions, config=EXCEPTIONS), folder / "networks.py")
    (folder / "course.toml").write_text('title = "Networks"\nmaster = "networks.py"\ndatasets.mnist = "keras"\n')
    build.write(build.build(folder))
    return Assignment.load(folder)


@pytest.fixture(scope="module")
def result(course: Assignment, digits: Dataset, isolated: bool, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One notebook with all of these networks."""
    notebook = nbformat.read(course.course.student, as_version=4)
    answers = {f"{name} = ...": source for name, source in (HONEST | NOTED).items()}
    for cell in notebook.cells:
        cell.source = answers.get(cell.source.strip(), cell.source)
    notebook.cells[0:0] = [new_code_cell(BEGIN), new_code_cell(f"WEIGHTS = {weights(digits)}")]
    path = tmp_path_factory.mktemp("submission") / "ada.ipynb"
    nbformat.write(notebook, path)
    setup = GradingSetup(course, Profile("test"), (digits,), RunOptions(1, 2, isolated=isolated))
    with Grader.of(setup) as grader:
        return grader.grade(Submission("ada", path.name, path))


@pytest.fixture(scope="module")
def notes(result: Result) -> dict[str, list[MarkerNote]]:
    assert [(error.cell, error.error, error.message) for error in result.cell_errors] == []
    assert {note.kind for note in result.marker_notes} <= {*NoteKind} - {NoteKind.FAILED}
    notes = [note for note in result.marker_notes if note.kind is not NoteKind.IN_KERNEL]
    return {name: [note for note in notes if note.network == name] for name in HONEST | NOTED}


def test_a_network_that_no_training_led_to_or_too_short_a_one_fails_where_that_is_asked_for(result: Result) -> None:
    failed = {question.id: question.message for question in result.questions if question.score == 0}
    assert failed == {
        "untrained": message("expect.untrained", name="untrained"),
        "without_effect": message("expect.unchanged", name="without_effect"),
        "pasted": message("expect.untrained", name="pasted"),
        "same_start": message("expect.epochs", name="same_start", expected=10, found=9),
        "on_test": message("expect.trained_on_test", name="on_test"),
        "rounded_on_test": message("expect.trained_on_test", name="rounded_on_test"),
        "dataset_on_test": message("expect.trained_on_test", name="dataset_on_test"),
        "loop_on_test": message("expect.trained_on_test", name="loop_on_test"),
        "end_from_test": message("expect.not_led_to", name="end_from_test"),
        "learnt_from_test": message("expect.trained_on_test", name="learnt_from_test"),
    }


def test_one_that_was_trained_in_the_kernel_passes_with_a_note(result: Result) -> None:
    noted = [note for note in result.marker_notes if note.kind is NoteKind.IN_KERNEL]
    assert {note.network for note in noted} == {"attacked", "from_a_dataset", "loaded", "pasted_in_batches"}
    assert all(note.questions == (note.network,) for note in noted)


def test_a_network_is_measured_with_pixels_as_it_was_trained_with(result: Result) -> None:
    """Of ten classes, a network that learnt the negatives tells hardly any apart by the images as they are."""
    assert min(result.accuracies[name] for name in ("plain", "scaled", "negative", "from_a_dataset")) > 0.5


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_network_has_no_note(notes: dict[str, list[MarkerNote]], name: str) -> None:
    assert [note.text for note in notes[name]] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("on_test", [(NoteKind.TEST_IMAGES, "")]),
        ("mixed", [(NoteKind.TEST_IMAGES, "")]),
        ("rounded_on_test", [(NoteKind.TEST_IMAGES, "")]),
        ("dataset_on_test", [(NoteKind.TEST_IMAGES, "")]),
        ("loop_on_test", [(NoteKind.TEST_IMAGES, "")]),
        ("end_from_test", []),
        ("learnt_from_test", [(NoteKind.TEST_IMAGES, "")]),
        ("pasted", [(NoteKind.NOT_SEEN, "")]),
        ("pasted_first", [(NoteKind.BEFOREHAND, "")]),
        ("pasted_in_batches", [(NoteKind.BEFOREHAND, "")]),
        ("copied", [(NoteKind.COPIED, "plain")]),
        ("copied_after", [(NoteKind.COPIED, "plain")]),
        ("copied_layer", [(NoteKind.COPIED, "twice")]),
    ],
)
def test_what_was_not_learnt_in_the_run_is_noted(
    notes: dict[str, list[MarkerNote]], name: str, expected: list[tuple[NoteKind, str]]
) -> None:
    assert [(note.kind, note.other) for note in notes[name]] == expected, [note.text for note in notes[name]]


def test_a_note_says_how_much(notes: dict[str, list[MarkerNote]]) -> None:
    assert notes["on_test"][0].share == 1 and 0.15 < notes["mixed"][0].share < 0.4
    assert notes["pasted"][0].text.startswith("no training of `pasted` was seen in this run")
