# Choose the indices of ten images, one of each digit from 0 to 9, and draw these images.
example_index = [int(rd.choice(np.flatnonzero(y_train == digit))) for digit in range(10)]

fig, axes = plt.subplots(ncols=10, figsize=(12, 1.6))
for ax, index in zip(axes, example_index):
    ax.imshow(x_train[index], cmap="gray_r")
    ax.set_title(y_train[index])
    ax.axis("off")
plt.show()
