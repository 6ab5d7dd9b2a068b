# Make a max pooling layer, apply it to img_in, and draw what goes in and what comes out.
pool_layer = MaxPooling2D(pool_size=(2, 2))
img_out = np.array(pool_layer(img_in))

print(img_out.shape)  # half the height and half the width: one pixel for each 2 x 2 window
fig, axes = plt.subplots(ncols=2, figsize=(9, 4))
for ax, title, image in zip(axes, ["Before", "After max pooling"], [img_in[0, :, :, 0], img_out[0, :, :, 0]]):
    ax.imshow(image, cmap="gray_r")
    ax.set_title(f"{title}, {image.shape[0]} x {image.shape[1]}")
plt.show()
