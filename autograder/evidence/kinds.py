"""What evidence may hold: the version of its format, and what of libraries it may refer to by name."""

from __future__ import annotations

import re

FORMAT = 1

#: Kinds that mean: this name has no value that evidence can carry.
VALUELESS = ("missing", "placeholder", "callable", "other")

_MODULES = """
    collections datetime functools itertools keras keras.layers keras.models keras.ops keras.utils math matplotlib
    matplotlib.pyplot numpy numpy.linalg numpy.random pandas random re scipy scipy.stats seaborn sklearn
    sklearn.metrics statistics string tensorflow
"""
#: Libraries that a test case may find under the name the notebook imported them by. They only compute.
MODULES = frozenset(_MODULES.split())
#: Other names of some of them.
ALIASES = {
    "keras._tf_keras.keras": "keras",
    "keras._tf_keras.keras.layers": "keras.layers",
    "keras._tf_keras.keras.models": "keras.models",
}
#: Functions and classes of theirs that a test case may find under the name the notebook imported them by. None touches
#: a file: it is the notebook that says which of them a name stands for, and a test case may call that with its values.
EXPORTS = {
    "math": "ceil cos dist exp factorial floor gcd hypot isclose isnan log log10 log2 prod sin sqrt tan",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "numpy": """
        abs all allclose any arange argmax argmin argsort array array_equal asarray ceil clip concatenate cos cumsum
        diff divide dot exp float32 float64 floor full int32 int64 isclose isnan linspace log log10 log2 max maximum
        mean median min minimum multiply ndarray ones percentile power prod quantile reshape round shape sin sort sqrt
        square stack std subtract sum tan tanh transpose uint8 unique var where zeros
    """,
    "pandas": "Categorical DataFrame Index MultiIndex Series Timedelta Timestamp concat isna notna",
    "keras": "Input Model Sequential",
    "keras.layers": """
        Activation Add Average AveragePooling2D BatchNormalization Concatenate Conv1D Conv2D Dense Dropout Embedding
        Flatten GRU GlobalAveragePooling2D GlobalMaxPooling2D InputLayer LSTM Layer LayerNormalization MaxPool2D
        MaxPooling2D MultiHeadAttention Normalization ReLU Rescaling Reshape Softmax ZeroPadding2D
    """,
    "keras.callbacks": "History",
    "keras.optimizers": "Adadelta Adagrad Adam AdamW RMSprop SGD",
    "tensorflow": "RaggedTensor Tensor Variable",
}
#: Types of pandas' columns that are none of NumPy's, but whose values can be written as objects.
COLUMN_TYPES = re.compile(r"(U?Int(8|16|32|64)|Float(32|64)|boolean|string|str)")
