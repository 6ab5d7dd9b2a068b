# ---
# jupyter:
#   title: Crash. Two cells stop with an error, one begins with %load and one installs a library.
# ---

# %% sizes
N_y_pixels, N_x_pixels = x_train.shape[1:]
N_train = len(x_train)
N_test = len(x_test)
N_classes = len(np.unique(y_test))

# %% balance
# !pip install seaborn
import seaborn as sns

train_counts = pd.Series(y_train).value_counts(sort=False).sort_index().to_numpy()
test_counts = pd.Series(y_test).value_counts(sort=False).sort_index().to_numpy()
imbalance = max(train_counts) / min(train_counts)

sns.barplot(x=list(range(10)), y=train_counts)
plt.show()
sns.barplot(x=list(range(10)), y=test_counts)
plt.show()

# %% [markdown] balance_comment
# Yes, between 5421 and 6742 images per digit, and similar proportions in the test set. With 90 % ones, 90 % accuracy
# could simply mean that the model always answers 1.

# %% examples
example_index = {}
for i in range(1000):
    example_index.setdefault(int(y_train[i]), i)

print(example_index)
for digit in range(10):
    plt.subplot(1, 10, digit + 1)
    plt.imshow(x_train[example_index[digit]], cmap="gray")
    plt.axis("off")

# %% mlp
# %load solutions/MNIST/mlp.py
mlp = Sequential()
mlp.add(Input(shape=(N_dim_flatten,)))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu"))
mlp.add(Dropout(0.2))
mlp.add(Dense(10, activation="softmax"))

mlp.summary()

# %% mlp_params
mlp_params = [100480, 16512, 1290]

# %% mlp_results
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)
predict_mlp = mlp.predict(x_test_flatten, verbose=0)
print(score_mlp)
print("%.1f s" % t_train_mlp)
show_confusion_matrix(y_test, predict_mlp, "mlp")

# %% [markdown] mlp_comment
# The accuracy is good. It confuses 4 with 9 and 3 with 5, which I also do sometimes.

# %% mlp_norm
x_train_flatten_norm = x_train_flatten.astype("float32") / 255
x_test_flatten_norm = x_test_flatten.astype("float32") / 255

mlp_norm = Sequential()
mlp_norm.add(Input(shape=(N_dim_flatten,)))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Droput(0.2))
mlp_norm.add(Dense(10, activation="softmax"))

mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
mlp_norm.fit(x_train_flatten_norm, y_train, batch_size=256, epochs=10, validation_data=(x_test_flatten_norm, y_test))
score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test)

# %% [markdown] norm_comment
# It was better than before when it still worked (about 98 %). Now I get an error, I do not know why.

# %% kernel_shape
kernel_shape = np.array(conv_layer.get_weights()[0]).shape

# %% edges
horizontal_filter = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]

# %% [markdown] conv_comment
# Vertical edges, blur, sharper, vertical lines, diagonal lines. The dimensions are channels and filters.

# %% conv_shapes
conv_shapes = {("valid", 1): 28 - 2, ("valid", 2): (28 - 2) // 2, ("same", 1): 28, ("same", 2): 28 // 2}

# %% max_pooling
pool_layer = MaxPooling2D()
img_out = pool_layer(img_in)
print(img_out.shape)
show_convolution(img_in, [[0]], img_out)  # there is no filter here

# %% lenet
LeNet = build_lenet()

# %% lenet_params
lenet_params = [layer.count_params() for layer in LeNet.layers if layer.count_params()]
lenet_largest = int(np.argmax(lenet_params))
print(lenet_params, lenet_largest)

# %% lenet_results
score_LeNet = LeNet.evaluate(x_test_conv, y_test, verbose=0)
predict_LeNet = LeNet.predict(x_test_conv, verbose=0)

# %% lenet_adam
LeNet_adam = build_lenet()
LeNet_adam.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
LeNet_adam.fit(x_train_conv, y_train, epochs=3, batch_size=128, validation_data=(x_test_conv, y_test))
score_LeNet_adam = LeNet_adam.evaluate(x_test_conv, y_test, verbose=0)

# %% [markdown] lenet_comment
# Convolutions cost more time per parameter. LeNet has 44426 parameters, most in the first Dense layer. Adam learns much
# faster than Adadelta.

# %% convnet
ConvNet = Sequential()
ConvNet.add(Input(shape=(28, 28, 1)))
ConvNet.add(Conv2D(32, (3, 3), activation="relu"))
ConvNet.add(Conv2D(64, (3, 3), activation="relu"))
ConvNet.add(MaxPooling2D((2, 2)))
ConvNet.add(Dropout(0.25))
ConvNet.add(Flatten())
ConvNet.add(Dense(128, activation="relu"))
ConvNet.add(Dropout(0.5))
ConvNet.add(Dense(10, activation="softmax"))

ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])

t_train_ConvNet = time.time()
ConvNet.fit(x_train_flatten, y_train, batch_size=128, epochs=5, validation_data=(x_test_flatten, y_test))
t_train_ConvNet = time.time() - t_train_ConvNet
