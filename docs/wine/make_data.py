"""Make ``wine.npz`` from the table that scikit-learn ships: 178 wines of three growers, each with 13 measurements.

The table is from S. Aeberhard and M. Forina, *Wine*, UCI Machine Learning Repository, 1992 (CC BY 4.0). One wine in
three is for testing. Each column is scaled to the range from 0 to 1 that it has among the others.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

table, growers = load_wine(return_X_y=True)
train, test, y_train, y_test = train_test_split(table, growers, test_size=1 / 3, random_state=0, stratify=growers)
low, high = train.min(axis=0), train.max(axis=0)
x_train, x_test = (((part - low) / (high - low)).astype("float32") for part in (train, test))
labels = {"y_train": y_train.astype("uint8"), "y_test": y_test.astype("uint8")}
np.savez_compressed(Path(__file__).parent / "wine.npz", x_train=x_train, x_test=x_test, **labels)
