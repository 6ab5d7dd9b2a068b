"""The code of the lab's networks and trainings, dressed as a student would: the same network in many forms of code."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

FORMS = ("add", "list", "functional", "function")


class Layer(NamedTuple):
    """One layer: its class, what it is called with, and its activation where it has one."""

    kind: str
    arguments: str = ""
    activation: str = ""


@dataclass(frozen=True)
class Training:
    """What decides how a network is trained; ``width`` is that of its hidden dense layers, ``validation`` code."""

    optimizer: str
    batch_size: int
    epochs: int
    width: int = 128
    validation: str = "validation_data=({x_test}, y_test)"


@dataclass(frozen=True)
class Habits:
    """How a student writes code, none of which changes what is trained."""

    form: str
    prefix: str
    named: bool
    verbose: int
    loss: str
    optimizer: str
    timed: bool
    history: bool
    split: bool
    clone: bool
    scale: str

    @classmethod
    def draw(cls, rng: random.Random) -> Habits:
        return cls(
            form=rng.choice(FORMS),
            prefix=rng.choice(["", "", "kl."]),
            named=rng.random() < 0.3,
            verbose=rng.choice([0, 1, 1, 2]),
            loss=rng.choice(
                ['"sparse_categorical_crossentropy"'] * 3 + ["tf.keras.losses.SparseCategoricalCrossentropy()"]
            ),
            optimizer=rng.choice(["object", "object", "string", "explicit"]),
            timed=rng.random() < 0.5,
            history=rng.random() < 0.4,
            split=rng.random() < 0.4,
            clone=rng.random() < 0.3,
            scale=rng.choice(
                [
                    "{x} / 255",
                    "{x} / 255.0",
                    '{x}.astype("float32") / 255',
                    "{x}.astype(np.float64) / 255",
                    "np.float32({x}) / 255",
                ]
            ),
        )


#: What the lab asks for, by the name of the network.
STANDARD: Mapping[str, Training] = {
    "mlp": Training("RMSprop", 256, 10),
    "mlp_norm": Training("RMSprop", 256, 10),
    "LeNet": Training("Adadelta", 128, 10),
    "LeNet_adam": Training("Adam", 128, 3),
    "ConvNet": Training("Adadelta", 128, 5),
    "ConvNet_adam": Training("Adam", 128, 5),
}
#: The networks that are trained by given cells, whose numbers students change rather than the code.
GIVEN = ("mlp", "LeNet")
_DEFAULT_RATES = {"RMSprop": "0.001", "Adam": "0.001", "Adadelta": "0.001"}


def own(name: str, rng: random.Random) -> Training:
    """A training of a student's own: it differs from the lab's in more than the epochs that a profile may cut off."""
    standard = STANDARD[name]
    ways = ["batch", "rate", "optimizer"] if name in GIVEN else ["batch", "rate", "width", "split"]
    way = rng.choice([way for way in ways if way != "width" or not name.startswith("LeNet")])
    epochs = rng.choice([standard.epochs, standard.epochs, 2, 4, 8])
    if way == "batch":
        return replace(standard, epochs=epochs, batch_size=rng.choice([64, 100, 200, 300, 512]))
    if way == "rate":
        rates = ["1.0", "0.1", "0.01"] if standard.optimizer == "Adadelta" else ["0.0005", "0.002", "0.003"]
        return replace(standard, epochs=epochs, optimizer=f"{standard.optimizer}(learning_rate={rng.choice(rates)})")
    if way == "optimizer":
        return replace(standard, epochs=epochs, optimizer=rng.choice(["ko.SGD()", "ko.Nadam()", "ko.Adamax()"]))
    if way == "width":
        return replace(standard, epochs=epochs, width=rng.choice([64, 96, 200, 256]))
    return replace(standard, epochs=epochs, validation=f"validation_split={rng.choice(['0.1', '0.2'])}")


def mlp(width: int = 128) -> list[Layer]:
    hidden = [Layer("Dense", str(width), "relu"), Layer("Dropout", "0.2")]
    return [*hidden, *hidden, Layer("Dense", "10", "softmax")]


def lenet() -> list[Layer]:
    """The network that the lab gives."""
    return [
        Layer("Conv2D", "6, 5", "tanh"),
        Layer("MaxPool2D", "2"),
        Layer("Conv2D", "16, 5", "tanh"),
        Layer("MaxPool2D", "2"),
        Layer("Flatten"),
        Layer("Dense", "120", "tanh"),
        Layer("Dense", "84", "tanh"),
        Layer("Dense", "10", "softmax"),
    ]


def convnet(width: int = 128) -> list[Layer]:
    return [
        Layer("Conv2D", "32, 3", "relu"),
        Layer("Conv2D", "64, 3", "relu"),
        Layer("MaxPool2D", "2"),
        Layer("Dropout", "0.25"),
        Layer("Flatten"),
        Layer("Dense", str(width), "relu"),
        Layer("Dropout", "0.5"),
        Layer("Dense", "10", "softmax"),
    ]


def build(variable: str, shape: str, layers: Sequence[Layer], habits: Habits) -> str:
    """The code that builds a network and gives it a name."""
    calls = [_call(layer, position, habits) for position, layer in enumerate(layers, start=1)]
    start = f"{habits.prefix}Input(shape={shape})"
    if habits.form == "add":
        lines = [f"{variable} = Sequential()", f"{variable}.add({start})"]
        return "\n".join([*lines, *(f"{variable}.add({call})" for call in calls)])
    if habits.form == "functional":
        lines = [f"inputs = {start}", f"x = {calls[0]}(inputs)", *(f"x = {call}(x)" for call in calls[1:-1])]
        return "\n".join([*lines, f"outputs = {calls[-1]}(x)", f"{variable} = km.Model(inputs, outputs)"])
    listed = "\n".join(["Sequential([", *(f"    {call}," for call in [start, *calls]), "])"])
    if habits.form == "list":
        return f"{variable} = {listed}"
    body = listed.replace("\n", "\n    ")
    return f"def make_{variable.lower()}():\n    return {body}\n\n\n{variable} = make_{variable.lower()}()"


def _call(layer: Layer, position: int, habits: Habits) -> str:
    arguments = [layer.arguments] if layer.arguments else []
    arguments += [f'activation="{layer.activation}"'] if layer.activation else []
    arguments += [f'name="layer_{position}"'] if habits.named else []
    return f"{habits.prefix}{layer.kind}({', '.join(arguments)})"


def compiled(variable: str, training: Training, habits: Habits) -> str:
    """The code that compiles a network."""
    optimizer = optimizer_code(training, habits)
    return f'{variable}.compile(loss={habits.loss}, optimizer={optimizer}, metrics=["accuracy"])'


def optimizer_code(training: Training, habits: Habits) -> str:
    """An optimizer in code; where it is the lab's, in one of the ways of asking for its default settings."""
    if "(" in training.optimizer:
        return training.optimizer
    if habits.optimizer == "string":
        return f'"{training.optimizer.lower()}"'
    explicit = f"learning_rate={_DEFAULT_RATES[training.optimizer]}" if habits.optimizer == "explicit" else ""
    return f"{training.optimizer}({explicit})"


def fitted(variable: str, x: str, x_test: str, training: Training, habits: Habits) -> str:
    """The code that trains a compiled network, with what else students do there: take the time, draw the history."""
    call = (
        f"{variable}.fit({x}, y_train, batch_size={training.batch_size}, epochs={training.epochs}, "
        f"verbose={habits.verbose}, {training.validation.format(x_test=x_test)})"
    )
    lines = [f"history_{variable} = {call}" if habits.history else call]
    if habits.timed:
        taken = f't_{variable} = time.time() - start\nprint("Running time:", t_{variable})'
        lines = ["start = time.time()", *lines, taken]
    if habits.history:
        lines += [f'plt.plot(history_{variable}.history["accuracy"])', 'plt.xlabel("epoch")', "plt.show()"]
    return "\n".join(lines)
