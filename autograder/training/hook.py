"""Inside the kernel, beside student code: ``fit``, ``evaluate`` and ``predict`` that ask the trainer.

What the trainer can do is asked of it, and afterwards everything is as Keras would have left it: weights, optimizer,
``History``, what is printed. What it cannot is done here, as ever; the grader is told why. An error is Keras's own, for
then the call is made here, too.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
import socket
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.training import canonical, wire
from autograder.training.request import CALLBACKS, LOSS_NAMES, checked

MAX_ANSWER = 2 * 1024**3


class Refused(Exception):
    """Why the trainer does not do it; with ``quiet``, nobody need be told."""

    def __init__(self, reason: str, *, quiet: bool = False) -> None:
        super().__init__(reason)
        self.quiet = quiet


class Client:
    """Asks the trainer, on a socket; ``seed`` is what first weights are drawn from."""

    def __init__(self, connection: socket.socket, seed: int) -> None:
        self.seed = seed
        self._connection = connection
        self._source: Any = connection.makefile("rb")
        self._lock = RLock()

    def ask(self, head: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The answer to a request.

        Raises:
            Refused: there is none.
            TimeoutError: it took longer than a training may.
        """
        try:
            checked(head, len(arrays))
            described = {**head, "digests": [wire.digest(array) for array in arrays]}
            layouts = [wire.describe(array) for array in arrays]
            text = json.dumps({**described, "arrays": layouts}).encode()
            if len(text) > wire.MAX_HEAD:
                raise Refused("a model with too large a configuration")
            with self._lock:
                self._connection.sendall(wire.LENGTH.pack(len(text)) + text)
                reply = wire.read_head(self._source)
                if "refused" not in reply:
                    for place in reply["need"]:
                        self._connection.sendall(wire.raw(arrays[place]))
                    reply, outcome = wire.read(self._source, MAX_ANSWER)
        except EvidenceError as reason:
            raise Refused(str(reason)) from None
        except (OSError, EOFError):
            raise Refused("the trainer is gone", quiet=True) from None
        if reply.get("final"):
            raise TimeoutError(f"training was stopped: {reply['refused']}")
        if "refused" in reply:
            raise Refused(str(reply["refused"]))
        return reply, outcome

    def tell(self, reason: str) -> None:
        """Say why something was not asked."""
        with self._lock:
            try:
                wire.send(self._connection, {"note": reason})
            except OSError:
                return


def install(client: Client) -> None:
    """Have Keras's models ask."""
    import keras

    for name, ask in (("fit", _fit), ("evaluate", _evaluate), ("predict", _predict)):
        setattr(keras.Model, name, _asking(client, name, getattr(keras.Model, name), ask))


def _asking(client: Client, name: str, original: Any, ask: Any) -> Any:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def asking(*arguments: Any, **keywords: Any) -> Any:
        try:
            call = signature.bind(*arguments, **keywords)
        except TypeError:
            return original(*arguments, **keywords)
        call.apply_defaults()
        given = dict(call.arguments)
        model = given.pop("self")
        try:
            return ask(client, model, given)
        except Refused as refused:
            if not refused.quiet:
                client.tell(f"{name} ran in the notebook itself: {refused}")
        except TimeoutError:
            raise
        except Exception as error:  # a student's class raised it, or Keras did and will again
            client.tell(f"{name} ran in the notebook itself ({type(error).__name__})")
        return original(*arguments, **keywords)

    return asking


class _Request:
    """A request in the making: its arrays are put in order, and referred to by their places."""

    def __init__(self, model: Any, do: str, given: Mapping[str, Any]) -> None:
        x = given["x"]
        if not model.built and type(model).__name__ == "Sequential" and hasattr(x, "shape"):
            model.build((None, *x.shape[1:]))
        if not model.built or len(getattr(model, "inputs", None) or ()) != 1:
            raise Refused("a model of a class of its own, or with several inputs")
        self.model = model
        self.arrays: list[np.ndarray] = []
        self.head: dict[str, Any] = {"do": do, "model": canonical.config(model)}
        self.samples = len(x) if hasattr(x, "__len__") else 0
        self.head["x"] = self.data(x, str(model.inputs[0].dtype))
        batch = given["batch_size"]
        self.head["options"] = {"batch_size": 32 if batch is None else _whole(batch)}

    def add(self, array: np.ndarray) -> int:
        self.arrays.append(np.asarray(array, order="C"))
        return len(self.arrays) - 1

    def data(self, value: Any, dtype: str | None = None) -> int:
        """An array of a student's as Keras would take it in: of the model's type, or of its own kind."""
        if not isinstance(value, np.ndarray) and type(value).__module__.split(".")[0] not in ("tensorflow", "pandas"):
            raise Refused("data that is no array")
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.ndim == 0:
            raise Refused(f"data of type {array.dtype}")
        if dtype is None:
            dtype = "float32" if array.dtype.kind == "f" else "int32"
        if dtype not in ("float32", "int32"):
            raise Refused(f"data for a model of type {dtype}")
        if dtype == "int32" and array.size and (array.min() < -(2**31) or array.max() >= 2**31):
            raise Refused("data of large numbers")
        return self.add(array.astype(dtype, copy=False))

    def weights(self) -> None:
        self.head["weights"] = [self.add(_plain(weight.numpy())) for weight in self.model.weights]

    def compiled(self, given: Mapping[str, Any]) -> None:
        """Labels, and what the model was compiled with."""
        model = self.model
        if not model.compiled or model.run_eagerly or given["y"] is None:
            raise Refused("it would raise an error, or is run eagerly", quiet=not model.compiled)
        if len(given["y"]) != self.samples:
            raise Refused("data of different lengths", quiet=True)
        settings = model.get_compile_config() or {}
        if settings.get("loss_weights") is not None:
            raise Refused("weights of losses")
        self.head["y"] = self.data(given["y"])
        weight = given["sample_weight"]
        self.head["sample_weight"] = None if weight is None else self.data(np.asarray(weight), "float32")
        loss = settings.get("loss")
        self.head["loss"] = _plain_loss(_named(loss[0] if isinstance(loss, list) and len(loss) == 1 else loss))
        for key in ("metrics", "weighted_metrics"):
            found = settings.get(key) or []
            found = found if isinstance(found, list) else [found]
            if len(found) == 1 and isinstance(found[0], list):
                found = found[0]
            self.head[key] = [_named(metric) for metric in found]


def _named(value: Any) -> Any:
    """A loss or metric as it is asked for; one of Keras's functions by its name."""
    if isinstance(value, dict) and value.get("class_name") == "function" and isinstance(value.get("config"), str):
        module = str(value.get("module"))
        if module.startswith(("builtins", "keras")) and str(value.get("registered_name")) in ("function", "None"):
            return value["config"]
    return value


def _plain_loss(loss: Any) -> Any:
    """A loss by its name where it is one of Keras's classes with the settings that the name stands for."""
    import keras

    kind = getattr(keras.losses, str(loss.get("class_name")), None) if isinstance(loss, dict) else None
    if not isinstance(kind, type):
        return loss
    usual = kind().get_config()
    same = all(loss["config"].get(key) == value for key, value in usual.items() if key != "name")
    return usual["name"] if same and usual["name"] in LOSS_NAMES else loss


def _fit(client: Client, model: Any, given: dict[str, Any]) -> Any:
    import keras

    for name in ("steps_per_epoch", "validation_steps"):
        if given[name] is not None:
            raise Refused(f"'{name}'")
    if given["validation_freq"] != 1:
        raise Refused("'validation_freq'")
    histories, callbacks, described = _callbacks(given["callbacks"])
    request = _Request(model, "fit", given)
    canonical.start(model, client.seed)
    request.compiled(given)
    request.weights()
    head, optimizer = request.head, model.optimizer
    head["optimizer"] = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    used = optimizer.built and int(optimizer.iterations.numpy()) > 0
    head["state"] = [request.add(_plain(one.numpy())) for one in optimizer.variables] if used else None
    if not used and isinstance(head["optimizer"]["config"].get("learning_rate"), float):
        head["optimizer"]["config"]["learning_rate"] = float(optimizer.learning_rate.numpy())
    weights = given["class_weight"]
    initial = model._initial_epoch or given["initial_epoch"]
    head["options"] |= {
        "epochs": _whole(given["epochs"]),
        "initial_epoch": _whole(initial),
        "validation_split": float(given["validation_split"] or 0.0) if given["validation_data"] is None else 0.0,
        "shuffle": bool(given["shuffle"]),
        "class_weight": weights and {str(int(key)): float(value) for key, value in weights.items()},
        "validation_batch_size": given["validation_batch_size"] and _whole(given["validation_batch_size"]),
        "validation_freq": 1,
    }
    head["validation"] = _validation(request, given["validation_data"])
    head["callbacks"] = described
    answer, arrays = client.ask(head, request.arrays)
    _take_over(model, optimizer, arrays)
    trained = request.samples - math.floor(request.samples * head["options"]["validation_split"])
    steps = math.ceil(trained / head["options"]["batch_size"])
    return _replay(model, given, histories, callbacks, answer, steps)


def _callbacks(given: Any) -> tuple[list[Any], list[Any], list[dict[str, Any]]]:
    """The ``History`` objects among callbacks, and the others with how they are described in a request."""
    import keras

    listed = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
    histories = [one for one in listed if type(one) is keras.callbacks.History]
    others = [one for one in listed if type(one) is not keras.callbacks.History]
    described = []
    for one in others:
        name = type(one).__name__
        if name not in CALLBACKS or type(one) is not getattr(keras.callbacks, name):
            raise Refused(f"the callback {name}")
        config = {key: getattr(one, key) for key in CALLBACKS[name] if hasattr(one, key) and key != "mode"}
        config["mode"] = getattr(one, "mode", "auto")
        config["min_delta"] = abs(one.min_delta)
        described.append({"class_name": name, "config": {key: _simple(value) for key, value in config.items()}})
    return histories, others, described


def _validation(request: _Request, given: Any) -> list[int] | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not 2 <= len(given) <= 3:
        raise Refused("validation data that is no pair of arrays")
    places = [request.data(given[0], str(request.model.inputs[0].dtype)), request.data(given[1])]
    return places + ([] if len(given) == 2 or given[2] is None else [request.data(given[2], "float32")])


def _take_over(model: Any, optimizer: Any, arrays: list[np.ndarray]) -> None:
    """Make a model and its optimizer what they are after training."""
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = [*model.weights, *optimizer.variables]
    if [tuple(one.shape) for one in variables] != [array.shape for array in arrays]:
        raise Refused("the trainer's model has other weights")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _replay(
    model: Any,
    given: Mapping[str, Any],
    histories: list[Any],
    callbacks: list[Any],
    answer: Mapping[str, Any],
    steps: int,
) -> Any:
    """Show and record the epochs as Keras does."""
    from keras.src.callbacks.callback_list import CallbackList
    from keras.src.utils import io_utils

    verbose = given["verbose"]
    shown = CallbackList(
        histories,
        add_history=True,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=given["epochs"],
        steps=steps,
        model=model,
    )
    model.stop_training = False
    shown.on_train_begin()
    logs: dict[str, float] = {}
    for epoch, logs in zip(answer["epochs"], answer["logs"], strict=True):
        shown.on_epoch_begin(epoch)
        shown.on_train_batch_end(steps - 1, {key: value for key, value in logs.items() if not key.startswith("val_")})
        shown.on_epoch_end(epoch, dict(logs))
    for callback, ends in zip(callbacks, answer["callbacks"], strict=True):
        callback.set_model(model)
        for key, value in ends.items():
            if value is not None and hasattr(callback, key):
                setattr(callback, key, int(value) if key != "best" else value)
        if verbose and getattr(callback, "verbose", 0) and getattr(callback, "stopped_epoch", 0):
            io_utils.print_msg(f"Epoch {callback.stopped_epoch + 1}: early stopping")
            model.stop_training = True
    shown.on_train_end(logs)
    return model.history


def _evaluate(client: Client, model: Any, given: dict[str, Any]) -> Any:
    from keras.src.callbacks.callback_list import CallbackList

    if given["callbacks"] is not None or given["steps"] is not None or given.get("kwargs"):
        raise Refused("callbacks or steps of its own", quiet=isinstance(given["callbacks"], CallbackList))
    request = _Request(model, "evaluate", given)
    request.compiled(given)
    request.weights()
    answer, _ = client.ask(request.head, request.arrays)
    steps = math.ceil(request.samples / request.head["options"]["batch_size"])
    shown = CallbackList(
        None, add_progbar=given["verbose"] != 0, verbose=given["verbose"], epochs=1, steps=steps, model=model
    )
    logs = dict(answer["logs"])
    shown.on_test_begin()
    shown.on_test_batch_end(steps - 1, logs)
    shown.on_test_end(logs)
    if given["return_dict"]:
        return logs
    listed = list(answer["in_order"].values())
    return listed if len(listed) > 1 else listed[0]


def _predict(client: Client, model: Any, given: dict[str, Any]) -> Any:
    from keras.src.callbacks.callback_list import CallbackList

    if given["callbacks"] is not None or given["steps"] is not None:
        raise Refused("callbacks or steps of its own")
    request = _Request(model, "predict", given)
    request.weights()
    _, (predicted,) = client.ask(request.head, request.arrays)
    steps = math.ceil(request.samples / request.head["options"]["batch_size"])
    shown = CallbackList(
        None, add_progbar=given["verbose"] != 0, verbose=given["verbose"], epochs=1, steps=steps, model=model
    )
    shown.on_predict_begin()
    shown.on_predict_batch_end(steps - 1, None)
    shown.on_predict_end()
    return predicted


def _plain(array: np.ndarray) -> np.ndarray:
    if array.dtype.str in wire.DTYPES:
        return array
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    raise Refused(f"weights of type {array.dtype}")


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise Refused("an option that is no whole number", quiet=True)
    return int(value)


def _simple(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, bool | int | float | str):
        raise Refused("a callback with a setting of its own")
    return value
