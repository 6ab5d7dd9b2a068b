# ---
# jupyter:
#   title: All right. Every answer is right, in a style close to the lab's.
# ---

# %% sizes
N_x_pixels = x_train.shape[2]
N_y_pixels = x_train.shape[1]
N_train = x_train.shape[0]
N_test = x_test.shape[0]
N_classes = len(set(y_train))

print("Image size:", N_x_pixels, "x", N_y_pixels)
print("Train / test images:", N_train, N_test)
print("Classes:", N_classes)

# %% balance
train_counts = [int(np.sum(y_train == digit)) for digit in range(10)]
test_counts = [int(np.sum(y_test == digit)) for digit in range(10)]
imbalance = max(train_counts) / min(train_counts)

print("train:", train_counts)
print("test: ", test_counts)
print("imbalance:", imbalance)

plt.figure(figsize=(10, 4))
plt.subplot(1, 2, 1)
sns.countplot(x=y_train)
plt.title("train")
plt.subplot(1, 2, 2)
sns.countplot(x=y_test)
plt.title("test")
plt.show()

# %% [markdown] balance_comment
# The classes are nearly balanced: the most frequent digit (1) has only 1.24 times as many training images as the rarest
# (5). The test set has about the same shape. With 90 % of ones, a program that always says "1" would already reach
# 90 %, so a high accuracy would prove nothing.

# %% examples
example_index = []
for digit in range(10):
    candidates = np.where(y_train == digit)[0]
    example_index.append(int(rd.choice(list(candidates))))

plt.figure(figsize=(12, 2))
for i, index in enumerate(example_index):
    plt.subplot(1, 10, i + 1)
    plt.imshow(x_train[index], cmap="gray_r")
    plt.title(y_train[index])
    plt.axis("off")
plt.show()

# %% mlp
mlp = Sequential()
mlp.add(Input(shape=(N_dim_flatten,)))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(N_classes, activation="softmax"))

mlp.summary()

# %% mlp_params
# weights + biases; dropout has nothing to learn, so no parameters
mlp_params = [784 * 128 + 128, 128 * 128 + 128, 128 * 10 + 10]
print(mlp_params, sum(mlp_params))

# %% mlp_results
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)
predict_mlp = mlp.predict(x_test_flatten, verbose=0)

print("Test loss:", score_mlp[0])
print("Test accuracy:", score_mlp[1])
print("Running time:", t_train_mlp)
show_confusion_matrix(y_test, predict_mlp, "MLP")

# %% [markdown] mlp_comment
# The accuracy is far better than guessing (10 %), and it comes after a short training. Most of the errors are between
# digits of similar shape: 4 and 9, 3 and 5, 7 and 9. Training and test accuracy are close to each other, so I see no
# overfitting yet.

# %% mlp_norm
x_train_flatten_norm = x_train_flatten.astype("float32") / 255
x_test_flatten_norm = x_test_flatten.astype("float32") / 255

mlp_norm = Sequential()
mlp_norm.add(Input(shape=(N_dim_flatten,)))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(N_classes, activation="softmax"))

mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])

t_train_mlp_norm = time.time()
history_norm = mlp_norm.fit(
    x_train_flatten_norm,
    y_train,
    batch_size=256,
    epochs=10,
    verbose=1,
    validation_data=(x_test_flatten_norm, y_test),
)
t_train_mlp_norm = time.time() - t_train_mlp_norm

score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test, verbose=0)
print("Test loss:", score_mlp_norm[0])
print("Test accuracy:", score_mlp_norm[1])
print("Running time:", t_train_mlp_norm)

# %% [markdown] norm_comment
# The accuracy is higher with the same network and the same time. The random weights at the start are meant for inputs
# of about size 1; with values of up to 255 the outputs of the first layer are huge, so the loss and the gradients start
# out much too large and training wastes its first steps on correcting that.

# %% kernel_shape
# (height, width, channels of the input, number of filters)
kernel_shape = (3, 3, 1, 1)
print(conv_layer.get_weights()[0].shape)

# %% edges
horizontal_filter = np.array([
    [-1, -1, -1],
    [0, 0, 0],
    [1, 1, 1],
])

# %% [markdown] conv_comment
# Filter 1 shows vertical edges, filter 2 blurs, filter 3 makes the image sharper, filter 4 shows thin vertical lines and
# filter 5 lines on the diagonal. That is what the numbers promise: where they sum to 0, flat areas disappear. The two
# added dimensions are the input channels and the filters of the layer.

# %% conv_shapes
# valid: (28 - 3) // stride + 1, same: 28 / stride
conv_shapes = {("valid", 1): 26, ("valid", 2): 13, ("same", 1): 28, ("same", 2): 14}

# %% max_pooling
pool_layer = MaxPool2D(pool_size=2, strides=2)
img_out = pool_layer(img_in).numpy()
print("Output:", img_out.shape)

fig, (ax0, ax1) = plt.subplots(ncols=2)
ax0.imshow(img_in[0, :, :, 0], cmap="gray_r")
ax1.imshow(img_out[0, :, :, 0], cmap="gray_r")
plt.show()

# %% lenet
LeNet = build_lenet()
LeNet.summary()

# %% lenet_params
lenet_params = [
    6 * (5 * 5 * 1 + 1),
    16 * (5 * 5 * 6 + 1),
    4 * 4 * 16 * 120 + 120,
    120 * 84 + 84,
    84 * 10 + 10,
]
lenet_largest = 2
print(lenet_params, sum(lenet_params))

# %% lenet_results
score_LeNet = LeNet.evaluate(x_test_conv, y_test, verbose=0)
predict_LeNet = LeNet.predict(x_test_conv, verbose=0)

# %% lenet_adam
LeNet_adam = build_lenet()
LeNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])

t_train_LeNet_adam = time.time()
LeNet_adam.fit(
    x_train_conv,
    y_train,
    batch_size=128,
    epochs=3,
    verbose=1,
    validation_data=(x_test_conv, y_test),
)
t_train_LeNet_adam = time.time() - t_train_LeNet_adam

score_LeNet_adam = LeNet_adam.evaluate(x_test_conv, y_test, verbose=0)
print("Test accuracy with Adam:", score_LeNet_adam[1])
print("Running time:", t_train_LeNet_adam)

# %% [markdown] lenet_comment
# A filter's weights are used again at every place of the image, so LeNet has to multiply more often than the MLP
# although it has fewer parameters (44,426 against 118,282). Most of them (30,840) are in the first dense layer. Adam
# reaches in 3 epochs what Adadelta with its small rate does not reach in 10.

# %% convnet
ConvNet = Sequential()
ConvNet.add(Input(shape=(28, 28, 1)))
ConvNet.add(Conv2D(32, kernel_size=(3, 3), activation="relu"))
ConvNet.add(Conv2D(64, kernel_size=(3, 3), activation="relu"))
ConvNet.add(MaxPool2D(pool_size=(2, 2)))
ConvNet.add(Dropout(0.25))
ConvNet.add(Flatten())
ConvNet.add(Dense(128, activation="relu"))
ConvNet.add(Dropout(0.5))
ConvNet.add(Dense(N_classes, activation="softmax"))
ConvNet.summary()

ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])

t_train_ConvNet = time.time()
ConvNet.fit(
    x_train_conv,
    y_train,
    batch_size=128,
    epochs=5,
    verbose=1,
    validation_data=(x_test_conv, y_test),
)
t_train_ConvNet = time.time() - t_train_ConvNet

# %% convnet_results
score_ConvNet = ConvNet.evaluate(x_test_conv, y_test, verbose=0)
predict_ConvNet = ConvNet.predict(x_test_conv, verbose=0)

print("Test loss:", score_ConvNet[0])
print("Test accuracy:", score_ConvNet[1])
print("Running time:", t_train_ConvNet)
show_confusion_matrix(y_test, predict_ConvNet, "ConvNet")

# %% convnet_adam
ConvNet_adam = km.clone_model(ConvNet)
ConvNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])

t_train_ConvNet_adam = time.time()
ConvNet_adam.fit(
    x_train_conv,
    y_train,
    batch_size=128,
    epochs=5,
    verbose=1,
    validation_data=(x_test_conv, y_test),
)
t_train_ConvNet_adam = time.time() - t_train_ConvNet_adam

score_ConvNet_adam = ConvNet_adam.evaluate(x_test_conv, y_test, verbose=0)
print("Test accuracy:", score_ConvNet_adam[1])
print("Running time:", t_train_ConvNet_adam)

# %% [markdown] conclusion
# ConvNet with Adam is the most accurate, but it has ten times the parameters of the MLP and takes by far the longest.
# For most uses I would take LeNet with Adam, which is nearly as good with only 44,426 parameters. The optimizer made
# the largest difference; the normalization helped the MLP. Next I would normalize the images for the ConvNets too.
