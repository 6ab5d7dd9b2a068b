# ---
# jupyter:
#   title: Mistakes. Runs without an error, and a slip in nearly every answer.
# ---

# %% sizes
N_x_pixels = 28
N_y_pixels = 28
N_train = len(y_train)
N_test = len(y_test)
N_classes = y_train.max()
print(N_train, N_test, N_classes)

# %% balance
train_counts = np.bincount(y_train)
test_counts = np.bincount(y_train)
imbalance = train_counts.min() / train_counts.max()
print("imbalance =", round(imbalance, 3))

fig, ax = plt.subplots(1, 2, figsize=(12, 4))
ax[0].bar(range(10), train_counts)
ax[1].bar(range(10), test_counts)
plt.show()

# %% [markdown] balance_comment
# The train and test sets have exactly the same number of images of each digit, so the dataset is perfectly balanced.

# %% examples
values, example_index = np.unique(y_test, return_index=True)

for k, i in enumerate(example_index):
    plt.subplot(2, 5, k + 1)
    plt.imshow(x_test[i], cmap="gray")
plt.show()

# %% mlp
# sigmoid because we want values between 0 and 1
mlp = Sequential()
mlp.add(Input(shape=(N_dim_flatten,)))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(10, activation="sigmoid"))

mlp.summary()

# %% mlp_params
# inputs x outputs
mlp_params = [784 * 128, 128 * 128, 128 * 10]

# %% mlp_results
# results of my run yesterday, the training takes too long to do it again
score_mlp = [0.1462, 0.9983]
predict_mlp = np.argmax(mlp.predict(x_test_flatten, verbose=0), axis=1)

print("accuracy", score_mlp[1])

# %% [markdown] mlp_comment
# 99.8 % is an excellent accuracy.

# %% mlp_norm
x_train_flatten_norm = x_train_flatten / 255
x_test_flatten_norm = x_test_flatten

mlp_norm = Sequential()
mlp_norm.add(Input(shape=(N_dim_flatten,)))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(10, activation="softmax"))
mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
mlp_norm.fit(x_train_flatten_norm, y_train, batch_size=256, epochs=10, validation_data=(x_test_flatten_norm, y_test))

score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test)

# %% [markdown] norm_comment
# The accuracy in training is better, but the validation loss is very strange, it is much larger than before. I think
# normalizing leads to overfitting.

# %% kernel_shape
# batch size, height, width, channels
kernel_shape = (1, 3, 3, 1)

# %% edges
horizontal_filter = np.array([
    [1, 0, -1],
    [1, 0, -1],
    [1, 0, -1],
])

# %% [markdown] conv_comment
# The filters change the colours of the image. The added dimensions are for the batch.

# %% conv_shapes
conv_shapes = {
    ("valid", 1): 26,
    ("valid", 2): 14,  # (28 - 3) / 2 + 1 = 13.5
    ("same", 1): 28,
    ("same", 2): 14,
}

# %% max_pooling
pool_layer = kl.AveragePooling2D(pool_size=(2, 2))
img_out = pool_layer(img_in).numpy()
print(img_out.shape)
plt.imshow(img_out[0, :, :, 0], cmap="gray")
plt.show()

# %% lenet
LeNet = build_lenet()
LeNet.summary()

# %% lenet_params
lenet_params = [5 * 5 * 6 + 6, 5 * 5 * 6 * 16 + 16, 256 * 120 + 120, 120 * 84 + 84, 84 * 10 + 10]
lenet_largest = 3  # the third one

# %% lenet_results
score_LeNet = LeNet.evaluate(x_test_conv, y_test, verbose=0)
predict_LeNet = LeNet.predict(x_test_conv, verbose=0)

# %% lenet_adam
LeNet_adam = LeNet
LeNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
LeNet_adam.fit(x_train_conv, y_train, batch_size=128, epochs=3, validation_data=(x_test_conv, y_test))

score_LeNet_adam = LeNet_adam.evaluate(x_test_conv, y_test, verbose=0)
print(score_LeNet_adam)

# %% [markdown] lenet_comment
# It takes longer because it has more parameters. The largest layer is the third. Adam is much better.

# %% convnet
ConvNet = Sequential()
ConvNet.add(Input(shape=(28, 28, 1)))
ConvNet.add(Conv2D(32, 3, activation="relu"))
ConvNet.add(Conv2D(64, 3, activation="relu"))
ConvNet.add(MaxPooling2D(2))
ConvNet.add(Dropout(0.5))
ConvNet.add(Flatten())
ConvNet.add(Dense(128, activation="relu"))
ConvNet.add(Dropout(0.25))
ConvNet.add(Dense(10, activation="softmax"))
ConvNet.summary()

ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
# the training did not finish on my laptop
