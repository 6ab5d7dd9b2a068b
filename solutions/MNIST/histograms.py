# Count the images of each digit in both sets, and draw the counts.
train_counts = np.bincount(y_train, minlength=10)
test_counts = np.bincount(y_test, minlength=10)
imbalance = train_counts.max() / train_counts.min()

print(f"The largest class of the training set has {imbalance:.3f} times the images of the smallest.")

fig, axes = plt.subplots(ncols=2, figsize=(12, 4))
for ax, title, counts in zip(axes, ["Training set", "Test set"], [train_counts, test_counts]):
    ax.bar(range(10), counts)
    ax.axhline(counts.mean(), color="black", linestyle="--", label="if all were equal")
    ax.set(title=title, xlabel="digit", ylabel="number of images", xticks=range(10))
    ax.legend(loc="lower right")
plt.show()
