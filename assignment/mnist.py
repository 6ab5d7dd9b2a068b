# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: mnist
# init_cell: false
# check_all_cell: false
# export_cell: false
# show_question_points: true
# generate: false
# tests:
#     ok_format: false

# %% [markdown]
# # Image classification on the [MNIST](https://yann.lecun.com/exdb/mnist/) dataset
#
# _Convolutional neural networks at work_
#
# ---
#
# A postal worker reads thousands of handwritten digits a day and hardly ever stops to think. In this lab you will
# build programs that do the same, each better than the one before. You will learn to:
#
# * write multilayer perceptrons and convolutional networks with [`Keras`](https://keras.io/) and
#   [`TensorFlow`](https://www.tensorflow.org/);
# * say what a `convolutional` layer, a `max pooling` layer, a `stride` and a `padding` do to an image;
# * use these networks to classify images, and judge how well they do it.
#
# ### How to work with this notebook
#
# * **Code answers.** Put your own code in the place of each `...`, on as many lines as you like. Keep the *names*
#   that are already there (`N_train`, `mlp`, …): your answers are looked up by name. Add cells wherever you want to
#   try things.
# * **Self-checks.** A cell such as `grader.check("sizes")` tells you at once whether your answer has the right
#   *form*: a whole number, a list of ten, a network that can be used. Whether it is *right* is found out when it is
#   graded.
# * **Written answers.** Two or three precise sentences are worth more than a page. Numbers that you measured help.
# * **Time.** On two processor cores an epoch takes about 3 seconds for the multilayer perceptron, 20 for LeNet and 80
#   for the largest network. Start a training, and read on while it runs.
#
# Before you hand the notebook in, restart the kernel and run everything from top to bottom. There are 20 points to
# win.

# %%
# Prepares `grader` for the self-checks. Run this cell, and leave it as it is.
try:
    import otter

    grader = otter.Notebook("mnist.ipynb")
except Exception as problem:  # Otter is missing or does not find the notebook. In Colab we run its checks without it.

    class SelfChecks:
        otter_problem = problem

        def check(self, question):
            try:
                from google.colab import _message

                notebook = _message.blocking_request("get_ipynb", timeout_sec=30)["ipynb"]
                code, cases = notebook["metadata"]["otter"]["tests"][question], []
                exec(code.replace("from otter", "# from otter"), {"test_case": lambda **_: cases.append})
            except Exception:
                print(f"No self-check here ({self.otter_problem}); your answer will be graded all the same.")
                print("To get one in Jupyter: %pip install otter-grader, name this file mnist.ipynb, restart.")
            else:
                for case in cases:
                    try:
                        case(*map(globals().get, case.__code__.co_varnames[: case.__code__.co_argcount]))
                        print(f"{case.__name__}: passed")
                    except Exception as found:
                        print(f"{case.__name__}: {found}")

    grader = SelfChecks()

# %% [markdown]
# ## Libraries
#
# The first four lines give short names to the parts of Keras. What the lab uses most is imported by its own name
# further down; the rest is at hand as `kl.AveragePooling2D`, `ko.SGD` and so on.

# %%
import tensorflow.keras.layers as kl
import tensorflow.keras.models as km
import tensorflow.keras.optimizers as ko
import tensorflow.keras.utils as ku

# %%
import time

import numpy as np
import pandas as pd

# %matplotlib inline
import matplotlib.pyplot as plt
import seaborn as sns

# %%
import tensorflow as tf

tf.__version__

# %% [markdown]
# The next cell lists what TensorFlow can compute on. Do you see a GPU, or only the CPU? Everything here works on
# both; a GPU is faster.
#
# **Warning:** a GPU serves one notebook at a time. While another open notebook holds it, this one cannot have it.

# %%
for device in tf.config.list_physical_devices():
    print(device.device_type, device.name)

# %% [markdown]
# ## Data exploration
#
# The [MNIST database](https://yann.lecun.com/exdb/mnist/) holds 70,000 grey-scale images of handwritten digits from 0
# to 9, each of 28 × 28 pixels. 60,000 of them are there to learn from, and 10,000 are set aside to test what was
# learnt.
#
# Keras downloads the images the first time and keeps them on your disk.

# %%
from tensorflow.keras.datasets import mnist

# %%
(x_train, y_train), (x_test, y_test) = mnist.load_data()

# %% [raw]
# # BEGIN QUESTION
# name: sizes
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Todo:** Check the size of the images, and of the training and test sets.</span>
#
# Never take a dataset's description on trust: look at the arrays. Read these five numbers off `x_train`, `y_train`,
# `x_test` and `y_test` rather than typing them in:
#
# * `N_x_pixels` and `N_y_pixels`: the width and the height of an image, in pixels;
# * `N_train` and `N_test`: the number of images in the training set and in the test set;
# * `N_classes`: the number of different digits.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Put your code in the place of each `...`; every NumPy array knows its own .shape.
N_x_pixels = x_train.shape[2]  # SOLUTION
N_y_pixels = x_train.shape[1]  # SOLUTION
N_train = x_train.shape[0]  # SOLUTION
N_test = x_test.shape[0]  # SOLUTION
N_classes = len(np.unique(y_train))  # SOLUTION

print(f"Train data: {N_train} images ({N_x_pixels} x {N_y_pixels} pixels)")
print(f"Test data: {N_test} images ({N_x_pixels} x {N_y_pixels} pixels)")
print(f"Number of classes: {N_classes}")

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_five_whole_numbers(N_x_pixels, N_y_pixels, N_train, N_test, N_classes):
    import numpy as np

    names = ["N_x_pixels", "N_y_pixels", "N_train", "N_test", "N_classes"]
    for name, value in zip(names, [N_x_pixels, N_y_pixels, N_train, N_test, N_classes]):
        assert value is not None, f"`{name}` has no value: it is not defined, or it is None"
        assert value is not ..., f"`{name}` is still `...`: put your answer in its place"
        try:
            number = np.asarray(value)
        except (TypeError, ValueError):  # lists of different lengths
            number = np.array([])
        found = " ".join(repr(value).split())[:80]
        is_number = number.size == 1 and number.dtype.kind in "iuf"
        assert is_number and float(number.item()).is_integer(), f"`{name}` should be a whole number, found {found}"
        assert number.item() > 0, f"`{name}` should be at least 1, found {number.item():g}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.375
"""  # END TEST CONFIG


def test_size_of_an_image(N_x_pixels, N_y_pixels, expect):
    expect.whole(N_x_pixels, 28, "N_x_pixels")
    expect.whole(N_y_pixels, 28, "N_y_pixels")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.375
"""  # END TEST CONFIG


def test_sizes_of_the_two_sets(N_train, N_test, expect):
    expect.whole(N_train, 60000, "N_train")
    expect.whole(N_test, 10000, "N_test")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_number_of_classes(N_classes, expect):
    expect.whole(N_classes, 10, "N_classes")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/size.py

# %% [raw]
# # BEGIN QUESTION
# name: balance
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Question:** Is the dataset balanced?</span>
#
# A dataset is *balanced* when every class has about the same number of examples. Count them:
#
# * `train_counts` and `test_counts`: ten numbers each, the images of digit 0, of digit 1, … of digit 9, in this
#   order;
# * `imbalance`: how many times larger the largest class of the *training* set is than its smallest. Do not round it.
#
# Then draw the counts of both sets as bar charts: what takes ten numbers to say, a picture shows at a glance.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Count the images of each digit in both sets, and draw the counts.
train_counts = np.bincount(y_train, minlength=10)  # SOLUTION
test_counts = np.bincount(y_test, minlength=10)  # SOLUTION
imbalance = train_counts.max() / train_counts.min()  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(f"The largest class of the training set has {imbalance:.3f} times the images of the smallest.")

fig, axes = plt.subplots(ncols=2, figsize=(12, 4))
for ax, title, counts in zip(axes, ["Training set", "Test set"], [train_counts, test_counts]):
    ax.bar(range(10), counts)
    ax.axhline(counts.mean(), color="black", linestyle="--", label="if all were equal")
    ax.set(title=title, xlabel="digit", ylabel="number of images", xticks=range(10))
    ax.legend(loc="lower right")
plt.show()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_ten_counts_for_each_set(train_counts, test_counts):
    import numpy as np

    for name, answer in [("train_counts", train_counts), ("test_counts", test_counts)]:
        assert answer is not None, f"`{name}` has no value: it is not defined, or it is None"
        assert answer is not ..., f"`{name}` is still `...`: put your answer in its place"
        try:
            values = answer.values() if isinstance(answer, dict) else answer
            counts = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
            counts = np.array(counts.tolist()) if counts.dtype == object else counts
        except (TypeError, ValueError):  # lists of different lengths
            counts = np.array([])
        found = " ".join(repr(answer).split())[:80]
        assert counts.size == 10, f"`{name}` should be a list of ten numbers, one for each digit, found {found}"
        whole = counts.dtype.kind in "iuf" and (counts % 1 == 0).all()
        assert whole, f"`{name}` should hold numbers of images, which are whole, found {found}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_imbalance_is_a_ratio(imbalance):
    import numpy as np

    assert imbalance is not None, "`imbalance` has no value: it is not defined, or it is None"
    assert imbalance is not ..., "`imbalance` is still `...`: put your answer in its place"
    try:
        number = np.asarray(imbalance)
    except (TypeError, ValueError):  # lists of different lengths
        number = np.array([])
    found = " ".join(repr(imbalance).split())[:80]
    assert number.size == 1 and number.dtype.kind in "iuf", f"`imbalance` should be one number, found {found}"
    ratio = number.item()
    assert ratio >= 1, f"`imbalance` (the largest over the smallest) should be at least 1, found {ratio:g}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.375
"""  # END TEST CONFIG


def test_train_counts(train_counts, expect, reference):
    import numpy as np

    counts = np.bincount(reference.y_train, minlength=10)
    expect.wholes(train_counts, counts.tolist(), "train_counts", each="class")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.375
"""  # END TEST CONFIG


def test_test_counts(test_counts, expect, reference):
    import numpy as np

    counts = np.bincount(reference.y_test, minlength=10)
    expect.wholes(test_counts, counts.tolist(), "test_counts", each="class")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_imbalance_of_the_training_set(imbalance, expect, reference):
    import numpy as np

    counts = np.bincount(reference.y_train, minlength=10)
    expect.number(imbalance, counts.max() / counts.min(), "imbalance", rel=5e-3)


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/histograms.py

# %% [raw]
# # BEGIN QUESTION
# name: balance_comment
# manual: true
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Question:** What follows from the counts?</span>
#
# Would you call the dataset balanced? Are the training and the test set alike in this respect? And suppose that 90 %
# of all images were ones: what could you then no longer conclude from a high accuracy?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Nearly balanced: each digit makes up between 9 % (the fives, 5,421 images) and 11 % (the ones, 6,742 images) of the
# training set, so the largest class is 1.24 times the smallest. The test set has almost the same proportions, so what
# is measured on it speaks for the training data too. Accuracy is therefore a fair summary here: always answering
# "one" would be right only 11 % of the time. If 90 % of the images were ones, that same lazy answer would score 90 %,
# and a high accuracy would no longer show that the network can tell digits apart; one would have to look at each
# class, for example in the confusion matrix.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Data visualization
#
# Before you ask a network to read these digits, read some yourself.

# %%
import random as rd

# %% [raw]
# # BEGIN QUESTION
# name: examples
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Todo:** View an example of each digit.</span>
#
# Choose ten images of the training set, one of each digit. `example_index` holds their ten indices into `x_train`, in
# the order of the digits: `example_index[0]` is the index of an image of a 0, `example_index[1]` of a 1, and so on up
# to 9. Any image of the right digit will do; `rd.choice` picks one at random.
#
# Then draw the ten images in a row with `plt.imshow`.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Choose the indices of ten images, one of each digit from 0 to 9, and draw these images.
example_index = [int(rd.choice(np.flatnonzero(y_train == digit))) for digit in range(10)]  # SOLUTION
# BEGIN SOLUTION NO PROMPT

fig, axes = plt.subplots(ncols=10, figsize=(12, 1.6))
for ax, index in zip(axes, example_index):
    ax.imshow(x_train[index], cmap="gray_r")
    ax.set_title(y_train[index])
    ax.axis("off")
plt.show()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_ten_indices(example_index):
    import numpy as np

    assert example_index is not None, "`example_index` has no value: it is not defined, or it is None"
    assert example_index is not ..., "`example_index` is still `...`: put your answer in its place"
    try:
        values = example_index.values() if isinstance(example_index, dict) else example_index
        indices = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
        indices = np.array(indices.tolist()) if indices.dtype == object else indices
    except (TypeError, ValueError):  # lists of different lengths
        indices = np.array([])
    found = " ".join(repr(example_index).split())[:80]
    assert indices.size == 10, f"`example_index` should be a list of ten indices, one for each digit, found {found}"
    whole = indices.dtype.kind in "iuf" and (indices % 1 == 0).all()
    assert whole, f"`example_index` should hold whole numbers, positions in x_train, found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_an_image_of_each_digit(example_index, reference):
    import numpy as np
    import pandas as pd

    if isinstance(example_index, pd.DataFrame) and example_index.shape[1] == 1:
        example_index = example_index.iloc[:, 0]
    is_series = isinstance(example_index, pd.Series) and example_index.index.is_unique
    if is_series or isinstance(example_index, dict):
        by_key = {int(key) if str(key).isdecimal() else key: index for key, index in dict(example_index).items()}
        if not is_series or set(by_key) == set(range(10)):
            example_index = by_key
    if isinstance(example_index, dict):
        for digit in range(10):
            found = f"found the keys {list(example_index)!s:.80}"
            assert digit in example_index, f"`example_index` should have the key {digit} (the digit), {found}"
        example_index = [example_index[digit] for digit in range(10)]
    try:
        indices = np.asarray(list(example_index) if isinstance(example_index, type({}.values())) else example_index)
        indices = np.array(indices.tolist()).reshape(-1) if indices.dtype == object else indices.reshape(-1)
        found = f"{len(indices)}"
    except (TypeError, ValueError):
        indices, found = np.array([]), "lists of different lengths"
    assert len(indices) == 10, f"`example_index` should hold ten indices, one for each digit, found {found}"
    images = len(reference.y_train)
    for digit, index in enumerate(indices.tolist()):
        whole = isinstance(index, int) or (isinstance(index, float) and index.is_integer())
        assert whole, f"`example_index[{digit}]` should be a whole number, found {index!r:.80}"
        there = -images <= index < images
        assert there, f"`example_index[{digit}]`: x_train has {images} images, and none at index {index}"
        label = reference.y_train[int(index)]
        assert label == digit, (
            f"`example_index[{digit}]` should be the index of a {digit}; image {int(index)} of x_train is a {label}"
        )


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/imshow.py

# %% [markdown]
# ## Image classification with a multilayer perceptron
#
# Our first classifier is a multilayer perceptron (MLP): every neuron of a layer is connected to every neuron of the
# layer before it. It has this architecture:
#
# | layer | neurons | activation | what for |
# | --- | --- | --- | --- |
# | input | 784 | | one number for each pixel |
# | `Dense` | 128 | *relu* | finds useful combinations of pixels |
# | `Dropout` | | | drops 20 % of the values while training |
# | `Dense` | 128 | *relu* | combines the combinations |
# | `Dropout` | | | drops 20 % of the values while training |
# | `Dense` | 10, the number of classes | *softmax* | gives each digit a probability |
#
# *Dropout* sets a random part of the values to zero at each training step, so that no neuron can rely on one
# particular other; it guards against learning the training images by heart. When the network is used, nothing is
# dropped.
#
# ### Data format
#
# The data has to be brought into a form that the network can take. A `Dense` layer expects vectors, so each image of
# 28 × 28 pixels is laid out, row after row, as one vector of 28 × 28 = 784 numbers.

# %%
x_train_flatten = x_train.reshape((x_train.shape[0], -1))
x_test_flatten = x_test.reshape((x_test.shape[0], -1))
N_dim_flatten = x_train_flatten.shape[1]

print(f"Dimensions of the flattened train images: {x_train_flatten.shape}")
print(f"Dimensions of the flattened test images: {x_test_flatten.shape}")

# %% [markdown]
# ### Architecture

# %%
from tensorflow.keras.layers import Dense, Dropout, Input
from tensorflow.keras.models import Sequential

# %% [raw]
# # BEGIN QUESTION
# name: mlp
# points: 1.5

# %% [markdown]
# ##### <span style="color:purple">**Todo:** Define the network of the table.</span>
#
# A Keras `Sequential` network is a stack of layers: what one puts out, the next takes in. You begin with an empty
# one, say what its input looks like, and add layer after layer. The first lines are:
#
# ```python
# mlp = Sequential()
# mlp.add(Input(shape=(N_dim_flatten,)))
# mlp.add(Dense(128, activation="relu"))
# mlp.add(Dropout(0.2))
# ```
#
# Complete them, and show the result with `mlp.summary()`.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Build the network `mlp`, from Sequential() to the last layer, and show its summary.
mlp = Sequential()  # SOLUTION
# BEGIN SOLUTION NO PROMPT
mlp.add(Input(shape=(N_dim_flatten,)))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(10, activation="softmax"))

mlp.summary()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_mlp_is_a_network(mlp):
    import keras

    assert mlp is not None, "`mlp` has no value: it is not defined, or it is None"
    assert mlp is not ..., "`mlp` is still `...`: build the network in its place"
    found = " ".join([type(mlp).__name__, getattr(mlp, "__name__", "")]).strip()
    assert isinstance(mlp, keras.Model), f"`mlp` should be a Keras model, found {found}"
    shape = getattr(mlp, "output_shape", None)  # None as long as the network does not know its input
    right = shape is None or shape[-1] == 10
    assert right, f"`mlp` should put out one number for each of the ten digits, found {shape[-1]}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_layers_of_mlp(mlp, expect):
    layers = [
        expect.Dense(128, "relu"),
        expect.Dropout(0.2),
        expect.Dense(128, "relu"),
        expect.Dropout(0.2),
        expect.Dense(10, "softmax"),
    ]
    expect.layers(mlp, layers, name="mlp", input_size=784)


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_number_of_parameters_of_mlp(mlp, expect):
    expect.parameters(mlp, 118282, name="mlp", input_size=784)


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/mlp.py

# %% [raw]
# # BEGIN QUESTION
# name: mlp_params
# points: 1

# %% [markdown]
# The summary shows how many parameters (weights) the network has: the numbers that training will adjust.
#
# ##### <span style="color:purple">**Todo:** Find these numbers with the formulas seen in the course.</span>
#
# `mlp_params` is a list of three numbers: the parameters of the first, the second and the third `Dense` layer. Write
# each of them as a calculation, such as `12 * 34 + 56`, that shows where it comes from. (Why do the `Dropout` layers
# have none?)

# %% [raw]
# # BEGIN SOLUTION

# %%
# A list of three: the number of parameters of each Dense layer, as a calculation.
mlp_params = [784 * 128 + 128, 128 * 128 + 128, 128 * 10 + 10]  # SOLUTION
# BEGIN SOLUTION NO PROMPT

# Each neuron has a weight for each of its inputs, and a bias.
print(mlp_params, "together", sum(mlp_params))
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_three_whole_numbers(mlp_params):
    import numpy as np

    assert mlp_params is not None, "`mlp_params` has no value: it is not defined, or it is None"
    assert mlp_params is not ..., "`mlp_params` is still `...`: put your answer in its place"
    try:
        values = mlp_params.values() if isinstance(mlp_params, dict) else mlp_params
        counts = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
        counts = np.array(counts.tolist()) if counts.dtype == object else counts
    except (TypeError, ValueError):  # lists of different lengths
        counts = np.array([])
    found = " ".join(repr(mlp_params).split())[:80]
    assert counts.size == 3, f"`mlp_params` should be a list of three numbers, one for each Dense layer, found {found}"
    whole = counts.dtype.kind in "iuf" and (counts % 1 == 0).all() and (counts > 0).all()
    assert whole, f"`mlp_params` should hold whole numbers above 0, found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_parameters_of_each_dense_layer(mlp_params, expect):
    expect.wholes(mlp_params, [100480, 16512, 1290], "mlp_params", each="Dense layer")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Training

# %%
from tensorflow.keras.optimizers import RMSprop

# %% [markdown]
# An architecture alone learns nothing. To prepare it for training, *compile* it with:
#
# * an _optimizer_, the rule by which the weights are adjusted: here `RMSprop`;
# * a _loss_ function, the quantity that training makes small: here the categorical cross-entropy;
# * _metrics_, which are optional: quantities to follow while the network learns. We follow the accuracy, the share of
#   images that are classified correctly.
#
# > **Remark:** Keras has two forms of this loss, for two ways of writing the labels.
# > * `sparse_categorical_crossentropy` takes a vector of $N$ labels as they are: $[5, 0, 4, 1, \ldots]$.
# > * `categorical_crossentropy` takes a *one-hot* matrix of $N \times N_{classes}$ numbers: a row for each label,
# >   with a 1 in the column of its class and 0 elsewhere.
# >
# > The function `to_categorical` turns the first into the second:

# %%
print(y_train[:4])
print(ku.to_categorical(y_train[:4], num_classes=10))

# %% [markdown]
# Our labels are digits, so the sparse form fits them as they are.

# %%
if mlp is ...:
    print("Define mlp first.")
else:
    mlp.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])

# %% [markdown]
# > **Remark:** to train a network again from the start, _you must reset its weights_: run the cells again from its
# > definition on. `fit` continues from the weights that it finds, so a second `fit` would build on the first, and you
# > would take its results, good or bad, for something that they are not.
#
# The images are seen in batches of 256, and the whole training set 10 times over. After each of these epochs Keras
# also measures the network on the test set. That is in order as long as we only *look*: we do not choose anything by
# it.

# %%
batch_size = 256
epochs = 10

if mlp is ...:
    print("Define mlp first.")
else:
    t_train_mlp = time.time()
    history = mlp.fit(
        x_train_flatten,
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        verbose=1,
        validation_data=(x_test_flatten, y_test),
    )
    t_train_mlp = time.time() - t_train_mlp
    print(f"Running time: {t_train_mlp:.2f} seconds")

# %% [markdown]
# ### Results
#
# One number, the accuracy, says how often the network is right. A *confusion matrix* says what happens when it is
# not: row $i$, column $j$ counts the images of digit $i$ that were read as digit $j$. This function draws one:

# %%
from sklearn.metrics import confusion_matrix


def show_confusion_matrix(labels, probabilities, title):
    """Draw how often each digit (row) was read as each digit (column), from a row of ten probabilities per image."""
    counts = confusion_matrix(labels, np.argmax(probabilities, axis=1))
    fig, ax = plt.subplots(figsize=(7, 6))
    sns.heatmap(pd.DataFrame(counts), annot=True, fmt="d", cmap="Blues", ax=ax)
    ax.set(title=title, xlabel="read as", ylabel="true digit")
    plt.show()


# %% [raw]
# # BEGIN QUESTION
# name: mlp_results
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Todo:** Evaluate the performance of this training.</span>
#
# * `score_mlp`: what `mlp.evaluate` returns for the test set, the loss and the accuracy (with `verbose=0` it keeps
#   quiet);
# * `predict_mlp`: what `mlp.predict` returns for the test set, ten probabilities for each of the 10,000 images.
#
# Print the test loss, the test accuracy and the running time `t_train_mlp`, and draw the confusion matrix.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Measure mlp on the test set, let it predict the test images, and show both.
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)  # SOLUTION
predict_mlp = mlp.predict(x_test_flatten, verbose=0)  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(f"Test loss: {score_mlp[0]:.4f}")
print(f"Test accuracy: {score_mlp[1]:.4f}")
print(f"Running time: {t_train_mlp:.2f} seconds")
show_confusion_matrix(y_test, predict_mlp, "MLP, raw pixels")
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_score_mlp_is_loss_and_accuracy(score_mlp):
    import numpy as np

    assert score_mlp is not None, "`score_mlp` has no value: it is not defined, or it is None"
    assert score_mlp is not ..., "`score_mlp` is still `...`: replace it by the result of mlp.evaluate"
    try:
        score = np.asarray(list(score_mlp.values()) if isinstance(score_mlp, dict) else score_mlp).reshape(-1)
    except (TypeError, ValueError):  # lists of different lengths
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in "iuf" and np.isfinite(score).all()
    found = " ".join(repr(score_mlp).split())[:80]
    assert numbers, (
        f"`score_mlp` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}"
    )
    assert score[0] >= 0, f"`score_mlp`: a loss should be at least 0, found {score[0]:g}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_predict_mlp_is_probabilities(predict_mlp):
    import numpy as np

    assert predict_mlp is not None, "`predict_mlp` has no value: it is not defined, or it is None"
    assert predict_mlp is not ..., "`predict_mlp` is still `...`: replace it by the result of mlp.predict"
    try:
        probabilities = np.asarray(predict_mlp, dtype=float)
    except (TypeError, ValueError):
        found = " ".join(repr(predict_mlp).split())[:80]
        raise AssertionError(f"`predict_mlp` should be an array of numbers, found {found}") from None
    shape = probabilities.shape
    right = shape == (10000, 10)
    assert right, f"`predict_mlp` should have a row of ten for each of 10,000 images, found shape {shape}"
    sums = probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=0.01), "`predict_mlp`: the ten probabilities of an image should add up to 1"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_score_of_mlp(mlp, score_mlp, reference):
    reference.score(mlp, score_mlp, name="score_mlp")
    reference.trained(mlp, name="mlp", epochs=10)
    reference.accuracy(mlp, "mlp")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_predictions_of_mlp(mlp, predict_mlp, reference):
    reference.predictions(mlp, predict_mlp, name="predict_mlp")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/mlp_results.py

# %% [raw]
# # BEGIN QUESTION
# name: mlp_comment
# manual: true
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Question:** What can you say about these results?</span>
#
# Is this accuracy good, and compared to what? Which digits are confused most often, and can you see why? Compare the
# accuracies on the training and on the test images, too: what does the difference, or its absence, tell you?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# About 96 % of the test images are read correctly, far above the 11 % of always answering "one", and after less than
# a minute. Still, some 400 images of 10,000 are misread, too many for a machine that sorts letters. The errors are
# not spread evenly: digits that look alike are confused most, such as 4 and 9, 3 and 5, 7 and 2 or 9. The accuracy on
# the training images, though measured with dropout switched on, is close to that on the test images: the network
# generalises well, and dropout keeps overfitting small.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: mlp_norm
# points: 1.5

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Normalize the data and learn again.</span>
#
# The pixels are whole numbers from 0 (background) to 255 (ink). Bring them to values between 0 and 1, in such a way
# that 0 stays 0 and 255 becomes 1, and train *the same network* again from scratch, with the same settings as before:
#
# * `x_train_flatten_norm` and `x_test_flatten_norm`: the flattened images, normalized (as `float32` they take half
#   the memory);
# * `mlp_norm`: a *new* network with the architecture of `mlp`, compiled and trained like it (`RMSprop`, the same loss
#   and metric, batches of 256, 10 epochs), but on the normalized images;
# * `score_mlp_norm`: its loss and accuracy on the normalized test images.
#
# Define a new network. Do not write `mlp_norm = mlp`: that would be a second name for the network that has
# already learnt. Show the results as you did before.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Normalize the images, build, compile and train a new network on them, and evaluate it.
x_train_flatten_norm = x_train_flatten.astype("float32") / 255  # SOLUTION
x_test_flatten_norm = x_test_flatten.astype("float32") / 255  # SOLUTION

mlp_norm = Sequential()  # SOLUTION
# BEGIN SOLUTION NO PROMPT
mlp_norm.add(Input(shape=(N_dim_flatten,)))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(10, activation="softmax"))

mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])

t_train_mlp_norm = time.time()
mlp_norm.fit(
    x_train_flatten_norm,
    y_train,
    batch_size=256,
    epochs=10,
    verbose=1,
    validation_data=(x_test_flatten_norm, y_test),
)
t_train_mlp_norm = time.time() - t_train_mlp_norm

# END SOLUTION
score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test, verbose=0)  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(f"Test loss: {score_mlp_norm[0]:.4f}")
print(f"Test accuracy: {score_mlp_norm[1]:.4f}")
print(f"Running time: {t_train_mlp_norm:.2f} seconds")
show_confusion_matrix(y_test, mlp_norm.predict(x_test_flatten_norm, verbose=0), "MLP, normalized pixels")
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_shapes_of_the_normalized_images(x_train_flatten_norm, x_test_flatten_norm):
    import numpy as np

    for name, images, count in [
        ("x_train_flatten_norm", x_train_flatten_norm, 60000),
        ("x_test_flatten_norm", x_test_flatten_norm, 10000),
    ]:
        assert images is not None, f"`{name}` has no value: it is not defined, or it is None"
        assert images is not ..., f"`{name}` is still `...`: put your answer in its place"
        try:
            shape = np.shape(images)
        except ValueError:
            shape = (len(images), "rows of different lengths")
        assert shape == (count, 784), f"`{name}` should hold the flattened images, found an array of shape {shape}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_mlp_norm_is_a_network(mlp_norm):
    import keras

    assert mlp_norm is not None, "`mlp_norm` has no value: it is not defined, or it is None"
    assert mlp_norm is not ..., "`mlp_norm` is still `...`: build and train a new network in its place"
    found = " ".join([type(mlp_norm).__name__, getattr(mlp_norm, "__name__", "")]).strip()
    assert isinstance(mlp_norm, keras.Model), f"`mlp_norm` should be a Keras model, found {found}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_score_mlp_norm_is_loss_and_accuracy(score_mlp_norm):
    import numpy as np

    answer = score_mlp_norm
    assert answer is not None, "`score_mlp_norm` has no value: it is not defined, or it is None"
    assert answer is not ..., "`score_mlp_norm` is still `...`: replace it by the result of mlp_norm.evaluate"
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):  # lists of different lengths
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in "iuf" and np.isfinite(score).all()
    found = " ".join(repr(answer).split())[:80]
    assert numbers, (
        f"`score_mlp_norm` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}"
    )
    assert score[0] >= 0, f"`score_mlp_norm`: a loss should be at least 0, found {score[0]:g}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_pixels_lie_between_0_and_1(x_train_flatten_norm, x_test_flatten_norm, expect, reference):
    import numpy as np

    for name, answer, images in [
        ("x_train_flatten_norm", x_train_flatten_norm, reference.x_train),
        ("x_test_flatten_norm", x_test_flatten_norm, reference.x_test),
    ]:
        try:
            pixels = np.asarray(answer)
        except (TypeError, ValueError):
            raise AssertionError(f"`{name}`: expected an array of numbers, found {expect.shown(answer)}") from None
        shape = (len(images), 784)
        assert pixels.shape == shape, f"`{name}`: expected shape {shape}, found {pixels.shape}"
        assert pixels.dtype.kind in "fiu", f"`{name}`: expected an array of numbers, found one of {pixels.dtype}"
        lengths = np.linalg.norm(pixels[:100].astype(float), axis=1)
        unit = np.allclose(lengths, 1, atol=0.01)
        assert not unit, f"`{name}`: each row has length 1 (was it scaled to unit norm?); divide by 255 instead"
        low, high = float(pixels.min()), float(pixels.max())
        in_range = 0 <= low and high <= 1.001  # 1 / 255 may be rounded
        assert in_range, f"`{name}`: expected values between 0 and 1, found {low:.4g} to {high:.4g}"
        why = "twice" if high < 0.9 else "by 256"
        assert high > 0.999, f"`{name}`: expected 1 for the darkest ink, found at most {high:.4g} (was it divided {why}?)"
        ink = images[:1000].reshape(-1, 784) > 0
        assert ((pixels[:1000] > 0) == ink).all(), (
            f"`{name}`: expected the images in the order of the dataset, with values above 0 exactly where there is "
            "ink; found others (does a whole-number division round the greys away?)"
        )
        shades = len(np.unique(pixels[:1000]))
        assert shades > 2, f"`{name}`: expected greys between 0 and 1, found only {shades} values (were they rounded?)"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0
optional: mlp
"""  # END TEST CONFIG


def test_mlp_norm_is_new(mlp_norm, mlp, reference):
    reference.new_model(mlp_norm, mlp, name="mlp_norm", other="mlp")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_mlp_norm_is_new
optional: mlp
"""  # END TEST CONFIG


def test_layers_of_mlp_norm(mlp_norm, mlp, expect):
    layers = [
        expect.Dense(128, "relu"),
        expect.Dropout(0.2),
        expect.Dense(128, "relu"),
        expect.Dropout(0.2),
        expect.Dense(10, "softmax"),
    ]
    expect.layers(mlp_norm, layers, name="mlp_norm", input_size=784, same_as=mlp)


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_mlp_norm_is_new
"""  # END TEST CONFIG


def test_score_of_mlp_norm(mlp_norm, score_mlp_norm, reference):
    reference.trained(mlp_norm, name="mlp_norm")
    reference.score(mlp_norm, score_mlp_norm, name="score_mlp_norm", divisor=255)


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_mlp_norm_is_new
"""  # END TEST CONFIG


def test_training_of_mlp_norm(mlp_norm, reference):
    reference.trained(mlp_norm, name="mlp_norm", epochs=10, batch_size=256)
    reference.optimizer(mlp_norm, "RMSprop", name="mlp_norm", defaults=True)
    reference.loss(mlp_norm, "sparse_categorical_crossentropy", name="mlp_norm")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_layers_of_mlp_norm
optional: x_train_flatten_norm
"""  # END TEST CONFIG


def test_accuracy_of_mlp_norm(mlp_norm, x_train_flatten_norm, reference):
    reference.trained(mlp_norm, name="mlp_norm", images=x_train_flatten_norm)
    reference.accuracy(mlp_norm, "mlp_norm")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/mlp_norm.py

# %% [raw]
# # BEGIN QUESTION
# name: norm_comment
# manual: true
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Question:** What can you say about these results?</span>
#
# Nothing was added to the images: dividing them by a constant loses and gains no information. What has changed all
# the same, and why would the size of the inputs matter to a network that starts from small random weights?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The test accuracy rises from about 96.3 % to about 98 %: nearly half of the errors are gone, with the same network
# and the same time. The initial weights and the optimizer's step are made for inputs of about size 1. Inputs of up to
# 255 make the sums in the first layer hundreds of times too large: the softmax begins with outputs that are certain
# and mostly wrong, the loss and its gradients start out huge, and steps that suit one layer do not suit the next.
# With inputs between 0 and 1 the network starts from a reasonable point, the loss falls smoothly, and the same ten
# epochs take it further.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Convolutional layers
#
# The MLP sees 784 numbers and does not know which pixels are neighbours: shuffle the pixels of all images in the same
# way, and it would learn just as well. A *convolutional* layer does know. It looks at the image through a small
# window, the same everywhere, and can recognise a stroke wherever it is drawn. In this part you see what such layers
# do, and then build classifiers from them.
#
# ### Data format
#
# A convolutional layer takes images, so there is no need to flatten them. But it expects a third dimension, the
# *channels*: how many numbers describe a pixel. A grey pixel is one number, so ours have one channel; a pixel of a
# colour image is usually three (red, green and blue). The images therefore go from 28 × 28 to 28 × 28 × 1.

# %%
x_train_conv = np.expand_dims(x_train, axis=-1)
x_test_conv = np.expand_dims(x_test, axis=-1)

print(f"Train data: {x_train_conv.shape[0]} images {x_train_conv.shape[1:]}")
print(f"Test data: {x_test_conv.shape[0]} images {x_test_conv.shape[1:]}")

# %% [markdown]
# ### Edge detection
#
# First, what does a convolutional layer do to an image?

# %%
from tensorflow.keras.layers import Conv2D

# %% [markdown]
# As test images we take the first example of each digit (0 to 9) in the training set, and draw one of our own: a plus
# sign, whose edges are easy to follow. Try the filters below, and others of your own, on several of them.

# %%
img_plus = np.zeros((28, 28, 1), dtype=int)
img_plus[4:24, 11:17] = 1
img_plus[11:17, 4:24] = 1

# np.unique gives, for each digit, the position at which it comes first.
_, sample_index = np.unique(y_train, return_index=True)

fig, axes = plt.subplots(ncols=11, figsize=(11, 1.5))
for ax, image in zip(axes, [*x_train_conv[sample_index], img_plus]):
    ax.imshow(image[:, :, 0], cmap="gray_r")
    ax.axis("off")
plt.tight_layout()
plt.show()

# %% [markdown]
# Here are five convolution filters of 3 × 3 numbers. Can you guess what each will do, before you see it?

# %%
conv_filter_1 = np.array([
    [0.2, -0.2, 0],
    [0.2, -0.2, 0],
    [0.2, -0.2, 0],
])

conv_filter_2 = 1 / 9 * np.array([
    [1, 1, 1],
    [1, 1, 1],
    [1, 1, 1],
])

conv_filter_3 = np.array([
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
])

conv_filter_4 = np.array([
    [-1, 2, -1],
    [-1, 2, -1],
    [-1, 2, -1],
])

conv_filter_5 = np.array([
    [-1, -1, 2],
    [-1, 2, -1],
    [2, -1, -1],
])

# %% [markdown]
# The filter slides over the image. At each place its nine numbers are multiplied with the nine pixels beneath them,
# and the sum is one pixel of the result: large where the image looks like the filter, 0 where the two have nothing in
# common.
#
# In a network, training finds the numbers of a filter. Here we set them by hand, to see their effect: a network of a
# single convolutional layer with a single filter, whose weights *start* as our filter.

# %%
conv_filter = conv_filter_1


def my_init_filter(shape, dtype=None):
    """The first weights of the layer: our filter, with two more dimensions."""
    return np.expand_dims(conv_filter, axis=(2, 3))


conv_layer = Sequential()
conv_layer.add(Input(shape=(28, 28, 1)))
conv_layer.add(Conv2D(filters=1, kernel_size=(3, 3), kernel_initializer=my_init_filter))

# %% [raw]
# # BEGIN QUESTION
# name: kernel_shape
# points: 0.5

# %% [markdown]
# `my_init_filter` gives the filter two dimensions more than the two it had.
#
# ##### <span style="color:purple">**Question:** What do these dimensions represent?</span>
#
# Keras keeps the weights of all filters of a layer in one array, its *kernel*, with four dimensions. `kernel_shape`
# is the shape of the kernel of `conv_layer`: a tuple of four whole numbers, in the order in which Keras keeps them.
# Be sure of what each stands for. (If you hesitate: what would the shape be for 32 filters on a colour image?)

# %% [raw]
# # BEGIN SOLUTION

# %%
# A tuple of four whole numbers: the shape of the kernel of conv_layer.
kernel_shape = (3, 3, 1, 1)  # SOLUTION
# BEGIN SOLUTION NO PROMPT

# Height and width of a filter, channels of the input, number of filters:
# 32 filters of 3 x 3 on a colour image would make it (3, 3, 3, 32).
print(kernel_shape, conv_layer.get_weights()[0].shape)
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_four_whole_numbers(kernel_shape):
    import numpy as np

    assert kernel_shape is not None, "`kernel_shape` has no value: it is not defined, or it is None"
    assert kernel_shape is not ..., "`kernel_shape` is still `...`: put your answer in its place"
    try:
        sizes = np.asarray(list(kernel_shape.values()) if isinstance(kernel_shape, dict) else kernel_shape)
    except (TypeError, ValueError):  # lists of different lengths
        sizes = np.array([])
    found = " ".join(repr(kernel_shape).split())[:80]
    assert sizes.size == 4, f"`kernel_shape` should be a tuple of four numbers, found {found}"
    whole = sizes.dtype.kind in "iuf" and (sizes % 1 == 0).all() and (sizes > 0).all()
    assert whole, f"`kernel_shape` should hold whole numbers above 0, found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_shape_of_the_kernel(kernel_shape, expect):
    sizes = expect.numbers(kernel_shape, "kernel_shape")
    assert sizes != [3, 3], (
        "`kernel_shape`: expected 4 numbers, found 2: this is the filter alone; Keras adds two dimensions, for the "
        "channels of the input and for the filters of the layer"
    )
    assert sizes != [1, 3, 3, 1], (
        "`kernel_shape`: dimension 1: expected 3, found 1 (the right numbers, in another order): a kernel has no axis "
        "for the batch; Keras keeps height, width, channels of the input, number of filters"
    )
    assert sizes != [1, 1, 3, 3], (
        "`kernel_shape`: dimension 1: expected 3, found 1; 4 of 4 are wrong (the right numbers, in another order): "
        "Keras keeps height and width first, then the channels of the input and the number of filters"
    )
    expect.wholes(kernel_shape, [3, 3, 1, 1], "kernel_shape", each="dimension")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# The next two functions build such a layer for any filter, and draw an image, a filter and what the filter makes of
# the image. Results can be negative: they are drawn in blue, positive ones in red, and white is 0.

# %%
def build_conv_layer(conv_filter):
    """A network of one convolutional layer with one filter: the given array of height x width numbers."""
    conv_filter = np.asarray(conv_filter)

    def my_init_filter(shape, dtype=None):
        return np.expand_dims(conv_filter, axis=(2, 3))

    conv_layer = Sequential()
    conv_layer.add(Input(shape=(28, 28, 1)))
    conv_layer.add(Conv2D(filters=1, kernel_size=conv_filter.shape, kernel_initializer=my_init_filter))
    return conv_layer


def show_convolution(image, conv_filter, result):
    """Draw an image, a filter and the filtered image side by side; each may have dimensions of size 1 to spare."""
    image, conv_filter, result = np.squeeze(image), np.asarray(conv_filter), np.squeeze(result)
    colours = {"cmap": "RdBu_r", "center": 0, "square": True, "xticklabels": False, "yticklabels": False}

    fig, (ax0, ax1, ax2) = plt.subplots(ncols=3, figsize=(14, 4))
    ax0.imshow(image, cmap="gray_r")
    ax0.set_title(f"Original image, {image.shape[0]} x {image.shape[1]}")
    sns.heatmap(conv_filter, annot=True, fmt=".3g", cbar=False, ax=ax1, **colours)
    ax1.set_title("Filter")
    sns.heatmap(result, ax=ax2, **colours)
    ax2.set_title(f"Filtered image, {result.shape[0]} x {result.shape[1]}")
    plt.show()


# %%
# Your choice of an image: a digit or the plus ...
x = x_train_conv[sample_index[9]]
# x = img_plus

# ... and of a filter
conv_filter = conv_filter_3

conv_layer = build_conv_layer(conv_filter)
img_in = np.expand_dims(x, axis=0)  # networks work on batches of images: this is a batch of one
img_out = conv_layer(img_in).numpy()
show_convolution(img_in, conv_filter, img_out)

# %% [raw]
# # BEGIN QUESTION
# name: edges
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Design a filter that detects horizontal edges.</span>
#
# An *edge* is a place where the brightness changes. `conv_filter_1` answers where it changes from left to right, that
# is, to vertical edges. Design a filter of 3 × 3 numbers, `horizontal_filter`, which does the opposite:
#
# * it answers clearly, be it with positive or negative values, where the brightness changes from top to bottom;
# * it answers 0, or close to it, at vertical edges and on areas of one and the same brightness, whether dark or
#   light.

# %% [raw]
# # BEGIN SOLUTION

# %%
# An array of 3 x 3 numbers that answers to horizontal edges only.
horizontal_filter = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])  # SOLUTION

# %% [raw]
# # END SOLUTION

# %%
if horizontal_filter is ...:
    print("Design horizontal_filter first.")
else:
    conv_layer = build_conv_layer(horizontal_filter)
    for x in (img_plus, x_train_conv[sample_index[9]]):
        show_convolution(x, horizontal_filter, conv_layer(np.expand_dims(x, axis=0)).numpy())

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_three_by_three_numbers(horizontal_filter):
    import numpy as np

    assert horizontal_filter is not None, "`horizontal_filter` has no value: it is not defined, or it is None"
    assert horizontal_filter is not ..., "`horizontal_filter` is still `...`: put your filter in its place"
    found = " ".join(repr(horizontal_filter).split())[:80]
    try:
        numbers = np.asarray(horizontal_filter)
    except (TypeError, ValueError):  # rows of different lengths
        raise AssertionError(f"`horizontal_filter` should be an array of 3 x 3 numbers, found {found}") from None
    assert numbers.dtype.kind in "iuf", f"`horizontal_filter` should hold numbers, found {found}"
    square = np.squeeze(numbers).shape == (3, 3)
    assert square, f"`horizontal_filter` should be an array of 3 x 3 numbers, found shape {numbers.shape}"
    assert np.isfinite(numbers).all(), f"`horizontal_filter` should hold ordinary numbers, found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_answers_horizontal_edges_only(horizontal_filter, expect):
    import numpy as np

    numbers = expect.array(horizontal_filter, shape=(3, 3), name="horizontal_filter", squeeze=True)

    def strongest_answer(image):
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        return np.abs((windows * numbers).sum(axis=(2, 3))).max()

    dark, light = np.zeros((6, 12)), np.ones((6, 12))
    horizontal = min(strongest_answer(np.vstack(pair)) for pair in [(dark, light), (light, dark)])
    vertical = max(strongest_answer(np.vstack(pair).T) for pair in [(dark, light), (light, dark)])
    flat = strongest_answer(np.vstack([light, light]))
    answers = horizontal > 1e-6 * np.abs(numbers).max()
    assert answers, "`horizontal_filter` does not answer to a horizontal edge: it gives 0 there"
    for place, answer in [("on an area of one brightness", flat), ("at a vertical edge", vertical)]:
        assert answer <= 0.1 * horizontal, (
            f"`horizontal_filter` should answer (almost) 0 {place}; it answers up to {answer:.3g} there, "
            f"and {horizontal:.3g} at a horizontal edge"
        )


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: conv_comment
# manual: true
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Question:** What do you see?</span>
#
# Try all five filters on a digit and on the plus. How does each of them affect the image, and is that what its
# numbers promise? And in a sentence: what do the two dimensions that `my_init_filter` added stand for?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The results agree with the numbers. Filter 1 subtracts each pixel from its left neighbour: it answers at vertical
# edges, with one sign on the left side of a stroke and the other on its right, and gives 0 along horizontal strokes
# and on flat areas. Filter 2 takes the mean of nine pixels and blurs the image. Filter 3 makes each pixel stand out
# against its four neighbours and sharpens the image; its numbers add up to 1, so flat areas stay as they are. Filters
# 4 and 5 add up to 0 and answer to thin lines, filter 4 to vertical ones and filter 5 to those that rise from left to
# right. Every result measures 26 × 26, since the filter must fit into the image. The two added dimensions are the
# channels of the input and the number of filters, both 1 here.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Strides and padding
#
# Two arguments of a convolutional layer decide where the filter is laid on the image:
#
# * `strides`: how many pixels the filter moves from one place to the next, to the right and down;
# * `padding`: `"valid"` means no padding, the filter stays inside the image; with `"same"` a border of zeros is
#   added, just wide enough that with a stride of 1 the result has the *same* size as the image.
#
# This version of the function lets you choose both.

# %%
def build_conv_layer_sp(conv_filter, strides=2, padding="same"):
    """Like build_conv_layer, with a choice of strides and padding."""
    conv_filter = np.asarray(conv_filter)

    def my_init_filter(shape, dtype=None):
        return np.expand_dims(conv_filter, axis=(2, 3))

    conv_layer = Sequential()
    conv_layer.add(Input(shape=(28, 28, 1)))
    conv_layer.add(
        Conv2D(
            filters=1,
            kernel_size=conv_filter.shape,
            kernel_initializer=my_init_filter,
            strides=strides,  # new
            padding=padding,  # new
        )
    )
    return conv_layer


# %%
# Your choice of an image ...
x = x_train_conv[sample_index[9]]
# x = img_plus

# ... of a filter, a stride and a padding
conv_filter = conv_filter_3
conv_layer = build_conv_layer_sp(conv_filter, strides=2, padding="valid")

img_in = np.expand_dims(x, axis=0)
img_out = conv_layer(img_in).numpy()
show_convolution(img_in, conv_filter, img_out)

# %% [raw]
# # BEGIN QUESTION
# name: conv_shapes
# points: 1.5

# %% [markdown]
# ##### <span style="color:purple">**Question:** What do you see?</span>
#
# Change `strides` and `padding` in the cell above, look at the size of the result, and find out why it is what it is:
# at how many places does a filter of 3 × 3 fit along a row of 28 pixels? Then give the height (which is also the
# width) of the result for a 28 × 28 image and a 3 × 3 filter in four cases. `conv_shapes` is a dictionary from
# `(padding, stride)` to that number:
#
# ```python
# {("valid", 1): ?, ("valid", 2): ?, ("same", 1): ?, ("same", 2): ?}
# ```

# %% [raw]
# # BEGIN SOLUTION

# %%
# A dictionary with the four keys ("valid", 1), ("valid", 2), ("same", 1) and ("same", 2).
conv_shapes = {("valid", 1): 26, ("valid", 2): 13, ("same", 1): 28, ("same", 2): 14}  # SOLUTION
# BEGIN SOLUTION NO PROMPT

# "valid": the first place leaves 28 - 3 pixels to move over, in steps of the stride: (28 - 3) // stride + 1 places.
# "same": one place for every stride-th pixel: 28 / stride, rounded up.
for (padding, stride), size in conv_shapes.items():
    output_shape = build_conv_layer_sp(conv_filter_3, strides=stride, padding=padding).output_shape
    print(f'padding="{padding}", strides={stride}: {size} by reasoning, {output_shape[1:3]} by Keras')
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_a_size_for_each_of_four_cases(conv_shapes):
    import numpy as np

    assert conv_shapes is not None, "`conv_shapes` has no value: it is not defined, or it is None"
    assert conv_shapes is not ..., "`conv_shapes` is still `...`: put your dictionary in its place"
    assert isinstance(conv_shapes, dict), f"`conv_shapes` should be a dictionary, found {type(conv_shapes).__name__}"
    for key in [("valid", 1), ("valid", 2), ("same", 1), ("same", 2)]:
        assert key in conv_shapes, f"`conv_shapes` should have the key {key}, found the keys {list(conv_shapes)}"
        answer = conv_shapes[key]
        found = " ".join(repr(answer).split())[:80]
        if isinstance(answer, (tuple, list)):  # None, as in an output_shape, stands for any number of images
            answer = [size for size in answer if size is not None]
        try:
            sizes = np.asarray(answer)
        except (TypeError, ValueError):  # lists of different lengths
            sizes = np.array([])
        whole = sizes.size > 0 and sizes.dtype.kind in "iuf" and (sizes % 1 == 0).all()
        assert whole, f"`conv_shapes[{key}]` should be a whole number of pixels, found {found}"
        assert ((sizes >= 1) & (sizes <= 28)).all(), f"`conv_shapes[{key}]` should be from 1 to 28, found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.75
"""  # END TEST CONFIG


def test_sizes_without_padding(conv_shapes):
    import numpy as np

    assert isinstance(conv_shapes, dict), f"`conv_shapes` should be a dictionary, found {type(conv_shapes).__name__}"
    for key, size in [(("valid", 1), 26), (("valid", 2), 13)]:
        assert key in conv_shapes, f"`conv_shapes` should have the key {key}, found the keys {list(conv_shapes)}"
        answer = np.array(conv_shapes[key], dtype=object).reshape(-1).tolist()
        sides = [side for side in answer if side is not None and side != 1]
        found = " ".join(repr(conv_shapes[key]).split())[:80]
        assert sides in ([size], [size, size]), f"`conv_shapes[{key}]`: expected {size}, found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.75
"""  # END TEST CONFIG


def test_sizes_with_padding(conv_shapes):
    import numpy as np

    assert isinstance(conv_shapes, dict), f"`conv_shapes` should be a dictionary, found {type(conv_shapes).__name__}"
    for key, size in [(("same", 1), 28), (("same", 2), 14)]:
        assert key in conv_shapes, f"`conv_shapes` should have the key {key}, found the keys {list(conv_shapes)}"
        answer = np.array(conv_shapes[key], dtype=object).reshape(-1).tolist()
        sides = [side for side in answer if side is not None and side != 1]
        found = " ".join(repr(conv_shapes[key]).split())[:80]
        assert sides in ([size], [size, size]), f"`conv_shapes[{key}]`: expected {size}, found {found}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Max pooling
#
# A *max pooling* layer also moves a window over the image, but it has no weights: of the pixels in the window it
# keeps the largest and forgets the others. The image shrinks, and with it the work for the layers that follow; what
# remains is the news that something was found here, not exactly where.

# %%
from tensorflow.keras.layers import MaxPool2D, MaxPooling2D  # two names of the same layer

# %% [raw]
# # BEGIN QUESTION
# name: max_pooling
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Write code like that above to see what a max pooling layer does.</span>
#
# The next cell sets `img_in` to the first nine of the training set, as a batch of one image with one channel. Then:
#
# * `pool_layer`: a max pooling layer with a window of 2 × 2 pixels that moves by 2 pixels;
# * `img_out`: what `pool_layer` makes of `img_in`, a batch of one image with one channel, too (axes of length 1 may be
#   left out).
#
# A layer can be called like a function, just as the networks above, so you need no network. Draw both images side by
# side.
#
# ##### <span style="color:purple">**Question:** What are the dimensions of the output image?</span>

# %%
img_in = x_train_conv[[sample_index[9]]].astype("float32")
print(img_in.shape)

# %% [raw]
# # BEGIN SOLUTION

# %%
# Make a max pooling layer, apply it to img_in, and draw what goes in and what comes out.
pool_layer = MaxPooling2D(pool_size=(2, 2))  # SOLUTION
img_out = np.array(pool_layer(img_in))  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(img_out.shape)  # half the height and half the width: one pixel for each 2 x 2 window
fig, axes = plt.subplots(ncols=2, figsize=(9, 4))
for ax, title, image in zip(axes, ["Before", "After max pooling"], [img_in[0, :, :, 0], img_out[0, :, :, 0]]):
    ax.imshow(image, cmap="gray_r")
    ax.set_title(f"{title}, {image.shape[0]} x {image.shape[1]}")
plt.show()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_a_layer_and_an_image(pool_layer, img_out):
    import keras
    import numpy as np

    assert pool_layer is not None, "`pool_layer` has no value: it is not defined, or it is None"
    assert pool_layer is not ..., "`pool_layer` is still `...`: put your layer in its place"
    found = type(pool_layer).__name__
    if isinstance(pool_layer, type):
        found = f"the class {pool_layer.__name__}, a type of layer; call it to get a layer"
    assert isinstance(pool_layer, keras.layers.Layer), f"`pool_layer` should be a Keras layer, found {found}"
    assert img_out is not None, "`img_out` has no value: it is not defined, or it is None"
    assert img_out is not ..., "`img_out` is still `...`: put the image that comes out of pool_layer in its place"
    shape = np.shape(img_out) if hasattr(img_out, "shape") else np.array(img_out, dtype=object).shape
    sides = [length for length in shape if length != 1]
    assert len(sides) == 2, f"`img_out` should be one image, found shape {shape}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_pooling_layer_of_two_by_two(pool_layer):
    import keras

    assert not isinstance(pool_layer, type), (
        f"`pool_layer`: expected a MaxPooling2D layer, found the class {pool_layer.__name__}, a type of layer; "
        "call it to get a layer"
    )
    layers = [layer for layer in getattr(pool_layer, "layers", [pool_layer]) if type(layer).__name__ != "InputLayer"]
    found = ", ".join(type(layer).__name__ for layer in layers) or type(pool_layer).__name__
    right = len(layers) == 1 and type(layers[0]) is keras.layers.MaxPooling2D
    assert right, f"`pool_layer`: expected a MaxPooling2D layer, found {found}"
    window, step = tuple(layers[0].pool_size), tuple(layers[0].strides)
    assert window == (2, 2), f"`pool_layer`: expected a window (pool_size) of (2, 2), found {window}"
    assert step == (2, 2), f"`pool_layer`: expected strides of (2, 2), found {step}"
    channels = layers[0].data_format
    assert channels == "channels_last", (
        f"`pool_layer`: expected a window over height and width, found data_format={channels!r}, which takes the first "
        "of the three axes of an image for its channels"
    )


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
optional: img_in
"""  # END TEST CONFIG


def test_img_out_holds_the_maxima(img_out, img_in, expect, reference):
    import numpy as np

    pooled = expect.array(img_out, shape=(1, 14, 14, 1), name="img_out", squeeze=True)[0, :, :, 0]
    nine, tolerance = reference.x_train[np.argmax(reference.y_train == 9)].astype(float), 0.5
    try:
        given = np.asarray(img_in, dtype=float).reshape(28, 28)
    except (TypeError, ValueError):  # no image at all
        given = nine
    factor = np.ptp(nine) / np.ptp(given) if np.ptp(given) > 0 else 1
    if np.allclose((given - given.min()) * factor, nine, atol=0.5):  # the notebook has scaled its pixels
        nine, tolerance = given, 0.5 / factor
    windows = nine.reshape(14, 2, 14, 2)
    means = np.allclose(pooled, windows.mean(axis=(1, 3)), atol=tolerance)
    assert not means, "`img_out` holds the means of the 2 x 2 windows of img_in; max pooling keeps their maxima"
    maxima = windows.max(axis=(1, 3))
    wrong = np.argwhere(~(np.abs(pooled - maxima) < tolerance))
    for row, column in wrong[:1]:
        raise AssertionError(
            f"`img_out[0, {row}, {column}, 0]`: expected {maxima[row, column]:g}, the largest of four pixels of img_in "
            f"(the first nine of x_train), found {pooled[row, column]:g}; {len(wrong)} of 196 pixels differ"
        )


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/max_pooling.py

# %% [markdown]
# ## Convolutional neural networks (CNN or ConvNet)
#
# Now the pieces come together. Convolutional layers find patterns, pooling layers thin them out, and a few `Dense`
# layers at the end draw the conclusion: that is a convolutional network.
#
# ### LeNet5
#
# The ancestor of them all is [LeNet5](https://en.wikipedia.org/wiki/LeNet), proposed by Yann LeCun and his colleagues
# in the 1990s; it read the digits on cheques. Follow how the image grows smaller while the channels become more:
#
# | layer | activation | output |
# | --- | --- | --- |
# | input | | 28 × 28 × 1 |
# | convolution, 6 filters of 5 × 5 | *tanh* | 24 × 24 × 6 |
# | max pooling, 2 × 2 | | 12 × 12 × 6 |
# | convolution, 16 filters of 5 × 5 | *tanh* | 8 × 8 × 16 |
# | max pooling, 2 × 2 | | 4 × 4 × 16 |
# | flatten | | 256 |
# | dense | *tanh* | 120 |
# | dense | *tanh* | 84 |
# | dense | *softmax* | 10 |

# %%
from tensorflow.keras.layers import Flatten
from tensorflow.keras.optimizers import Adadelta, Adam

# %% [markdown]
# This function builds the network. Each call gives a new one, which has not learnt anything yet.

# %%
def build_lenet():
    """A new, untrained LeNet5 for images of 28 x 28 pixels with one channel."""
    network = Sequential()
    network.add(Input(shape=(28, 28, 1)))

    network.add(Conv2D(filters=6, kernel_size=5, strides=1, activation="tanh"))
    network.add(MaxPool2D(pool_size=2, strides=2))

    network.add(Conv2D(filters=16, kernel_size=5, strides=1, activation="tanh"))
    network.add(MaxPool2D(pool_size=2, strides=2))

    network.add(Flatten())
    network.add(Dense(units=120, activation="tanh"))
    network.add(Dense(units=84, activation="tanh"))
    network.add(Dense(units=10, activation="softmax"))
    return network


# %% [raw]
# # BEGIN QUESTION
# name: lenet
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Todo:** Build the network.</span>
#
# Call the function, name the network `LeNet`, and show its summary. Do you find the shapes of the table in it?

# %% [raw]
# # BEGIN SOLUTION

# %%
# Build the network `LeNet` with the function above, and show its summary.
LeNet = build_lenet()  # SOLUTION
# BEGIN SOLUTION NO PROMPT
LeNet.summary()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_lenet_is_a_network(LeNet):
    import keras

    assert LeNet is not None, "`LeNet` has no value: it is not defined, or it is None"
    assert LeNet is not ..., "`LeNet` is still `...`: build the network in its place"
    found = " ".join([type(LeNet).__name__, getattr(LeNet, "__name__", "")]).strip()
    assert isinstance(LeNet, keras.Model), f"`LeNet` should be a Keras model (did you call build_lenet?), found {found}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_layers_of_lenet(LeNet, expect):
    layers = [
        expect.Conv2D(6, 5, "tanh"),
        expect.MaxPooling2D(2),
        expect.Conv2D(16, 5, "tanh"),
        expect.MaxPooling2D(2),
        expect.Flatten(),
        expect.Dense(120, "tanh"),
        expect.Dense(84, "tanh"),
        expect.Dense(10, "softmax"),
    ]
    expect.layers(LeNet, layers, name="LeNet", input_size=784)
    expect.parameters(LeNet, 44426, name="LeNet", input_size=784)


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: lenet_params
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Find the number of parameters of this model "by hand".</span>
#
# Five layers of LeNet have parameters: two convolutions and three dense layers. How many weights has one filter, and
# what else belongs to it? Think of the channels: a filter of the second convolution sees all six of its input.
#
# * `lenet_params`: a list of five numbers, the parameters of these layers in the order of the network, again as
#   calculations;
# * `lenet_largest`: the position *in that list* of the layer with the most parameters, counted as Python counts, so
#   that the first of the five is 0.

# %% [raw]
# # BEGIN SOLUTION

# %%
# A list of five calculations, then the position in it (from 0 to 4) of the largest number.
lenet_params = [6 * (5 * 5 * 1 + 1), 16 * (5 * 5 * 6 + 1), 120 * (256 + 1), 84 * (120 + 1), 10 * (84 + 1)]  # SOLUTION
lenet_largest = lenet_params.index(max(lenet_params))  # SOLUTION
# BEGIN SOLUTION NO PROMPT

# A filter has a weight for each of its pixels in each channel, and a bias; a neuron one for each input, and a bias.
print(lenet_params, "together", sum(lenet_params), "of which most in number", lenet_largest)
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_five_numbers_and_a_position(lenet_params, lenet_largest):
    import numpy as np

    assert lenet_params is not None, "`lenet_params` has no value: it is not defined, or it is None"
    assert lenet_params is not ..., "`lenet_params` is still `...`: put your answer in its place"
    try:
        values = lenet_params.values() if isinstance(lenet_params, dict) else lenet_params
        counts = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
        counts = np.array(counts.tolist()) if counts.dtype == object else counts
    except (TypeError, ValueError):  # lists of different lengths
        counts = np.array([])
    found = " ".join(repr(lenet_params).split())[:80]
    five = counts.size == 5
    assert five, f"`lenet_params` should be a list of five numbers, one for each layer with parameters, found {found}"
    whole = counts.dtype.kind in "iuf" and (counts % 1 == 0).all() and (counts > 0).all()
    assert whole, f"`lenet_params` should hold whole numbers above 0, found {found}"

    assert lenet_largest is not None, "`lenet_largest` has no value: it is not defined, or it is None"
    assert lenet_largest is not ..., "`lenet_largest` is still `...`: put your answer in its place"
    try:
        position = np.asarray(lenet_largest)
    except (TypeError, ValueError):
        position = np.array([])
    found = " ".join(repr(lenet_largest).split())[:80]
    whole = position.size == 1 and position.dtype.kind in "iuf" and float(position.item()).is_integer()
    assert whole, f"`lenet_largest` should be a whole number, found {found}"
    there = 0 <= position.item() <= 4
    assert there, f"`lenet_largest` should be a position in a list of five, from 0 to 4, found {position.item():g}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.75
"""  # END TEST CONFIG


def test_parameters_of_each_layer(lenet_params, expect):
    expect.wholes(lenet_params, [156, 2416, 30840, 10164, 850], "lenet_params", each="layer with parameters")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_position_of_the_largest(lenet_largest, expect):
    expect.whole(lenet_largest, 2, "lenet_largest")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# How does the total compare with that of the MLP?
#
# #### Training
#
# LeNet is trained on the images as they are, with pixels from 0 to 255. (When the training is yours, further down,
# you may normalize them if you like.)
#
# The optimizer is `Adadelta`, which adapts its step to each weight. **Be patient, and expect little:** Keras 3 starts
# Adadelta from a rate of 0.001, where other libraries take 1, so it moves very slowly. After 1, 2 and 3 epochs the
# accuracy is near 0.14, 0.18 and 0.25, and after all ten about 0.61: the network is fine, it has just not arrived.
# You will see soon what another optimizer makes of it.

# %%
batch_size = 128
epochs = 10

if LeNet is ...:
    print("Build LeNet first.")
else:
    LeNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])

    t_train_LeNet = time.time()
    LeNet.fit(
        x_train_conv,
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        verbose=1,
        validation_data=(x_test_conv, y_test),
    )
    t_train_LeNet = time.time() - t_train_LeNet
    print(f"Running time: {t_train_LeNet:.2f} seconds")

# %% [markdown]
# Why does this training take longer than that of the MLP? Keep the question in mind: you will answer it below.
#
# #### Results

# %% [raw]
# # BEGIN QUESTION
# name: lenet_results
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Todo:** Evaluate LeNet, as you did the MLP.</span>
#
# * `score_LeNet`: its loss and accuracy on the test set `x_test_conv`;
# * `predict_LeNet`: its ten probabilities for each image of the test set.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Measure LeNet on the test set, and let it predict the test images.
score_LeNet = LeNet.evaluate(x_test_conv, y_test, verbose=0)  # SOLUTION
predict_LeNet = LeNet.predict(x_test_conv, verbose=0)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %%
if score_LeNet is ... or predict_LeNet is ...:
    print("Compute score_LeNet and predict_LeNet first.")
else:
    print("Test loss and accuracy:", score_LeNet)
    print(f"Running time: {t_train_LeNet:.2f} seconds")
    show_confusion_matrix(y_test, predict_LeNet, "LeNet, Adadelta")

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_score_lenet_is_loss_and_accuracy(score_LeNet):
    import numpy as np

    assert score_LeNet is not None, "`score_LeNet` has no value: it is not defined, or it is None"
    assert score_LeNet is not ..., "`score_LeNet` is still `...`: replace it by the result of LeNet.evaluate"
    try:
        score = np.asarray(list(score_LeNet.values()) if isinstance(score_LeNet, dict) else score_LeNet).reshape(-1)
    except (TypeError, ValueError):  # lists of different lengths
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in "iuf" and np.isfinite(score).all()
    found = " ".join(repr(score_LeNet).split())[:80]
    assert numbers, (
        f"`score_LeNet` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}"
    )
    assert score[0] >= 0, f"`score_LeNet`: a loss should be at least 0, found {score[0]:g}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_predict_lenet_is_probabilities(predict_LeNet):
    import numpy as np

    assert predict_LeNet is not None, "`predict_LeNet` has no value: it is not defined, or it is None"
    assert predict_LeNet is not ..., "`predict_LeNet` is still `...`: replace it by the result of LeNet.predict"
    try:
        probabilities = np.asarray(predict_LeNet, dtype=float)
    except (TypeError, ValueError):
        found = " ".join(repr(predict_LeNet).split())[:80]
        raise AssertionError(f"`predict_LeNet` should be an array of numbers, found {found}") from None
    shape = probabilities.shape
    right = shape == (10000, 10)
    assert right, f"`predict_LeNet` should have a row of ten for each of 10,000 images, found shape {shape}"
    sums = probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=0.01), "`predict_LeNet`: the ten probabilities of an image should add up to 1"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_score_of_lenet(LeNet, score_LeNet, reference):
    reference.score(LeNet, score_LeNet, name="score_LeNet")
    reference.optimizer(LeNet, "Adadelta", name="LeNet", defaults=True)
    reference.trained(LeNet, name="LeNet", epochs=10)
    reference.accuracy(LeNet, "LeNet")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_predictions_of_lenet(LeNet, predict_LeNet, reference):
    reference.predictions(LeNet, predict_LeNet, name="predict_LeNet")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: lenet_adam
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Compare the accuracy with the one obtained with the optimizer `Adam`.</span>
#
# * `LeNet_adam`: a *new* LeNet, from `build_lenet()`, compiled with `Adam` in its default settings and otherwise like
#   `LeNet`. Train it with the same batches of 128 images, for 3 epochs or more.
# * `score_LeNet_adam`: its loss and accuracy on the test set.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Build a new LeNet, compile it with Adam, train it and evaluate it.
LeNet_adam = build_lenet()  # SOLUTION
# BEGIN SOLUTION NO PROMPT
LeNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])

t_train_LeNet_adam = time.time()
LeNet_adam.fit(
    x_train_conv,
    y_train,
    batch_size=128,
    epochs=3,
    verbose=1,
    validation_data=(x_test_conv, y_test),
)
t_train_LeNet_adam = time.time() - t_train_LeNet_adam

# END SOLUTION
score_LeNet_adam = LeNet_adam.evaluate(x_test_conv, y_test, verbose=0)  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(f"Test accuracy with Adadelta: {score_LeNet[1]:.4f} after {t_train_LeNet:.0f} seconds")
print(f"Test accuracy with Adam: {score_LeNet_adam[1]:.4f} after {t_train_LeNet_adam:.0f} seconds")
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_lenet_adam_is_a_network(LeNet_adam):
    import keras

    assert LeNet_adam is not None, "`LeNet_adam` has no value: it is not defined, or it is None"
    assert LeNet_adam is not ..., "`LeNet_adam` is still `...`: build and train a new network in its place"
    found = " ".join([type(LeNet_adam).__name__, getattr(LeNet_adam, "__name__", "")]).strip()
    assert isinstance(LeNet_adam, keras.Model), f"`LeNet_adam` should be a Keras model, found {found}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_score_lenet_adam_is_loss_and_accuracy(score_LeNet_adam):
    import numpy as np

    answer = score_LeNet_adam
    assert answer is not None, "`score_LeNet_adam` has no value: it is not defined, or it is None"
    assert answer is not ..., "`score_LeNet_adam` is still `...`: replace it by the result of LeNet_adam.evaluate"
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):  # lists of different lengths
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in "iuf" and np.isfinite(score).all()
    found = " ".join(repr(answer).split())[:80]
    assert numbers, (
        f"`score_LeNet_adam` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}"
    )
    assert score[0] >= 0, f"`score_LeNet_adam`: a loss should be at least 0, found {score[0]:g}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0
optional: LeNet
"""  # END TEST CONFIG


def test_lenet_adam_is_new(LeNet_adam, LeNet, reference):
    reference.new_model(LeNet_adam, LeNet, name="LeNet_adam", other="LeNet")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_lenet_adam_is_new
optional: LeNet
"""  # END TEST CONFIG


def test_layers_of_lenet_adam(LeNet_adam, LeNet, expect):
    layers = [
        expect.Conv2D(6, 5, "tanh"),
        expect.MaxPooling2D(2),
        expect.Conv2D(16, 5, "tanh"),
        expect.MaxPooling2D(2),
        expect.Flatten(),
        expect.Dense(120, "tanh"),
        expect.Dense(84, "tanh"),
        expect.Dense(10, "softmax"),
    ]
    expect.layers(LeNet_adam, layers, name="LeNet_adam", input_size=784, same_as=LeNet)


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_lenet_adam_is_new
"""  # END TEST CONFIG


def test_optimizer_of_lenet_adam(LeNet_adam, reference):
    reference.optimizer(LeNet_adam, "Adam", name="LeNet_adam", defaults=True)
    reference.loss(LeNet_adam, "sparse_categorical_crossentropy", name="LeNet_adam")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_lenet_adam_is_new
"""  # END TEST CONFIG


def test_score_of_lenet_adam(LeNet_adam, score_LeNet_adam, reference):
    reference.trained(LeNet_adam, name="LeNet_adam")
    reference.score(LeNet_adam, score_LeNet_adam, name="score_LeNet_adam")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_layers_of_lenet_adam
"""  # END TEST CONFIG


def test_accuracy_of_lenet_adam(LeNet_adam, reference):
    reference.optimizer(LeNet_adam, "Adam", name="LeNet_adam")
    reference.trained(LeNet_adam, name="LeNet_adam", epochs=3, batch_size=128)
    reference.accuracy(LeNet_adam, "LeNet_adam")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: lenet_comment
# manual: true
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Question:** What did you learn from LeNet?</span>
#
# * Why does its training take longer than that of the MLP?
# * How does its total number of parameters compare with that of the MLP, and which of its layers holds most of them?
# * What did the optimizer change?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# LeNet has 44,426 parameters, little more than a third of the MLP's 118,282, and its first dense layer alone holds
# 30,840 of them: the convolutions are small because a filter's weights are shared by all places of the image. For the
# same reason the training takes longer: in the MLP each weight is used once per image, while a filter's weights are
# used again at each of its 24 × 24 or 8 × 8 places. That makes about 280,000 multiplications an image instead of
# 118,000, on data that is less convenient to compute with, and batches of 128 mean twice as many steps. The optimizer
# changed everything but the network: with Adadelta, at its initial rate of 0.001, ten epochs end near an accuracy of
# 0.6 and the loss is still falling; with Adam three epochs reach about 0.98. A low accuracy can be the fault of the
# training, not of the model.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### A more complex architecture
#
# Can a larger network do better still? This one has smaller filters, but many more of them:
#
# | layer | activation | output |
# | --- | --- | --- |
# | input | | 28 × 28 × 1 |
# | `Conv2D`, 32 filters of 3 × 3 | *relu* | 26 × 26 × 32 |
# | `Conv2D`, 64 filters of 3 × 3 | *relu* | 24 × 24 × 64 |
# | `MaxPooling2D`, window of 2 × 2 | | 12 × 12 × 64 |
# | `Dropout`, 25 % | | 12 × 12 × 64 |
# | `Flatten` | | 9216 |
# | `Dense`, 128 neurons | *relu* | 128 |
# | `Dropout`, 50 % | | 128 |
# | `Dense`, 10 neurons | *softmax* | 10 |

# %% [raw]
# # BEGIN QUESTION
# name: convnet
# points: 1.5

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Define this model and train it.</span>
#
# `ConvNet` is the network of the table. Compile it with `Adadelta` in its default settings, and with the loss and the
# metric of LeNet; train it on `x_train_conv` for 5 epochs with batches of 128 images, and measure the running time.
#
# An epoch takes about 80 seconds on two cores: while you try things out, train on a few thousand images only, and on
# all of them when everything works. (Adadelta is slow again; its turn is over soon.)

# %% [raw]
# # BEGIN SOLUTION

# %%
# Build the network `ConvNet`, show its summary, compile it with Adadelta and train it.
ConvNet = Sequential()  # SOLUTION
# BEGIN SOLUTION NO PROMPT
ConvNet.add(Input(shape=(28, 28, 1)))
ConvNet.add(Conv2D(32, kernel_size=3, activation="relu"))
ConvNet.add(Conv2D(64, kernel_size=3, activation="relu"))
ConvNet.add(MaxPooling2D(pool_size=2))
ConvNet.add(Dropout(0.25))
ConvNet.add(Flatten())
ConvNet.add(Dense(128, activation="relu"))
ConvNet.add(Dropout(0.5))
ConvNet.add(Dense(10, activation="softmax"))
ConvNet.summary()

ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])

t_train_ConvNet = time.time()
ConvNet.fit(
    x_train_conv,
    y_train,
    batch_size=128,
    epochs=5,
    verbose=1,
    validation_data=(x_test_conv, y_test),
)
t_train_ConvNet = time.time() - t_train_ConvNet
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_convnet_is_a_network(ConvNet):
    import keras

    assert ConvNet is not None, "`ConvNet` has no value: it is not defined, or it is None"
    assert ConvNet is not ..., "`ConvNet` is still `...`: build and train the network in its place"
    found = " ".join([type(ConvNet).__name__, getattr(ConvNet, "__name__", "")]).strip()
    assert isinstance(ConvNet, keras.Model), f"`ConvNet` should be a Keras model, found {found}"
    shape = getattr(ConvNet, "output_shape", None)  # None as long as the network does not know its input
    right = shape is None or shape[-1] == 10
    assert right, f"`ConvNet` should put out one number for each of the ten digits, found {shape[-1]}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_layers_of_convnet(ConvNet, expect):
    layers = [
        expect.Conv2D(32, 3, "relu"),
        expect.Conv2D(64, 3, "relu"),
        expect.MaxPooling2D(2),
        expect.Dropout(0.25),
        expect.Flatten(),
        expect.Dense(128, "relu"),
        expect.Dropout(0.5),
        expect.Dense(10, "softmax"),
    ]
    expect.layers(ConvNet, layers, name="ConvNet", input_size=784)


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.5
"""  # END TEST CONFIG


def test_number_of_parameters_of_convnet(ConvNet, expect):
    expect.parameters(ConvNet, 1199882, name="ConvNet", input_size=784)


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/cnn.py

# %% [raw]
# # BEGIN QUESTION
# name: convnet_results
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Todo:** Evaluate it.</span>
#
# * `score_ConvNet`: its loss and accuracy on the test set;
# * `predict_ConvNet`: its ten probabilities for each image of the test set.
#
# Print the results and the running time, and draw the confusion matrix.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Measure ConvNet on the test set, let it predict the test images, and show both.
score_ConvNet = ConvNet.evaluate(x_test_conv, y_test, verbose=0)  # SOLUTION
predict_ConvNet = ConvNet.predict(x_test_conv, verbose=0)  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(f"Test loss: {score_ConvNet[0]:.4f}")
print(f"Test accuracy: {score_ConvNet[1]:.4f}")
print(f"Running time: {t_train_ConvNet:.2f} seconds")
show_confusion_matrix(y_test, predict_ConvNet, "ConvNet, Adadelta")
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_score_convnet_is_loss_and_accuracy(score_ConvNet):
    import numpy as np

    answer = score_ConvNet
    assert answer is not None, "`score_ConvNet` has no value: it is not defined, or it is None"
    assert answer is not ..., "`score_ConvNet` is still `...`: replace it by the result of ConvNet.evaluate"
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):  # lists of different lengths
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in "iuf" and np.isfinite(score).all()
    found = " ".join(repr(answer).split())[:80]
    assert numbers, (
        f"`score_ConvNet` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}"
    )
    assert score[0] >= 0, f"`score_ConvNet`: a loss should be at least 0, found {score[0]:g}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_predict_convnet_is_probabilities(predict_ConvNet):
    import numpy as np

    assert predict_ConvNet is not None, "`predict_ConvNet` has no value: it is not defined, or it is None"
    assert predict_ConvNet is not ..., "`predict_ConvNet` is still `...`: replace it by the result of ConvNet.predict"
    try:
        probabilities = np.asarray(predict_ConvNet, dtype=float)
    except (TypeError, ValueError):
        found = " ".join(repr(predict_ConvNet).split())[:80]
        raise AssertionError(f"`predict_ConvNet` should be an array of numbers, found {found}") from None
    shape = probabilities.shape
    right = shape == (10000, 10)
    assert right, f"`predict_ConvNet` should have a row of ten for each of 10,000 images, found shape {shape}"
    sums = probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=0.01), "`predict_ConvNet`: the ten probabilities of an image should add up to 1"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_score_of_convnet(ConvNet, score_ConvNet, reference):
    reference.score(ConvNet, score_ConvNet, name="score_ConvNet")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_predictions_of_convnet(ConvNet, predict_ConvNet, reference):
    reference.predictions(ConvNet, predict_ConvNet, name="predict_ConvNet")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_optimizer_of_convnet(ConvNet, reference):
    reference.trained(ConvNet, name="ConvNet")
    reference.optimizer(ConvNet, "Adadelta", name="ConvNet", defaults=True)
    reference.loss(ConvNet, "sparse_categorical_crossentropy", name="ConvNet")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
"""  # END TEST CONFIG


def test_accuracy_of_convnet(ConvNet, reference):
    reference.trained(ConvNet, name="ConvNet", epochs=5, batch_size=128)
    reference.accuracy(ConvNet, "ConvNet")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: convnet_adam
# points: 1

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Compare the accuracy with the one obtained with the optimizer Adam.</span>
#
# * `ConvNet_adam`: a *new* network with the architecture of `ConvNet`, compiled with `Adam` in its default settings,
#   and trained like `ConvNet`: 5 epochs with batches of 128 images. (`km.clone_model(ConvNet)` gives the same layers
#   with fresh weights.)
# * `score_ConvNet_adam`: its loss and accuracy on the test set.

# %% [raw]
# # BEGIN SOLUTION

# %%
# Build a new network, compile it with Adam, train it and evaluate it.
ConvNet_adam = km.clone_model(ConvNet)  # SOLUTION
# BEGIN SOLUTION NO PROMPT
ConvNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])

t_train_ConvNet_adam = time.time()
ConvNet_adam.fit(
    x_train_conv,
    y_train,
    batch_size=128,
    epochs=5,
    verbose=1,
    validation_data=(x_test_conv, y_test),
)
t_train_ConvNet_adam = time.time() - t_train_ConvNet_adam

# END SOLUTION
score_ConvNet_adam = ConvNet_adam.evaluate(x_test_conv, y_test, verbose=0)  # SOLUTION
# BEGIN SOLUTION NO PROMPT

print(f"Test accuracy with Adadelta: {score_ConvNet[1]:.4f}")
print(f"Test accuracy with Adam: {score_ConvNet_adam[1]:.4f}")
print(f"Running time with Adam: {t_train_ConvNet_adam:.2f} seconds")
show_confusion_matrix(y_test, ConvNet_adam.predict(x_test_conv, verbose=0), "ConvNet, Adam")
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_convnet_adam_is_a_network(ConvNet_adam):
    import keras

    assert ConvNet_adam is not None, "`ConvNet_adam` has no value: it is not defined, or it is None"
    assert ConvNet_adam is not ..., "`ConvNet_adam` is still `...`: build and train a new network in its place"
    found = " ".join([type(ConvNet_adam).__name__, getattr(ConvNet_adam, "__name__", "")]).strip()
    assert isinstance(ConvNet_adam, keras.Model), f"`ConvNet_adam` should be a Keras model, found {found}"


# %%
"""  # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_score_convnet_adam_is_loss_and_accuracy(score_ConvNet_adam):
    import numpy as np

    answer = score_ConvNet_adam
    assert answer is not None, "`score_ConvNet_adam` has no value: it is not defined, or it is None"
    assert answer is not ..., "`score_ConvNet_adam` is still `...`: replace it by the result of ConvNet_adam.evaluate"
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):  # lists of different lengths
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in "iuf" and np.isfinite(score).all()
    found = " ".join(repr(answer).split())[:80]
    assert numbers, (
        f"`score_ConvNet_adam` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}"
    )
    assert score[0] >= 0, f"`score_ConvNet_adam`: a loss should be at least 0, found {score[0]:g}"


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0
optional: ConvNet
"""  # END TEST CONFIG


def test_convnet_adam_is_new(ConvNet_adam, ConvNet, reference):
    reference.new_model(ConvNet_adam, ConvNet, name="ConvNet_adam", other="ConvNet")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_convnet_adam_is_new
optional: ConvNet
"""  # END TEST CONFIG


def test_layers_of_convnet_adam(ConvNet_adam, ConvNet, expect):
    layers = [
        expect.Conv2D(32, 3, "relu"),
        expect.Conv2D(64, 3, "relu"),
        expect.MaxPooling2D(2),
        expect.Dropout(0.25),
        expect.Flatten(),
        expect.Dense(128, "relu"),
        expect.Dropout(0.5),
        expect.Dense(10, "softmax"),
    ]
    expect.layers(ConvNet_adam, layers, name="ConvNet_adam", input_size=784, same_as=ConvNet)


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_convnet_adam_is_new
"""  # END TEST CONFIG


def test_optimizer_of_convnet_adam(ConvNet_adam, reference):
    reference.optimizer(ConvNet_adam, "Adam", name="ConvNet_adam", defaults=True)
    reference.loss(ConvNet_adam, "sparse_categorical_crossentropy", name="ConvNet_adam")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_convnet_adam_is_new
"""  # END TEST CONFIG


def test_score_of_convnet_adam(ConvNet_adam, score_ConvNet_adam, reference):
    reference.trained(ConvNet_adam, name="ConvNet_adam")
    reference.score(ConvNet_adam, score_ConvNet_adam, name="score_ConvNet_adam")


# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 0.25
requires: test_layers_of_convnet_adam
"""  # END TEST CONFIG


def test_accuracy_of_convnet_adam(ConvNet_adam, reference):
    reference.optimizer(ConvNet_adam, "Adam", name="ConvNet_adam")
    reference.trained(ConvNet_adam, name="ConvNet_adam", epochs=5, batch_size=128)
    reference.accuracy(ConvNet_adam, "ConvNet_adam")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
# # %load solutions/MNIST/cnn_results.py

# %% [markdown]
# ### Conclusion
#
# All that you measured, side by side:

# %%
scores = {
    "MLP, raw pixels, RMSprop": score_mlp,
    "MLP, normalized pixels, RMSprop": score_mlp_norm,
    "LeNet, Adadelta": score_LeNet,
    "LeNet, Adam": score_LeNet_adam,
    "ConvNet, Adadelta": score_ConvNet,
    "ConvNet, Adam": score_ConvNet_adam,
}
measured = {name: score for name, score in scores.items() if np.size(score) == 2}
pd.DataFrame(measured, index=["test loss", "test accuracy"]).T

# %% [raw]
# # BEGIN QUESTION
# name: conclusion
# manual: true
# points: 0.5

# %% [markdown]
# ##### <span style="color:purple">**Exercise:** Comment on the results.</span>
#
# Which network would you use, and on what grounds: accuracy, number of parameters, time? What mattered more here, the
# architecture, the optimizer or the preparation of the data? What would you try next?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The ConvNet trained with Adam reads the digits best: close to 99 %, against 98 % for LeNet with Adam and for the MLP
# on normalized pixels, and 96 % for the MLP on raw ones. One error in a hundred instead of two is worth a lot where
# letters are sorted, but it has its price: 1.2 million parameters, ten times those of the MLP and 27 times those of
# LeNet, and the longest training by far. LeNet with Adam is the best bargain: as good as the normalized MLP with
# little more than a third of its parameters, because its filters are shared by all places of the image. The optimizer
# mattered most: with Adadelta at a rate of 0.001 a good network stops far from what it can do, and architectures may
# be compared only when each has been trained to the end. The preparation of the data came next (two points for the
# MLP), the architecture decided the last point. Next one could normalize the inputs of the convolutional networks,
# train for longer, give Adadelta a larger rate, and choose between such variants on a validation set rather than on
# the test set.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
