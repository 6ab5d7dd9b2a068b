"""Evidence: the values of a question's named answers, as data that cannot execute.

``record`` runs in the kernel beside student code and writes; ``restore`` runs in the grader and reads. They share
nothing but this format, which is said here and in ``configs``. A question's evidence is a folder:

- ``evidence.json``: ``{"format": 1, "question": id, "values": {name: node}, "others": {name: type}}``, and where a
  name has no value, ``"models": {name: {"config": …, "shapes": …}}`` with the notebook's models in outline
- ``0.npy``, ``1.npy``, …: the arrays that the nodes name

A node is ``{"kind": …}`` with the fields of its kind:

- ``plain`` (None, a bool, an int, a float or a string), ``int`` (a large one, in hexadecimal), ``complex``, ``bytes``,
  ``range``, ``datetime``, ``date`` and ``duration`` hold their ``value``
- ``list``, ``tuple``, ``set``, ``frozenset`` and ``dict`` hold ``items``
- ``array`` names its ``file``; ``objects`` holds the ``items`` of an array of objects and its ``shape``; ``tensor`` and
  ``ragged`` hold arrays
- pandas' ``series``, ``frame``, ``index``, ``multiindex``, ``rangeindex``, ``column``, ``timestamp``, ``timedelta``
  and ``na`` hold nodes
- ``model`` and ``layer`` hold a Keras ``config`` and ``weights``, a model that was trained also the weights that it
  ``started`` with; ``history`` is what ``fit`` gave back; ``same`` is the model of another ``name`` of the question
- ``module`` has the ``name`` of a library, ``library`` the ``module`` and ``name`` of a function or class of one
- ``missing``, ``placeholder`` (``...``), ``callable`` and ``other`` say why a name has no value
"""

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

__all__ = ["ALIASES", "COLUMN_TYPES", "EXPORTS", "FORMAT", "MODULES", "VALUELESS", "Evidence"]


def __getattr__(name: str) -> object:
    if name == "Evidence":
        from autograder.evidence.restore import Evidence

        return Evidence
    raise AttributeError(name)
