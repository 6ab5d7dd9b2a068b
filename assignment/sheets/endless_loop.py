# ---
# jupyter:
#   title: Endless loop. Right up to the edges, then a loop that never ends.
# ---

# %% sizes
N_x_pixels = int(x_test.shape[2])
N_y_pixels = int(x_test.shape[1])
N_train = int(x_train.shape[0])
N_test = int(x_test.shape[0])
N_classes = int(max(y_train)) + 1
for name in ("N_x_pixels", "N_y_pixels", "N_train", "N_test", "N_classes"):
    print(name, "=", globals()[name])

# %% balance
train_counts = [0] * 10
for label in y_train:
    train_counts[label] += 1
test_counts = [0] * 10
for label in y_test:
    test_counts[label] += 1
imbalance = max(train_counts) / min(train_counts)
print(train_counts, test_counts, imbalance)

# %% [markdown] balance_comment
# The largest class has 24 % more images than the smallest one, this is still balanced. Train and test look the same. If
# 90 % were ones we could not trust the accuracy.

# %% examples
example_index = []
digit = 0
while digit < 10:
    i = rd.randrange(len(y_train))
    if y_train[i] == digit:
        example_index.append(i)
        digit += 1
print(example_index)

# %% mlp
mlp = Sequential()
mlp.add(Input(shape=(28 * 28,)))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(10, activation="softmax"))
mlp.summary()

# %% mlp_params
layer_sizes = [784, 128, 128, 10]
mlp_params = []
i = 0
while i < 3:
    mlp_params.append(layer_sizes[i] * layer_sizes[i + 1] + layer_sizes[i + 1])
    i = i + 1

# %% mlp_results
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)
predict_mlp = mlp.predict(x_test_flatten, verbose=0)
print("Loss and accuracy:", score_mlp, "time:", t_train_mlp)
show_confusion_matrix(y_test, predict_mlp, "MLP")

# %% [markdown] mlp_comment
# Good result for such a simple network. Most mistakes: 4/9, 7/9, 3/5. Train and test accuracy are similar.

# %% mlp_norm
x_train_flatten_norm = np.float32(x_train_flatten) / 255
x_test_flatten_norm = np.float32(x_test_flatten) / 255

mlp_norm = km.clone_model(mlp)  # same layers, new weights
mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
mlp_norm.fit(x_train_flatten_norm, y_train, batch_size=256, epochs=10, validation_data=(x_test_flatten_norm, y_test))
score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test, verbose=0)
print("Loss and accuracy:", score_mlp_norm)

# %% [markdown] norm_comment
# Better accuracy and the loss goes down more regularly, since the inputs now have the size that the initial weights
# expect.

# %% kernel_shape
kernel_shape = 3, 3, 1, 1  # height, width, channels in, filters

# %% edges
horizontal_filter = np.array([[0.2, 0.2, 0.2], [-0.2, -0.2, -0.2], [0, 0, 0]])

# %% [markdown] conv_comment
# The first filter finds vertical edges, the second one blurs the image and the third one sharpens it.

# %% conv_shapes
def count_places(padding, stride):
    """Slide the filter along a row and count where it fits."""
    left, right = (0, 28) if padding == "valid" else (-1, 29)
    position, places = left, 0
    while position + 3 <= right:
        places += 1
        left += stride
    return places


conv_shapes = {(p, s): count_places(p, s) for p in ["valid", "same"] for s in [1, 2]}
print(conv_shapes)

# %% max_pooling
pool_layer = MaxPool2D(2)
img_out = pool_layer(img_in).numpy()
print(img_out.shape)

# %% lenet
LeNet = build_lenet()
LeNet.summary()
