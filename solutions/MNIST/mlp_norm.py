# Normalize the images, build, compile and train a new network on them, and evaluate it.
x_train_flatten_norm = x_train_flatten.astype("float32") / 255
x_test_flatten_norm = x_test_flatten.astype("float32") / 255

mlp_norm = Sequential()
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

score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test, verbose=0)

print(f"Test loss: {score_mlp_norm[0]:.4f}")
print(f"Test accuracy: {score_mlp_norm[1]:.4f}")
print(f"Running time: {t_train_mlp_norm:.2f} seconds")
show_confusion_matrix(y_test, mlp_norm.predict(x_test_flatten_norm, verbose=0), "MLP, normalized pixels")
