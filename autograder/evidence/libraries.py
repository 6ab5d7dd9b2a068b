"""The modules, functions and classes of libraries that evidence may refer to by name."""

from __future__ import annotations

_MODULES = """
    collections datetime functools itertools keras keras.layers keras.models keras.ops keras.utils math matplotlib
    matplotlib.pyplot numpy numpy.linalg numpy.random pandas random re scipy scipy.stats seaborn sklearn
    sklearn.metrics statistics string tensorflow
"""
#: Modules that a test case may use under the name by which the notebook imported them. They only compute.
MODULES = frozenset(_MODULES.split())
#: Their names by the names that Keras gives some of them.
ALIASES = {
    "keras._tf_keras.keras": "keras",
    "keras._tf_keras.keras.layers": "keras.layers",
    "keras._tf_keras.keras.models": "keras.models",
}
#: Functions and classes that a test case may use under the name by which the notebook imported them. None may touch a
#: file: the notebook decides which of them a name means, and a test case may call it with values of the notebook.
EXPORTS = {
    "builtins": """
        abs all any bool bytes chr complex dict divmod enumerate filter float frozenset hash int isinstance issubclass
        iter len list map max min next object ord pow range repr reversed round set slice sorted str sum tuple type zip
        ArithmeticError AssertionError AttributeError BaseException EOFError Exception FileNotFoundError ImportError
        IndexError KeyError LookupError MemoryError NameError NotImplementedError OSError OverflowError PermissionError
        RecursionError RuntimeError StopIteration TypeError UnicodeError ValueError Warning ZeroDivisionError
    """,
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
