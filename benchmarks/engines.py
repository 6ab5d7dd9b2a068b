"""``python -m benchmarks.engines``: how long the engines of the trainer take for the lab's six trainings."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from socket import socketpair
from typing import Any

import click
import numpy as np

from autograder.assignment.profile import Budget, Limits
from autograder.datasets.find import Dataset, resolve
from autograder.kernel import fit_hook
from autograder.kernel.first_weights import FirstWeights
from autograder.kernel.trainer_client import Client
from autograder.sandbox import bubblewrap
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.server import can_fork
from autograder.training.engines.device import search
from autograder.training.engines.engine import Engine
from autograder.training.engines.jax import JaxEngine
from autograder.training.engines.tensorflow import TensorFlowEngine
from autograder.training.requests import RequestServer
from autograder.training.trainer import Trainer
from benchmarks.networks import STANDARD, Layer, Training, convnet, lenet, mlp

SECONDS = 3_600


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--engine", "names", multiple=True, type=click.Choice(["tensorflow", "jax"]), help="(default: both)")
@click.option("--network", "networks", multiple=True, type=click.Choice(list(STANDARD)), help="(default: all six)")
@click.option("--data", type=click.Path(path_type=Path), metavar="FILE", help="The dataset (default: MNIST or digits).")
@click.option("--samples", type=click.IntRange(min=1), default=60_000, show_default=True, help="Training images.")
@click.option("--epochs", type=click.IntRange(min=1), help="A cap on epochs (default: as the lab asks).")
@click.option("--runs", type=click.IntRange(min=1), default=2, show_default=True, help="Trainings of each network.")
def main(
    names: tuple[str, ...],
    networks: tuple[str, ...],
    data: Path | None,
    samples: int,
    epochs: int | None,
    runs: int,
) -> None:
    """Print seconds and test accuracies; the first run of a network includes its compilation."""
    dataset = resolve("mnist", data)
    with np.load(dataset.path) as arrays:
        x_train, x_test = (arrays[part] for part in ("x_train", "x_test"))
        y_train, y_test = (arrays[part].astype(np.int64) for part in ("y_train", "y_test"))
    x_train, y_train = x_train[:samples], y_train[:samples]
    for engine_name in names or ("tensorflow", "jax"):
        with tempfile.TemporaryDirectory() as folder, engine_of(engine_name, dataset, Path(folder)) as engine:
            click.echo(f"\n{engine_name}: {dict(engine.circumstances)}\n")
            click.echo("| network | epochs | seconds | accuracy |\n| --- | --- | --- | --- |")
            with training_on(Trainer(engine, Path(folder, "pool"), None, datasets=[dataset])):
                for name in networks or STANDARD:
                    training = STANDARD[name]
                    flat = name.startswith("mlp")
                    shape = (-1, 784) if flat else (-1, 28, 28, 1)
                    scale = np.float32(255 if name == "mlp_norm" else 1)
                    train, test = (x.reshape(shape).astype(np.float32) / scale for x in (x_train, x_test))
                    count = min(training.epochs, epochs or training.epochs)
                    measured = [_run(name, training, count, train, y_train, test, y_test) for _ in range(runs)]
                    seconds = ", ".join(f"{took:.1f}" for took, _ in measured)
                    accuracies = ", ".join(f"{accuracy:.4f}" for _, accuracy in measured)
                    click.echo(f"| {name} | {count} | {seconds} | {accuracies} |")


def _run(name: str, training: Training, epochs: int, *data: np.ndarray) -> tuple[float, float]:
    """The seconds of one training from fresh weights, and the accuracy on the test images."""
    x_train, y_train, x_test, y_test = data
    model = network(name, training, x_train.shape[1:])
    started = time.monotonic()
    model.fit(x_train, y_train, batch_size=training.batch_size, epochs=epochs, verbose=0)
    took = time.monotonic() - started
    return took, float(model.evaluate(x_test, y_test, verbose=0)[1])


def network(name: str, training: Training, shape: tuple[int, ...]) -> Any:
    """A network of the lab, compiled, with fresh weights."""
    import keras

    layers = mlp() if name.startswith("mlp") else lenet() if name.startswith("LeNet") else convnet()
    model = keras.Sequential([keras.Input(shape), *(_made(layer) for layer in layers)])
    model.compile(training.optimizer.lower(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _made(layer: Layer) -> Any:
    import keras

    activation = f", activation={layer.activation!r}" if layer.activation else ""
    known: Mapping[str, Any] = {"keras": keras}
    return eval(f"keras.layers.{layer.kind}({layer.arguments}{activation})", dict(known))


@contextlib.contextmanager
def engine_of(name: str, dataset: Dataset, folder: Path) -> Iterator[Engine]:
    """An engine whose requests are in ``folder``; JAX's is on the GPU if there is one, otherwise on the processor."""
    pool, isolated = folder / "pool", bubblewrap.decide("auto")
    pool.mkdir()
    if name == "jax":
        found = search(forks=can_fork(isolated=isolated))
        engine: Engine = JaxEngine(
            [dataset],
            folder=pool,
            programs=folder / "programs",
            platform="cuda" if found.files else "cpu",
            devices=found.files,
            isolated=isolated,
            wall_seconds=SECONDS,
        )
        with contextlib.closing(engine):
            yield engine
        return
    modules, visible = ["autograder.checks.preload", "autograder.networks.preload"], [dataset.path]
    server = ForkServer(modules, plain_environment(1), visible=visible, shared=pool, isolated=isolated)
    with contextlib.closing(server):
        server.await_ready()
        yield TensorFlowEngine(server, [dataset], threads=1, slots=1, seconds=SECONDS)


@contextlib.contextmanager
def training_on(trainer: Trainer) -> Iterator[None]:
    """Have Keras's models in this process ask a trainer, as they do in a kernel."""
    import keras

    plain = {name: getattr(keras.Model, name) for name in ("fit", "evaluate", "predict")}
    ours, theirs = socketpair()
    requests = RequestServer(ours, trainer, Budget(), Limits(run_seconds=24 * SECONDS))
    fit_hook.install(Client(theirs), FirstWeights(1))
    try:
        yield
    finally:
        for name, method in plain.items():
            setattr(keras.Model, name, method)
        theirs.close()
        requests.finish()
        ours.close()
        for note in requests.notes:
            click.echo(f"note: {note}", err=True)


if __name__ == "__main__":
    main()
