# ---
# jupyter:
#   title: The convolutional networks on pixels divided by 255, which the lab allows where the training is one's own.
# ---

# %% lenet_adam
LeNet_adam = build_lenet()
LeNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
LeNet_adam.fit(x_train_conv / 255, y_train, batch_size=128, epochs=3, verbose=0)
score_LeNet_adam = LeNet_adam.evaluate(x_test_conv / 255, y_test, verbose=0)

# %% convnet
ConvNet = Sequential()
ConvNet.add(Input(shape=(28, 28, 1)))
ConvNet.add(Conv2D(32, kernel_size=3, activation="relu"))
ConvNet.add(Conv2D(64, kernel_size=3, activation="relu"))
ConvNet.add(MaxPooling2D(pool_size=2))
ConvNet.add(Dropout(0.25))
ConvNet.add(Flatten())
ConvNet.add(Dense(128, activation="relu"))
ConvNet.add(Dropout(0.5))
ConvNet.add(Dense(10, activation="softmax"))
ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
ConvNet.fit(x_train_conv / 255, y_train, batch_size=128, epochs=5, verbose=0)

# %% convnet_results
score_ConvNet = ConvNet.evaluate(x_test_conv / 255, y_test, verbose=0)
predict_ConvNet = ConvNet.predict(x_test_conv / 255, verbose=0)

# %% convnet_adam
ConvNet_adam = km.clone_model(ConvNet)
ConvNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
ConvNet_adam.fit(x_train_conv / 255, y_train, batch_size=128, epochs=5, verbose=0)
score_ConvNet_adam = ConvNet_adam.evaluate(x_test_conv / 255, y_test, verbose=0)
