# ---
# jupyter:
#   title: Half done. Right up to the normalized MLP, then nothing.
# ---

# %% sizes
N_train, N_y_pixels, N_x_pixels = x_train.shape
N_test = len(x_test)
N_classes = np.unique(y_train).size

N_train, N_test, N_x_pixels, N_y_pixels, N_classes

# %% balance
train_counts = np.bincount(y_train)
test_counts = np.bincount(y_test)
imbalance = np.max(train_counts) / np.min(train_counts)

plt.bar(np.arange(10) - 0.2, train_counts, width=0.4, label="train")
plt.bar(np.arange(10) + 0.2, test_counts, width=0.4, label="test")
plt.xticks(range(10))
plt.legend()
plt.show()

# %% [markdown] balance_comment
# It is balanced I think, all the bars are about the same height.

# %% examples
example_index = [np.where(y_train == i)[0][0] for i in range(10)]
for i in example_index:
    print(i, "->", y_train[i])

# TODO draw them
fig, ax = plt.subplots(1, 10)
for k in range(10):
    ax[k].imshow(x_train[example_index[k]])

# %% mlp
mlp = Sequential([
    Input(shape=(784,)),
    Dense(128, activation="relu"),
    Dropout(0.2),
    Dense(128, activation="relu"),
    Dropout(0.2),
    Dense(10, activation="softmax"),
])
mlp.summary()

# %% mlp_params
mlp_params = [(784 + 1) * 128, (128 + 1) * 128, (128 + 1) * 10]

# %% mlp_results
score_mlp = mlp.evaluate(x_test_flatten, y_test)
predict_mlp = mlp.predict(x_test_flatten)
print(score_mlp, t_train_mlp)
show_confusion_matrix(y_test, predict_mlp, "mlp")

# %% [markdown] mlp_comment
# The diagonal is much darker than the rest, so it works. 4 and 9 are mixed up the most.

# %% mlp_norm
x_train_flatten_norm = x_train_flatten / 255.0
x_test_flatten_norm = x_test_flatten / 255.0

mlp_norm = Sequential([
    Input(shape=(784,)),
    Dense(128, activation="relu"),
    Dropout(0.2),
    Dense(128, activation="relu"),
    Dropout(0.2),
    Dense(10, activation="softmax"),
])
mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
mlp_norm.fit(x_train_flatten_norm, y_train, batch_size=256, epochs=10, validation_data=(x_test_flatten_norm, y_test))
score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test)
score_mlp_norm

# %% [markdown] norm_comment
# It got better! Smaller numbers are easier for the network because the weights start small as well.
