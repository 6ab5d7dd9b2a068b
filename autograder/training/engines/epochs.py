"""Training on a device in whole epochs: each is one compiled program, which has the data and draws batches itself.

Keras's own loop goes back to Python after each batch; on a GPU nearly all time passes between the batches of a small
network. What one batch does is Keras's (``train_step`` and ``test_step`` of its JAX trainer), and so are metrics,
callbacks and logs. Imported in a process whose Keras runs on JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograder.networks.private.training import arrays_in_batches, callback_list, random_states, split_for_validation
from autograder.training.engines.process import (
    Load,
    Outcome,
    callbacks_of,
    class_weight_of,
    compiled,
    fit_outcome,
    validation_of,
)


def fit(model: Any, request: Mapping[str, Any], load: Load, digest: str) -> Outcome:
    """Train as Keras's ``fit`` does, with an order of the samples for each epoch that follows from ``digest``."""
    arrays, optimizer = compiled(model, request, load)
    options = request["options"]
    data: tuple[Any, ...] = tuple(arrays.values())
    validation = validation_of(request, load)
    if options["validation_split"] and validation is None:
        data, validation = split_for_validation(data, options["validation_split"])
    class_weight = class_weight_of(options)
    training = Passes(model, arrays_in_batches(data, class_weight), options["batch_size"], train=True)
    testing = None
    if validation is not None:
        batch_size = options["validation_batch_size"] or options["batch_size"]
        testing = Passes(model, arrays_in_batches(validation), batch_size, train=False)
    for place, state in enumerate(random_states(model)):
        state.assign(np.array([int(digest[:8], 16), place], np.uint32))
    orders = Orders(len(data[0]), options["batch_size"], options["shuffle"], int(digest[8:16], 16))
    callbacks = callbacks_of(request)
    _train(model, options, training, testing, orders, callbacks)
    optimizer.finalize_variable_values(model.trainable_weights)
    return fit_outcome(model, optimizer, model.history.history, model.history.epoch, callbacks)


def _train(
    model: Any, options: Mapping[str, Any], training: Passes, testing: Passes | None, orders: Orders, callbacks: Any
) -> None:
    """Run the epochs and the callbacks, to which Keras adds the model's ``history``."""
    listeners = callback_list(model, list(callbacks), epochs=options["epochs"], steps=training.steps, add_history=True)
    model.stop_training = False
    listeners.on_train_begin()
    logs: dict[str, float] = {}
    for epoch in range(options["initial_epoch"], options["epochs"]):
        listeners.on_epoch_begin(epoch)
        logs = training.run(orders.of(epoch))
        if testing is not None and (epoch + 1) % options["validation_freq"] == 0:
            logs |= {f"val_{name}": value for name, value in testing.run(np.arange(testing.samples)).items()}
        listeners.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    listeners.on_train_end(logs)


class Passes:
    """Passes over one set of arrays, on the device; ``train`` says whether the model learns from them.

    ``arrays`` are samples, labels and perhaps weights, each with ``samples`` rows.
    """

    def __init__(self, model: Any, arrays: Sequence[np.ndarray], batch_size: int, *, train: bool) -> None:
        import jax

        self.samples = len(arrays[0])
        self.steps = -(-self.samples // batch_size)
        self._model = model
        self._arrays = tuple(jax.device_put(array) for array in arrays)
        kinds = ["trainable_variables", "non_trainable_variables", "metrics_variables"]
        if train:
            kinds.insert(2, "optimizer_variables")
        self._kinds = tuple(kinds)
        step: Callable[..., Any] = model.train_step if train else model.test_step
        self._run = jax.jit(partial(_pass, step, batch_size), donate_argnums=0)

    def run(self, order: np.ndarray) -> dict[str, float]:
        """One pass in this order of the samples; the logs. The model's variables have their new values afterwards."""
        self._model.reset_metrics()
        variables = [_variables(self._model, kind) for kind in self._kinds]
        state = tuple([variable.value for variable in group] for group in variables)
        after = self._run(state, self._arrays, order.astype(np.int32))
        for group, values in zip(variables, after, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}


def _variables(model: Any, kind: str) -> list[Any]:
    return list(model.optimizer.variables if kind == "optimizer_variables" else getattr(model, kind))


def _pass(step: Any, batch_size: int, state: Any, arrays: Any, order: Any) -> Any:
    """Compiled: the state after all batches, the last of which may be smaller."""
    from jax import lax

    def after(state: Any, rows: Any) -> tuple[Any, None]:
        _, state = step(state, tuple(array[rows] for array in arrays))
        return state, None

    full = len(order) // batch_size * batch_size
    if full:
        state, _ = lax.scan(after, state, order[:full].reshape(-1, batch_size))
    if full < len(order):
        state, _ = after(state, order[full:])
    return state


class Orders:
    """The orders of the samples: another one for each epoch, from a seed. ``shuffle`` is as Keras's ``fit`` has it."""

    def __init__(self, samples: int, batch_size: int, shuffle: bool | str, seed: int) -> None:
        self._samples, self._batch_size, self._shuffle, self._seed = samples, batch_size, shuffle, seed

    def of(self, epoch: int) -> np.ndarray:
        """The order of an epoch, of shape (samples,); with «batch» only the samples of each batch change places."""
        generator = np.random.default_rng([self._seed, epoch])
        if self._shuffle is True:
            return generator.permutation(self._samples)
        order = np.arange(self._samples)
        if self._shuffle == "batch":
            for first in range(0, self._samples, self._batch_size):
                generator.shuffle(order[first : first + self._batch_size])
        return order
