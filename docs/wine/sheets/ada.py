# ---
# jupyter:
#   title: Right, with columns scaled in a way of her own.
# ---

# %% balance
counts = [int((y_train == grower).sum()) for grower in range(3)]

# %% net
mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
net = keras.Sequential()
net.add(keras.Input((13,)))
net.add(keras.layers.Dense(16, activation="relu"))
net.add(keras.layers.Dense(3, activation="softmax"))
net.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
net.fit((x_train - mean) / deviation, y_train, epochs=40, verbose=0)
score = net.evaluate((x_test - mean) / deviation, y_test, verbose=0)
