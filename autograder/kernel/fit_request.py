"""A request to the trainer, from the arguments of ``fit``, ``evaluate`` or ``predict``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.evidence import wire
from autograder.evidence.training_request import LOSS_NAMES
from autograder.kernel.trainer_client import Refused, RequestArray
from autograder.messages import message
from autograder.networks import canonical
from autograder.networks.private.training import compiled_settings, own_functions_of_training

#: Bytes of a dataset's batches, at most, that are put together: twice all images of MNIST.
MAX_GATHERED = 512 * 2**20


class Draft:
    """A request that grows part by part: ``head`` refers to ``arrays`` by their places.

    Raises:
        Refused: an argument that the trainer does not support, here or in any method.
    """

    def __init__(self, model: Any, do: str, arguments: Mapping[str, Any]) -> None:
        x = arguments["x"]
        if not model.built and type(model).__name__ == "Sequential" and hasattr(x, "shape"):
            model.build((None, *x.shape[1:]))
        if not model.built or len(getattr(model, "inputs", None) or ()) != 1:
            raise Refused(message("training.own_model"))
        self.model = model
        self.arrays: list[RequestArray] = []
        self.head: dict[str, Any] = {"do": do, "model": canonical.config(model)}
        self.samples = len(x) if hasattr(x, "__len__") else 0
        self.head["x"] = self.data(x, str(model.inputs[0].dtype))
        batch_size = arguments["batch_size"]
        self.head["options"] = {"batch_size": 32 if batch_size is None else whole_number(batch_size)}

    def add(self, array: np.ndarray, dtype: str | None = None) -> int:
        """Add an array, which the trainer gets as ``dtype`` if given; its place."""
        self.arrays.append(RequestArray.of(array, dtype))
        return len(self.arrays) - 1

    def data(self, value: Any, dtype: str | None = None) -> int:
        """Add a student's data, converted as Keras does: to ``dtype``, or to float32 or int32; its place."""
        if not isinstance(value, np.ndarray) and type(value).__module__.split(".")[0] not in ("tensorflow", "pandas"):
            raise Refused(message("training.not_array"))
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.ndim == 0:
            raise Refused(message("training.data_type", kind=array.dtype))
        if dtype is None:
            dtype = "float32" if array.dtype.kind == "f" else "int32"
        if dtype not in ("float32", "int32"):
            raise Refused(message("training.model_type", kind=dtype))
        if dtype == "int32" and array.size and (array.min() < -(2**31) or array.max() >= 2**31):
            raise Refused(message("training.large_numbers"))
        return self.add(array, dtype)

    def weights(self) -> None:
        self.head["weights"] = [self.add(wire_array(weight.numpy())) for weight in self.model.weights]

    def compiled(self, arguments: Mapping[str, Any]) -> None:
        """Add the labels, loss and metrics."""
        model = self.model
        if not model.compiled or model.run_eagerly or arguments["y"] is None:
            raise Refused(message("training.eager"), quiet=not model.compiled)
        if len(arguments["y"]) != self.samples:
            raise Refused(message("training.lengths"), quiet=True)
        settings = compiled_settings(model)
        if settings.get("loss_weights") is not None:
            raise Refused(message("training.loss_weights"))
        self.head["y"] = self.data(arguments["y"])
        sample_weight = arguments["sample_weight"]
        weighted = sample_weight is not None
        self.head["sample_weight"] = self.data(np.asarray(sample_weight), "float32") if weighted else None
        loss, own = settings.get("loss"), own_functions_of_training(model)
        self.head["loss"] = _short_loss(_short(loss[0] if isinstance(loss, list) and len(loss) == 1 else loss, own))
        for key in ("metrics", "weighted_metrics"):
            metrics = settings.get(key) or []
            metrics = metrics if isinstance(metrics, list) else [metrics]
            if len(metrics) == 1 and isinstance(metrics[0], list):
                metrics = metrics[0]
            self.head[key] = [_short(metric, own) for metric in metrics]


def gathered(arguments: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The arguments of a call with the batches of a ``tf.data.Dataset`` as one array for each of these names.

    Each part of the batches is put together in their order; a part without a name is left out.
    """
    data = arguments["x"]
    if not hasattr(data, "element_spec"):
        return dict(arguments)
    if int(data.cardinality()) == -1:  # without an end
        raise Refused(message("training.not_array"))
    parts: dict[str, list[np.ndarray]] = {}
    size = 0
    for batch in data:
        tensors = batch if isinstance(batch, tuple) else (batch,)
        for name, tensor in zip(names, tensors, strict=False):
            if not hasattr(tensor, "numpy"):
                raise Refused(message("training.not_array"))
            parts.setdefault(name, []).append(tensor.numpy())
            size += parts[name][-1].nbytes
        if size > MAX_GATHERED:
            raise Refused(message("training.large_dataset"))
    if not parts or any(piece.ndim == 0 for pieces in parts.values() for piece in pieces):
        raise Refused(message("training.not_array"))
    arrays = {name: np.concatenate(pieces) for name, pieces in parts.items()}
    return {**arguments, **arrays, "batch_size": len(parts["x"][0])}


def _short(value: Any, own: Collection[str]) -> Any:
    """A serialized loss or metric; the name of one of Keras's functions, if it is not that of one of the student's."""
    if isinstance(value, dict) and value.get("class_name") == "function" and isinstance(value.get("config"), str):
        module = str(value.get("module"))
        is_known = module.startswith(("builtins", "keras")) and value["config"] not in own
        if is_known and str(value.get("registered_name")) in ("function", "None"):
            return value["config"]
    return value


def _short_loss(loss: Any) -> Any:
    """A loss; the name of one of Keras's classes with default settings."""
    import keras

    is_known = isinstance(loss, dict) and str(loss.get("module")).startswith("keras.")
    kind = getattr(keras.losses, str(loss.get("class_name")), None) if is_known else None
    if not isinstance(kind, type):
        return loss
    defaults = kind().get_config()
    is_default = all(loss["config"].get(key) == value for key, value in defaults.items() if key != "name")
    return defaults["name"] if is_default and defaults["name"] in LOSS_NAMES else loss


def wire_array(array: np.ndarray) -> np.ndarray:
    """An array of weights of a type that messages carry."""
    if array.dtype.str in wire.DTYPES:
        return array
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    raise Refused(message("training.weight_type", kind=array.dtype))


def whole_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise Refused(message("training.whole"), quiet=True)
    return int(value)


def plain_value(value: Any) -> Any:
    """A setting of a callback as a plain value."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, bool | int | float | str):
        raise Refused(message("training.callback_setting"))
    return value
