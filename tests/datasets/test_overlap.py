"""Images of the test set are found again, whatever was done to them, and training images are not taken for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autograder.datasets.overlap import known_labels, prepare, share_of_test_images

RNG = np.random.default_rng(0)
TRAIN, TEST = RNG.integers(0, 256, (300, 8, 8), np.uint8), RNG.integers(0, 256, (100, 8, 8), np.uint8)
MEAN, DEVIATION = TRAIN.mean(axis=0), TRAIN.std(axis=0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("overlap") / "data.npz"
    np.savez(path, x_train=TRAIN, y_train=np.arange(300) % 10, x_test=TEST, y_test=np.arange(100) % 10)
    return path


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as they are": lambda images: images,
    "flat fractions": lambda images: images.reshape(-1, 64) / 255,
    "inverted, with a channel": lambda images: 255 - images[..., None].astype(np.float32),
    "in another order, with noise": lambda images: images[::-1] + RNG.normal(scale=5, size=images.shape),
    "each pixel standardised": lambda images: (images - MEAN) / DEVIATION,
    "with a border": lambda images: np.pad(images, ((0, 0), (2, 2), (2, 2))),
}


@pytest.mark.parametrize("way", WAYS)
def test_test_images_are_found_and_training_images_are_not(dataset: Path, way: str) -> None:
    assert share_of_test_images(WAYS[way](TEST), dataset) == 1
    assert share_of_test_images(WAYS[way](TRAIN), dataset) == 0


def test_one_image_more_of_the_test_set_is_told(dataset: Path) -> None:
    images = TRAIN[:100].copy()
    assert share_of_test_images(images, dataset) == 0
    images[7] = TEST[3]
    assert share_of_test_images(images, dataset) == share_of_test_images(images / 255, dataset) == 0.01


def test_a_dataset_that_cannot_be_compared_is_prepared_in_vain(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=TRAIN[:, :4], y_train=np.zeros(300), x_test=TEST, y_test=np.zeros(100))
    prepare(tmp_path / "d.npz")


def test_the_share_of_a_mixture_is_told(dataset: Path) -> None:
    assert share_of_test_images(np.concatenate([TRAIN, TEST]), dataset) == 0.25


@pytest.mark.parametrize(
    "images",
    [np.full((5, 8, 8), np.nan), np.zeros((5, 8, 8)), TEST[:, :4], np.zeros((0, 8, 8)), np.zeros(5), np.array("x")],
)
def test_what_cannot_be_compared_has_none(dataset: Path, images: np.ndarray) -> None:
    assert share_of_test_images(images, dataset) == 0


def test_a_dataset_that_repeats_itself_accuses_nobody(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=TRAIN, y_train=np.zeros(300), x_test=TRAIN[:150], y_test=np.zeros(150))
    assert share_of_test_images(TRAIN, tmp_path / "d.npz") < 0.08


def test_labels_are_known_of_training_images_alone_in_any_order(dataset: Path) -> None:
    labels = (np.arange(300) % 10)[::-1]
    for images, least in ((1 - TRAIN[::-1] / 255, 0.98), ((TRAIN[::-1] - MEAN) / DEVIATION, 0)):
        known = known_labels(images, dataset)
        assert np.array_equal(known[known >= 0], labels[known >= 0]) and np.mean(known >= 0) > least
    assert set(known_labels(TEST, dataset)) == {-1}


def test_rows_of_a_table_are_not_known_by_their_labels(tmp_path: Path) -> None:
    """Of few numbers, those of another row may lie on the same sides of their mean."""
    table = RNG.normal(size=(300, 6))
    np.savez(tmp_path / "table.npz", x_train=table, y_train=np.arange(300) % 3, x_test=table, y_test=np.arange(300) % 3)

    assert set(known_labels(table, tmp_path / "table.npz")) == {-1}
