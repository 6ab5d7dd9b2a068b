"""Inside the kernel, beside student code: a request for the trainer, drawn up from what Keras's methods are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.evidence import wire
from autograder.evidence.training_request import LOSS_NAMES
from autograder.kernel.trainer_client import Refused
from autograder.networks import canonical


class Draft:
    """A request in the making: its arrays are put in order, and referred to by their places."""

    def __init__(self, model: Any, do: str, given: Mapping[str, Any]) -> None:
        x = given["x"]
        if not model.built and type(model).__name__ == "Sequential" and hasattr(x, "shape"):
            model.build((None, *x.shape[1:]))
        if not model.built or len(getattr(model, "inputs", None) or ()) != 1:
            raise Refused("its model is of a class of its own, or has several inputs")
        self.model = model
        self.arrays: list[np.ndarray] = []
        self.head: dict[str, Any] = {"do": do, "model": canonical.config(model)}
        self.samples = len(x) if hasattr(x, "__len__") else 0
        self.head["x"] = self.data(x, str(model.inputs[0].dtype))
        batch = given["batch_size"]
        self.head["options"] = {"batch_size": 32 if batch is None else whole(batch)}

    def add(self, array: np.ndarray) -> int:
        self.arrays.append(np.asarray(array, order="C"))
        return len(self.arrays) - 1

    def data(self, value: Any, dtype: str | None = None) -> int:
        """An array of a student's as Keras would take it in: of the model's type, or of its own kind."""
        if not isinstance(value, np.ndarray) and type(value).__module__.split(".")[0] not in ("tensorflow", "pandas"):
            raise Refused("its data is not an array")
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.ndim == 0:
            raise Refused(f"its data is of type {array.dtype}")
        if dtype is None:
            dtype = "float32" if array.dtype.kind == "f" else "int32"
        if dtype not in ("float32", "int32"):
            raise Refused(f"its model takes data of type {dtype}")
        if dtype == "int32" and array.size and (array.min() < -(2**31) or array.max() >= 2**31):
            raise Refused("its data has numbers that are too large")
        return self.add(array.astype(dtype, copy=False))

    def weights(self) -> None:
        self.head["weights"] = [self.add(plain(weight.numpy())) for weight in self.model.weights]

    def compiled(self, given: Mapping[str, Any]) -> None:
        """Labels, and what the model was compiled with."""
        model = self.model
        if not model.compiled or model.run_eagerly or given["y"] is None:
            raise Refused("its model is not compiled, or is run eagerly", quiet=not model.compiled)
        if len(given["y"]) != self.samples:
            raise Refused("its data has different lengths", quiet=True)
        settings = model.get_compile_config() or {}
        if settings.get("loss_weights") is not None:
            raise Refused("its losses have weights")
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


def plain(array: np.ndarray) -> np.ndarray:
    if array.dtype.str in wire.DTYPES:
        return array
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    raise Refused(f"its model has weights of type {array.dtype}")


def whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise Refused("one of its options is not a whole number", quiet=True)
    return int(value)


def simple(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, bool | int | float | str):
        raise Refused("a callback has a setting that is not a plain value")
    return value
