# ---
# jupyter:
#   title: The network that was to be trained on normalized images, trained on raw ones.
# ---

# %% mlp_norm
x_train_flatten_norm, x_test_flatten_norm = x_train_flatten, x_test_flatten
mlp_norm = Sequential()
mlp_norm.add(Input(shape=(N_dim_flatten,)))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(10, activation="softmax"))
mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
mlp_norm.fit(x_train_flatten_norm, y_train, batch_size=256, epochs=10, verbose=0)
score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test, verbose=0)
