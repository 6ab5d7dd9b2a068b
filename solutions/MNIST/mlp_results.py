# Measure mlp on the test set, let it predict the test images, and show both.
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)
predict_mlp = mlp.predict(x_test_flatten, verbose=0)

print(f"Test loss: {score_mlp[0]:.4f}")
print(f"Test accuracy: {score_mlp[1]:.4f}")
print(f"Running time: {t_train_mlp:.2f} seconds")
show_confusion_matrix(y_test, predict_mlp, "MLP, raw pixels")
