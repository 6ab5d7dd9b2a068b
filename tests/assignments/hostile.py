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
# tests:
#     ok_format: false

# %% [markdown]
# # What the hostile suite attacks
#
# A question of each kind. Hidden tests and solutions hold canaries: words that must never be seen inside.

# %% [raw]
# # BEGIN QUESTION
# name: total
# points: 1

# %% [markdown]
# **1.** Add the numbers 1 to 3.

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# CANARY-OF-THE-SOLUTION
# END SOLUTION
total = 1 + 2 + 3  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_total_is_a_number(total):
    assert isinstance(total, int), f"`total`: expected a whole number, found {total!r}"

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_value_of_total(total, expect):
    canary = "CANARY-OF-THE-TESTS"
    expect.whole(total, 6, "total")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: table
# points: 1

# %% [markdown]
# **2.** Put 0 to 5 in two rows.

# %% [raw]
# # BEGIN SOLUTION

# %%
import numpy as np

table = np.arange(6).reshape(2, 3)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_numbers_of_table(table, expect):
    canary = "CANARY-OF-THE-TESTS"
    found = expect.array(table, shape=(2, 3), name="table")
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]], f"`table`: expected 0 to 5 in two rows, found {expect.shown(found)}"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: words
# points: 1

# %% [markdown]
# **3.** Sort *one*, *two*, *three* and *four* into `"even"` and `"odd"`.

# %% [raw]
# # BEGIN SOLUTION

# %%
words = {"even": ["two", "four"], "odd": ["one", "three"]}  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_words_are_sorted(words, expect):
    canary = "CANARY-OF-THE-TESTS"
    right = {"even": ["two", "four"], "odd": ["one", "three"]}
    assert words == right, f"`words`: expected each word in its list, found {expect.shown(words)}"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: square
# points: 1

# %% [markdown]
# **4.** Write a function that squares a number, or each number in a list.

# %% [raw]
# # BEGIN SOLUTION

# %%
def square(x):
    # BEGIN SOLUTION
    return [number * number for number in x] if isinstance(x, list) else x * x
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_square_is_a_function(square):
    assert callable(square), f"`square`: expected a function, found {square!r}"

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 0.5
""" # END TEST CONFIG
def test_square_of_a_number(square, expect):
    canary = "CANARY-OF-THE-TESTS"
    expect.whole(square(7), 49, "square(7)")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 0.5
""" # END TEST CONFIG
def test_squares_of_a_list(square):
    canary = "CANARY-OF-THE-TESTS"
    found = square([3, 5])
    assert 9 in found and 25 in found, f"`square([3, 5])`: expected 9 and 25, found {found!r}"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: network
# points: 2

# %% [markdown]
# **5.** With Keras (`import keras`), build a network that tells the ten digits apart: one layer, fully connected to all pixels.

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
import keras
# END SOLUTION
network = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_layers_of_network(network, expect):
    canary = "CANARY-OF-THE-TESTS"
    expect.layers(network, [expect.Dense(10, "softmax")], name="network", input_size=784)

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_parameters_of_network(network, expect):
    canary = "CANARY-OF-THE-TESTS"
    expect.parameters(network, 7850, name="network", input_size=784)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: score_network
# points: 1

# %% [markdown]
# **6.** What are its loss and its accuracy on the test images?

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
# END SOLUTION
score_network = network.evaluate(x_test, y_test, batch_size=1000, verbose=0)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_score_of_network(network, score_network, reference):
    canary = "CANARY-OF-THE-TESTS"
    reference.score(network, score_network, name="score_network")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: why
# manual: true
# points: 1

# %% [markdown]
# **7.** Why is that so?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Because it was never trained. CANARY-OF-THE-SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
