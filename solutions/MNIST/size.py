# Put your code in the place of each `...`; every NumPy array knows its own .shape.
N_x_pixels = x_train.shape[2]
N_y_pixels = x_train.shape[1]
N_train = x_train.shape[0]
N_test = x_test.shape[0]
N_classes = len(np.unique(y_train))

print(f"Train data: {N_train} images ({N_x_pixels} x {N_y_pixels} pixels)")
print(f"Test data: {N_test} images ({N_x_pixels} x {N_y_pixels} pixels)")
print(f"Number of classes: {N_classes}")
