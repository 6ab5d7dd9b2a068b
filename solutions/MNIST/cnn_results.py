# Measure ConvNet on the test set, let it predict the test images, and show both.
score_ConvNet = ConvNet.evaluate(x_test_conv, y_test, verbose=0)
predict_ConvNet = ConvNet.predict(x_test_conv, verbose=0)

print(f"Test loss: {score_ConvNet[0]:.4f}")
print(f"Test accuracy: {score_ConvNet[1]:.4f}")
print(f"Running time: {t_train_ConvNet:.2f} seconds")
show_confusion_matrix(y_test, predict_ConvNet, "ConvNet, Adadelta")

# Build a new network, compile it with Adam, train it and evaluate it.
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

print(f"Test accuracy with Adadelta: {score_ConvNet[1]:.4f}")
print(f"Test accuracy with Adam: {score_ConvNet_adam[1]:.4f}")
print(f"Running time with Adam: {t_train_ConvNet_adam:.2f} seconds")
show_confusion_matrix(y_test, ConvNet_adam.predict(x_test_conv, verbose=0), "ConvNet, Adam")
