# ---
# jupyter:
#   title: The counts of the test set, and labels in disorder.
# ---

# %% balance
counts = np.bincount(y_test)

# %% net
net = keras.Sequential([keras.Input((13,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")])
net.compile(keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
net.fit(x_train, np.random.permutation(y_train), epochs=40, verbose=0)
score = net.evaluate(x_test, y_test, verbose=0)
