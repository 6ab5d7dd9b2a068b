# %% [raw]
# # ASSIGNMENT CONFIG
# name: seeded
# init_cell: true
# check_all_cell: false
# export_cell: false
# generate: false
# tests:
#     ok_format: false

# %%
import keras

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()

# %% [raw]
# # BEGIN QUESTION
# name: net
# points: 1

# %% [raw]
# # BEGIN SOLUTION

# %%
net = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])  # SOLUTION
# BEGIN SOLUTION NO PROMPT
net.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
net.fit(x_train / 255, y_train, epochs=3, batch_size=32, verbose=0)
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
"""  # BEGIN TEST CONFIG
hidden: true
points: 1
"""  # END TEST CONFIG


def test_accuracy(net, reference):
    reference.accuracy(net, "net")


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
