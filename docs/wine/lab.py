# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# export_cell: false
# generate: false
# files:
#     - wine.npz
# tests:
#     ok_format: false

# %% [markdown]
# # Whose wine is it?
#
# `wine.npz` has 178 wines of three growers, each with 13 measurements (alcohol, colour, …) from 0 to 1: the table of
# S. Aeberhard and M. Forina (UCI Machine Learning Repository, 1992).

# %%
import keras
import numpy as np

with np.load("wine.npz") as file:
    x_train, y_train, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))

# %% [raw]
# # BEGIN QUESTION
# name: balance
# points: 1

# %% [markdown]
# **1.** How many wines has each grower in the training set? Put the three numbers into `counts`.

# %% [raw]
# # BEGIN SOLUTION

# %%
counts = np.bincount(y_train)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_counts_has_three_numbers(counts):
    assert len(counts) == 3, f"`counts` should have three numbers, found {len(counts)}"


# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_counts(counts, expect, reference):
    import numpy as np

    expect.wholes(counts, np.bincount(reference.y_train).tolist(), "counts")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: net
# points: 3

# %% [markdown]
# **2.** Make a network `net` that tells the growers: 16 units with `relu`, then 3 with `softmax`. Train it for 40
# epochs with Adam at a learning rate of 0.02, and put what `evaluate` gives on the test set into `score`.

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
net = keras.Sequential([keras.Input((13,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")])
net.compile(keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
net.fit(x_train, y_train, epochs=40, verbose=0)
score = net.evaluate(x_test, y_test, verbose=0)
# END SOLUTION
""" # BEGIN PROMPT
net = ...
score = ...
"""  # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
"""  # END TEST CONFIG


def test_net_takes_wines(net):
    assert net.input_shape == (None, 13), f"`net` should take the 13 measurements of a wine, found {net.input_shape}"


# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_layers(net, expect):
    expect.layers(net, [expect.Dense(16, "relu"), expect.Dense(3, "softmax")], name="net", input_size=13)


# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_score(net, score, reference):
    reference.score(net, score, name="score")


# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_accuracy(net, reference):
    reference.accuracy(net, "net")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
