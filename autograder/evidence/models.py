"""Rebuild Keras models and layers from their configuration and weights, through an allow-list.

Loading what others saved can run their code (CVE-2025-1550, -8747, -9905, -9906), so a configuration is rebuilt only
when each class it names, at every depth, is on the list below; initialisers are dropped (the weights are given) and
nothing that refers to code (functions, lambdas, registered or imported objects) passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError

LAYERS = frozenset(
    ["Activation", "ActivityRegularization", "Add", "AlphaDropout", "Attention", "Average", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "BatchNormalization", "Bidirectional", "CategoryEncoding", "CenterCrop", "Concatenate", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Cropping1D", "Cropping2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "Dropout", "ELU", "Embedding", "Flatten", "GRU", "GRUCell", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GroupNormalization", "Identity", "InputLayer", "LSTM", "LSTMCell", "LayerNormalization", "LeakyReLU", "Masking", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum", "Minimum", "MultiHeadAttention", "Multiply", "Normalization", "PReLU", "Permute", "RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "RepeatVector", "Rescaling", "Reshape", "Resizing", "SeparableConv1D", "SeparableConv2D", "SimpleRNN", "SimpleRNNCell", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "Subtract", "TimeDistributed", "UnitNormalization", "UpSampling1D", "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D"]
)
REGULARIZERS = frozenset({"L1", "L2", "L1L2", "OrthogonalRegularizer"})
CONSTRAINTS = frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"})
ALLOWED: Mapping[str, frozenset[str]] = {
    "keras": frozenset({"Sequential", "DTypePolicy"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.models": frozenset({"Sequential", "Functional", "Model"}),
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
    "keras.layers": LAYERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
}
MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_NUMBER = 10_000_000
MAX_PARAMETERS = 100_000_000


def rebuild(node: Mapping[str, Any], weights: list[Any]) -> Any:
    """The Keras model or layer that a node describes, with its weights, as a genuine Keras object.

    The settings it was compiled with are kept as plain data in its attribute ``compiled_with`` (None if it was not).

    Raises:
        EvidenceError: a class outside the allow-list, sizes beyond the bounds, or weights that do not fit.
    """
    import keras

    config = _vetted(node["config"], _Budget())
    if sum(int(weight.size) for weight in weights) > MAX_PARAMETERS:
        raise EvidenceError(f"a model must have at most {MAX_PARAMETERS} parameters")
    try:
        rebuilt = keras.saving.deserialize_keras_object(config, safe_mode=True)
        wanted = [tuple(variable.shape) for variable in rebuilt.weights]
        given = [tuple(weight.shape) for weight in weights]
        if wanted != given and rebuilt.built:
            raise EvidenceError(f"its weights do not fit its layers (shapes {given[:8]} for {wanted[:8]})")
        if rebuilt.built:
            for variable, weight in zip(rebuilt.weights, weights, strict=True):
                variable.assign(weight)
    except EvidenceError:
        raise
    except Exception as error:  # Keras raises whatever it likes on a configuration that does not hold together
        raise EvidenceError(f"its configuration cannot be rebuilt ({type(error).__name__})") from None
    rebuilt.compiled_with = _compiled(node.get("compile"))
    return rebuilt


class _Budget:
    def __init__(self) -> None:
        self.nodes = 0

    def spend(self, depth: int) -> None:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise EvidenceError("its configuration is nested too deep or too large")


def _vetted(config: Any, budget: _Budget, depth: int = 0) -> Any:
    """A copy of a configuration in which every class is allowed; initialisers become the default ones."""
    budget.spend(depth)
    if isinstance(config, dict):
        if "class_name" in config:
            _allow(config)
        return {
            str(key): _vetted(value, budget, depth + 1)
            for key, value in config.items()
            if not (str(key).endswith("_initializer") and isinstance(value, dict))
        }
    if isinstance(config, list):
        return [_vetted(item, budget, depth + 1) for item in config]
    if isinstance(config, str):
        return config[:1000]
    if isinstance(config, bool) or config is None:
        return config
    if isinstance(config, int | float) and abs(config) <= MAX_NUMBER:
        return config
    raise EvidenceError(f"its configuration holds a value that no layer has ({str(config)[:60]})")


def _allow(config: Mapping[str, Any]) -> None:
    module, name = config.get("module"), config["class_name"]
    registered = config.get("registered_name")
    if name == "__keras_tensor__" and module is None:
        return
    if registered not in (None, name) or not isinstance(name, str) or name not in ALLOWED.get(str(module), ()):
        raise EvidenceError(
            f"it contains {str(name)[:80]} (from {str(module)[:80]}), which is not one of Keras's own layers that a "
            "grader can rebuild; use those"
        )


def _compiled(compiled: Any) -> dict[str, Any] | None:
    """Optimizer name, loss name and metric names of a compile configuration, as plain strings."""
    if not isinstance(compiled, dict):
        return None
    return {key: _name(compiled.get(key)) for key in ("optimizer", "loss", "metrics")}


def _name(value: Any) -> Any:
    if isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") == "function" and isinstance(inner, str):
            return inner[:80]
        return str(value.get("class_name"))[:80]
    if isinstance(value, list):
        return [_name(item) for item in value[:20]]
    return None if value is None else str(value)[:80]
