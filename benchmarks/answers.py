"""A student's answers to the lab, by question: short ones out of several, and networks written in different ways."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from autograder.assignment.answer_cells import read_sheet
from benchmarks.networks import Habits, Training, build, compiled, convnet, fitted, mlp

#: The lab's own answer sheets in which every short answer is right.
SHEETS = ("all_right", "other_style")
SHORT = (
    "sizes",
    "balance",
    "examples",
    "mlp_params",
    "kernel_shape",
    "edges",
    "conv_shapes",
    "max_pooling",
    "lenet_params",
)
WRITTEN = ("balance_comment", "mlp_comment", "norm_comment", "conv_comment", "lenet_comment", "conclusion")

#: Further right answers to the short questions.
MORE: Mapping[str, tuple[str, ...]] = {
    "sizes": (
        "N_train, N_y_pixels, N_x_pixels = x_train.shape\nN_test, N_classes = len(x_test), len(np.unique(y_train))",
        "N_x_pixels = N_y_pixels = x_train[0].shape[0]\nN_train = y_train.size\nN_test = y_test.size\n"
        "N_classes = np.unique(y_test).size\nprint(N_x_pixels, N_y_pixels, N_train, N_test, N_classes)",
    ),
    "balance": (
        "train_counts = np.bincount(y_train)\ntest_counts = np.bincount(y_test)\n"
        "imbalance = train_counts.max() / train_counts.min()\n\n"
        "plt.bar(range(10), train_counts)\nplt.show()\nplt.bar(range(10), test_counts)\nplt.show()",
        "_, train_counts = np.unique(y_train, return_counts=True)\n"
        "_, test_counts = np.unique(y_test, return_counts=True)\n"
        "imbalance = max(train_counts) / min(train_counts)\nsns.histplot(y_train, discrete=True);",
    ),
    "examples": (
        "example_index = [int(np.argmax(y_train == digit)) for digit in range(10)]\n"
        'plt.imshow(np.hstack(x_train[example_index]), cmap="gray")\nplt.show()',
        "example_index = [rd.choice(np.where(y_train == digit)[0]) for digit in range(10)]\n"
        "fig, axes = plt.subplots(2, 5)\nfor ax, index in zip(axes.flat, example_index):\n"
        "    ax.imshow(x_train[index])\nplt.show()",
    ),
    "mlp_params": (
        "mlp_params = [785 * 128, 129 * 128, 129 * 10]",
        "mlp_params = [N_dim_flatten * 128 + 128, 128 * 128 + 128, 128 * 10 + 10]\nsum(mlp_params)",
    ),
    "kernel_shape": ("kernel_shape = 3, 3, 1, 1", "kernel_shape = conv_layer.get_weights()[0].shape"),
    "edges": (
        "horizontal_filter = np.transpose(conv_filter_1)",
        "horizontal_filter = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])",
    ),
    "conv_shapes": (
        'conv_shapes = {\n    ("valid", 1): 28 - 3 + 1,\n    ("valid", 2): (28 - 3) // 2 + 1,\n'
        '    ("same", 1): 28,\n    ("same", 2): 28 // 2,\n}',
    ),
    "max_pooling": (
        "pool_layer = MaxPooling2D((2, 2))\nimg_out = pool_layer(img_in).numpy()\n"
        "plt.imshow(img_in[0, :, :, 0])\nplt.show()\nplt.imshow(img_out[0, :, :, 0])\nplt.show()",
    ),
    "lenet_params": (
        "lenet_params = [26 * 6, 151 * 16, 257 * 120, 121 * 84, 85 * 10]\nlenet_largest = 2",
        "lenet_params = [156, 2416, 30840, 10164, 850]\nlenet_largest = int(np.argmax(lenet_params))",
    ),
}


def answers(
    sheets: Path, habits: Habits, trainings: Mapping[str, Training], rng: random.Random
) -> dict[str, tuple[str, ...]]:
    """A student's answers, by question; each is the sources of one or more cells. ``sheets`` are the lab's."""
    written = _sheets(sheets)
    short = {question: rng.choice([*(sheet[question] for sheet in written), *MORE[question]]) for question in SHORT}
    texts = {question: rng.choice(written)[question] for question in WRITTEN}
    return {id: (text,) for id, text in {**short, **texts}.items()} | {
        id: cells if habits.split else ("\n\n".join(cells),) for id, cells in _networks(habits, trainings, rng).items()
    }


@cache
def _sheets(folder: Path) -> list[dict[str, str]]:
    return [read_sheet(folder / f"{name}.py") for name in SHEETS]


def _networks(habits: Habits, trainings: Mapping[str, Training], rng: random.Random) -> dict[str, tuple[str, ...]]:
    """The answers that have to do with networks: built, compiled, trained, evaluated, predicted."""
    flat = rng.choice(["(N_dim_flatten,)", "(784,)"])
    image = rng.choice(["(28, 28, 1)", "x_train_conv.shape[1:]"])
    x, x_test = "x_train_flatten_norm", "x_test_flatten_norm"
    scaled = [
        f"{x} = {habits.scale.format(x='x_train_flatten')}",
        f"{x_test} = {habits.scale.format(x='x_test_flatten')}",
    ]
    norm, large, again = (trainings[name] for name in ("mlp_norm", "ConvNet", "ConvNet_adam"))
    cloned = habits.clone and large.width == again.width
    rebuilt = "ConvNet_adam = km.clone_model(ConvNet)"
    if not cloned:
        rebuilt = build("ConvNet_adam", image, convnet(again.width), habits)

    def trained(name: str, x: str, x_test: str) -> tuple[str, ...]:
        training = trainings[name]
        return compiled(name, training, habits), fitted(name, x, x_test, training, habits)

    def evaluated(name: str, x_test: str) -> str:
        return f'score_{name} = {name}.evaluate({x_test}, y_test, verbose=0)\nprint("Test accuracy:", score_{name}[1])'

    def predicted(name: str, x_test: str) -> str:
        return f"{evaluated(name, x_test)}\npredict_{name} = {name}.predict({x_test}, verbose=0)"

    return {
        "mlp": (build("mlp", flat, mlp(), habits), "mlp.summary()"),
        "mlp_results": (
            predicted("mlp", "x_test_flatten"),
            'show_confusion_matrix(y_test, predict_mlp, "MLP")',
        ),
        "mlp_norm": (
            "\n".join(scaled),
            build("mlp_norm", flat, mlp(norm.width), habits),
            *trained("mlp_norm", x, x_test),
            evaluated("mlp_norm", x_test),
        ),
        "lenet": (rng.choice(["LeNet = build_lenet()", "LeNet = build_lenet()\nLeNet.summary()"]),),
        "lenet_results": (predicted("LeNet", "x_test_conv"),),
        "lenet_adam": (
            "LeNet_adam = build_lenet()",
            *trained("LeNet_adam", "x_train_conv", "x_test_conv"),
            evaluated("LeNet_adam", "x_test_conv"),
        ),
        "convnet": (
            build("ConvNet", image, convnet(large.width), habits),
            *trained("ConvNet", "x_train_conv", "x_test_conv"),
        ),
        "convnet_results": (
            predicted("ConvNet", "x_test_conv"),
            'show_confusion_matrix(y_test, predict_ConvNet, "ConvNet")',
        ),
        "convnet_adam": (
            rebuilt,
            *trained("ConvNet_adam", "x_train_conv", "x_test_conv"),
            evaluated("ConvNet_adam", "x_test_conv"),
        ),
    }
