# ---
# jupyter:
#   title: Wrong names. The right ideas, under names of the student's own.
# ---

# %% sizes
n_train = x_train.shape[0]
n_test = x_test.shape[0]
n_x_pixels = x_train.shape[2]
n_y_pixels = x_train.shape[1]
n_classes = len(np.unique(y_train))
print(n_train, n_test, n_x_pixels, n_y_pixels, n_classes)

# %% balance
train_count = np.bincount(y_train)
test_count = np.bincount(y_test)
imbalance = train_count.max() / train_count.min()
print(train_count, test_count, imbalance)

# %% [markdown] balance_comment
# Quite balanced (ratio 1.24), in train and test. With 90 % ones a high accuracy tells us almost nothing about the other
# nine digits.

# %% examples
example_indices = [int(np.argmax(y_train == d)) for d in range(10)]
fig, axs = plt.subplots(1, 10, figsize=(12, 2))
for d, axis in enumerate(axs):
    axis.imshow(x_train[example_indices[d]], cmap="gray")
    axis.set_axis_off()

# %% mlp
model = Sequential()
model.add(Input(shape=(784,)))
model.add(Dense(128, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(128, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(10, activation="softmax"))
model.summary()

model.compile(loss="sparse_categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train_flatten, y_train, batch_size=256, epochs=10, validation_data=(x_test_flatten, y_test))

# %% mlp_params
mlp_parameters = [785 * 128, 129 * 128, 129 * 10]

# %% mlp_results
score_model = model.evaluate(x_test_flatten, y_test)
predict_model = model.predict(x_test_flatten)
show_confusion_matrix(y_test, predict_model, "model")

# %% [markdown] mlp_comment
# About as good as I expected: similar digits such as 4 and 9 are confused, the others are fine.

# %% mlp_norm
x_train_norm = x_train_flatten / 255
x_test_norm = x_test_flatten / 255

model2 = km.clone_model(model)
model2.compile(loss="sparse_categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model2.fit(x_train_norm, y_train, batch_size=256, epochs=10, validation_data=(x_test_norm, y_test))
score_model2 = model2.evaluate(x_test_norm, y_test)

# %% [markdown] norm_comment
# More accurate. The weights of a new network fit inputs around 1, not around 255.

# %% kernel_shape
kernel_shape = (3, 3, 1, 1)

# %% edges
horizontal_edge_filter = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
show_convolution(img_plus, horizontal_edge_filter, build_conv_layer(horizontal_edge_filter)(img_plus[None]).numpy())

# %% [markdown] conv_comment
# 1 and 4 react to vertical structures, 5 to diagonal ones, 2 smooths and 3 sharpens. The new dimensions are channels and
# filters.

# %% conv_shapes
conv_shapes = {("valid", 1): 26, ("valid", 2): 13, ("same", 1): 28, ("same", 2): 14}

# %% max_pooling
pooling_layer = MaxPooling2D(pool_size=(2, 2), strides=2)
img_pooled = pooling_layer(img_in).numpy()
print(img_pooled.shape)

# %% lenet
lenet = build_lenet()
lenet.summary()

lenet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
lenet.fit(x_train_conv, y_train, batch_size=128, epochs=10, validation_data=(x_test_conv, y_test))

# %% lenet_params
lenet_params = [26 * 6, 151 * 16, 257 * 120, 121 * 84, 85 * 10]
lenet_largest_layer = 2

# %% lenet_results
score_lenet = lenet.evaluate(x_test_conv, y_test)
predict_lenet = lenet.predict(x_test_conv)
print(score_lenet)

# %% lenet_adam
lenet_adam = build_lenet()
lenet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
lenet_adam.fit(x_train_conv, y_train, batch_size=128, epochs=3, validation_data=(x_test_conv, y_test))
score_lenet_adam = lenet_adam.evaluate(x_test_conv, y_test)

# %% [markdown] lenet_comment
# Fewer parameters (44426) but more operations, because the filters are applied everywhere. The first dense layer is the
# largest one. Adam needs far fewer epochs than Adadelta.

# %% convnet
cnn = Sequential([
    Input(shape=(28, 28, 1)),
    Conv2D(32, 3, activation="relu"),
    Conv2D(64, 3, activation="relu"),
    MaxPooling2D(2),
    Dropout(0.25),
    Flatten(),
    Dense(128, activation="relu"),
    Dropout(0.5),
    Dense(10, activation="softmax"),
])
cnn.summary()
# no time left to train it
