# Build the network `mlp`, from Sequential() to the last layer, and show its summary.
mlp = Sequential()
mlp.add(Input(shape=(N_dim_flatten,)))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(10, activation="softmax"))

mlp.summary()
