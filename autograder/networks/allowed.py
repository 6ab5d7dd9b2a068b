"""The allow-list of Keras's classes, and the check of a model's configuration against it.

The kernel checks a model before it records it, so that any other model is traced or reported. The reader checks it
again, because loading a foreign configuration can run code (CVE-2025-1550, -8747, -9905, -9906). Each class in a
configuration, at every depth, must be on the list below. Functions, lambdas, and registered or imported objects are
refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.messages import message

_LAYERS = """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveMaxPooling1D
    AdaptiveMaxPooling2D Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D AveragePooling2D
    AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose
    Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D Cropping1D Cropping2D Cropping3D Dense
    DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization Identity InputLayer LSTM LSTMCell
    LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum MultiHeadAttention
    Multiply Normalization PReLU Permute RMSNormalization RNN RandomBrightness RandomContrast RandomCrop RandomFlip
    RandomRotation RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape Resizing SeparableConv1D
    SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells Subtract TimeDistributed UnitNormalization UpSampling1D UpSampling2D
    UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
_NUMPY_OPERATIONS = """
    Abs Absolute Add Ceil Clip Concatenate Cos Divide Equal Exp ExpandDims Floor GetItem Greater GreaterEqual Less
    LessEqual Log Matmul Max Maximum Mean Min Minimum Multiply Negative NotEqual Power Prod Ravel Reshape Round Sign Sin
    Sqrt Square Squeeze Stack Std Subtract Sum Tanh Transpose TrueDivide Var Where ZerosLike
"""
_NN_OPERATIONS = """
    AveragePool Celu Elu Gelu HardSigmoid HardSilu LeakyRelu LogSoftmax MaxPool Normalize Relu Relu6 Selu Sigmoid Silu
    Softmax Softplus Softsign
"""
ALLOWED: Mapping[str, frozenset[str]] = {
    "keras": frozenset({"Sequential", "DTypePolicy"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.layers": frozenset(_LAYERS.split()),
    "keras._legacy.layers": frozenset({"AlphaDropout"}),  # what TensorFlow's module has under this name
    "keras.regularizers": frozenset({"L1", "L2", "L1L2", "OrthogonalRegularizer"}),
    "keras.constraints": frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"}),
    "keras.src.ops.numpy": frozenset(_NUMPY_OPERATIONS.split()),
    "keras.src.ops.nn": frozenset(_NN_OPERATIONS.split()),
    "keras.src.ops.core": frozenset({"Cast", "ConvertToTensor"}),
    "keras.src.activations.activations": frozenset({"ReLU"}),  # what `keras.activations.relu(x)` adds to a graph
}
#: Initializers that a model in evidence keeps, for test cases that ask for them: those with plain settings.
_INITIALIZERS = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal
    RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
"""
#: Class names by which Keras writes values that JSON does not have.
_VALUES = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"})
_ACTIVATIONS = "relu relu6 elu selu gelu leaky_relu sigmoid tanh softmax softplus softsign silu"
#: Keras's names of activation functions, and of TensorFlow's functions where those differ.
_FUNCTIONS = {name: name for name in _ACTIVATIONS.split()} | {"softmax_v2": "softmax", "swish": "silu"}
#: Settings without effect on a rebuilt model: compilation, seeds, ways to run. So are all initializers.
_DROPPED = frozenset({"compile_config", "seed", "shared_object_id", "unroll", "stateful", "quantization_config"})
#: Settings that hold a shape with a batch axis first.
_BATCHED = frozenset({"batch_shape", "batch_input_shape"})
MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_OBJECTS = 2_000  # layers, and their policies and the like
MAX_SEQUENTIAL = 100  # Keras rebuilds a Sequential in quadratic time
MAX_INTEGER = 10_000_000
MAX_TEXT = 1_000


def vetted(config: Any, *, in_full: bool = False) -> Any:
    """A copy of a serialized model or layer, checked against the allow-list, without settings that have no effect.

    Initializers and seeds have none, but ``in_full`` those stay that are Keras's own or numbers.

    Raises:
        EvidenceError: a class outside the allow-list, a kind of value that layers do not have, or a size over a bound.
    """
    return _Vetting(in_full).copy(config)


class _Vetting:
    """Copies one configuration and counts its values and objects."""

    def __init__(self, in_full: bool) -> None:
        self._in_full = in_full
        self.nodes = 0
        self.objects = 0

    def copy(self, value: Any, key: str = "", depth: int = 0) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise EvidenceError(message("evidence.configuration_depth"))
        if isinstance(value, dict):
            if _is_function(value) and key.endswith("activation"):
                return _FUNCTIONS[value["config"]]
            return self._settings(value, depth)
        if isinstance(value, list):
            return [self.copy(item, "", depth + 1) for item in value]
        if _is_plain(value):
            return value
        raise EvidenceError(message("evidence.configuration_value", value=str(value)[:60]))

    def _settings(self, config: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        if "class_name" in config:
            self._allow(config)
        copied = {}
        for key, value in config.items():
            if key in _BATCHED and isinstance(value, list) and value:
                value = [None, *value[1:]]  # the size of the first batch has no effect
            if not isinstance(key, str) or len(key) > MAX_TEXT:
                raise EvidenceError(message("evidence.configuration_setting"))
            if key.endswith("_initializer"):
                if self._in_full and _is_initializer(value):
                    copied[key] = value
            elif key not in _DROPPED or (self._in_full and key == "seed" and _is_plain(value)):
                copied[key] = self.copy(value, key, depth + 1)
        return copied

    def _allow(self, config: Mapping[Any, Any]) -> None:
        name, module, registered = (config.get(key) for key in ("class_name", "module", "registered_name"))
        if isinstance(name, str) and name in _VALUES and module is None and registered is None:
            return
        known = isinstance(name, str) and isinstance(module, str) and name in ALLOWED.get(module, ())
        if not known or registered not in (None, name):
            shown = str(name)[:80]
            if module is None:
                raise EvidenceError(message("evidence.own_class", name=shown))
            raise EvidenceError(message("evidence.other_class", name=shown, module=str(module)[:80]))
        self.objects += 1
        inner = config.get("config")
        layers = inner.get("layers") if isinstance(inner, dict) and name == "Sequential" else None
        if self.objects > MAX_OBJECTS or (isinstance(layers, list) and len(layers) > MAX_SEQUENTIAL):
            raise EvidenceError(message("evidence.layers", limit=MAX_SEQUENTIAL))


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) <= MAX_INTEGER)


def _is_initializer(value: Any) -> bool:
    """Whether a setting is one of Keras's initializers, of which the settings are plain."""
    match value:
        case {
            "module": "keras.initializers",
            "class_name": str(name),
            "config": dict(settings),
            "registered_name": None,
        }:
            return (
                len(value) == 4
                and name in _INITIALIZERS.split()
                and all(map(_is_plain, [*settings, *settings.values()]))
            )
    return False


def _is_function(config: Mapping[Any, Any]) -> bool:
    name = config.get("config")
    return config.get("class_name") == "function" and isinstance(name, str) and name in _FUNCTIONS
