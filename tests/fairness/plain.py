"""Plain right answers to the questions that others build on, without the pictures."""

from __future__ import annotations

from collections.abc import Iterable

from fairness.variants import Variant

#: Questions that build on each other.
CHAINS = (
    ("mlp", "mlp_results", "mlp_norm"),
    ("lenet", "lenet_results", "lenet_adam"),
    ("convnet", "convnet_results", "convnet_adam"),
)

_PLAIN = {
    "sizes": """
N_x_pixels, N_y_pixels, N_train, N_test, N_classes = 28, 28, 60000, 10000, 10
""",
    "mlp": """
mlp = Sequential([
    Input(shape=(784,)), Dense(128, activation="relu"), Dropout(0.2), Dense(128, activation="relu"), Dropout(0.2),
    Dense(10, activation="softmax"),
])
""",
    "mlp_results": """
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)
predict_mlp = mlp.predict(x_test_flatten, verbose=0)
""",
    "lenet": """
LeNet = build_lenet()
""",
    "lenet_results": """
score_LeNet = LeNet.evaluate(x_test_conv, y_test, verbose=0)
predict_LeNet = LeNet.predict(x_test_conv, verbose=0)
""",
    "convnet": """
ConvNet = Sequential([
    Input(shape=(28, 28, 1)), Conv2D(32, 3, activation="relu"), Conv2D(64, 3, activation="relu"), MaxPooling2D(2),
    Dropout(0.25), Flatten(), Dense(128, activation="relu"), Dropout(0.5), Dense(10, activation="softmax"),
])
ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
ConvNet.fit(x_train_conv, y_train, batch_size=128, epochs=1, verbose=0)
""",
    "convnet_results": """
score_ConvNet = ConvNet.evaluate(x_test_conv, y_test, verbose=0)
predict_ConvNet = ConvNet.predict(x_test_conv, verbose=0)
""",
}


def answers(variants: Iterable[Variant]) -> dict[str, str]:
    """Answers to what these variants build on, and to what that builds on."""
    used = {question for variant in variants for question in variant.uses}
    used |= {chain[0] for chain in CHAINS if used & set(chain)}
    return {question: _PLAIN[question] for question in used if question in _PLAIN}


def chain(variant: Variant) -> tuple[str, ...]:
    """The chain that a variant's question is of; empty where it is of none."""
    return next((chain for chain in CHAINS if variant.question in chain), ())
