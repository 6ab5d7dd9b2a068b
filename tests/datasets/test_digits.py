"""The stand-in looks like MNIST to a program: its shape, its counts, and how hard it is to learn."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.datasets import digits
from autograder.datasets.digits import Digits
from autograder.datasets.npz import digest

DIGEST_OF_VERSION_2 = "08f0adda98452a1810c3c2088dd763fe17ac5ea61c9634f846652c050a02e682"


@pytest.fixture(scope="module")
def arrays() -> Digits:
    return digits.generate()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty training and ten test images of each class."""
    monkeypatch.setattr(digits, "TRAIN_COUNTS", (20,) * 10)
    monkeypatch.setattr(digits, "TEST_COUNTS", (10,) * 10)


def test_shapes_types_and_class_counts_are_mnists(arrays: Digits) -> None:
    assert [(array.shape, array.dtype.name) for array in arrays] == [
        ((60000, 28, 28), "uint8"),
        ((60000,), "uint8"),
        ((10000, 28, 28), "uint8"),
        ((10000,), "uint8"),
    ]
    assert np.bincount(arrays.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(arrays.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_same_version_is_the_same_images(arrays: Digits) -> None:
    # Thresholds are calibrated on these images and caches hold them: others need another VERSION and new thresholds.
    assert (digits.VERSION, digest(arrays._asdict())) == (2, DIGEST_OF_VERSION_2)


def test_the_seed_decides_the_images(few: None) -> None:
    one, same, other = (digest(digits.generate(seed)._asdict()) for seed in (1, 1, 2))

    assert one == same
    assert one != other


@pytest.mark.parametrize("part", ["train", "test"])
def test_grey_values_are_spread_as_mnists(arrays: Digits, part: str) -> None:
    images = arrays.x_train if part == "train" else arrays.x_test

    assert (int(images.min()), int(images.max())) == (0, 255)
    assert np.mean(images == 0) == pytest.approx(0.81, abs=0.02)  # MNIST: 0.809
    assert images.mean() == pytest.approx(33.3, abs=2)  # MNIST: 33.3
    inside = images[:, 1:-1, 1:-1].sum(axis=(1, 2), dtype=np.int64)
    assert np.mean(images.sum(axis=(1, 2), dtype=np.int64) != inside) < 0.014  # that touch the border; MNIST: 0.0135
    assert images.any(axis=(1, 2)).all()


def test_any_beginning_has_all_classes_in_like_numbers(arrays: Digits) -> None:
    for labels in (arrays.y_train, arrays.y_test):
        counts = np.bincount(labels[:1000], minlength=10)
        assert counts.min() >= 60
        assert counts.max() <= 150


def test_no_base_image_serves_both_training_and_test() -> None:
    _, labels = digits._base_images()
    train, test = digits._split(labels, np.random.default_rng(0))

    everything = np.concatenate([*train, *test])
    assert sorted(everything.tolist()) == list(range(len(labels)))
    for label in range(10):
        assert set(labels[train[label]]) == set(labels[test[label]]) == {label}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # fifteen epochs are not meant to converge
def test_a_small_network_learns_it_as_it_learns_mnist(arrays: Digits) -> None:
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    def accuracy(divisor: float) -> float:
        network = MLPClassifier((128, 128), random_state=0, max_iter=15)
        network.fit(arrays.x_train[:6000].reshape(-1, 784) / divisor, arrays.y_train[:6000])
        return float(network.score(arrays.x_test.reshape(-1, 784) / divisor, arrays.y_test))

    with threadpool_limits(1):  # threads of two tests at once would wait for one another
        raw, scaled = accuracy(1), accuracy(255)  # on MNIST 0.892 and 0.940

    assert 0.93 < scaled < 0.985
    assert 0.85 < raw < scaled - 0.01
