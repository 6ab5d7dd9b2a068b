"""On an idle core, what a checker will ask of a trained model is computed before it asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training.examples import IMAGES, ON_IMAGES, REQUEST, TEST_OUTPUTS, raw, saved

from autograder.datasets.find import Dataset
from autograder.evidence.training_request import checked
from autograder.networks.pixels import UNSEEN
from autograder.training.computation import Computation
from autograder.training.prefetch import PrefetchingTrainer
from autograder.training.trainer import Trainer

Make = Callable[..., PrefetchingTrainer]


def trained(trainer: Trainer, array_folder: Path) -> list[np.ndarray]:
    """The weights of a model of images after training."""
    return trainer.answer(checked({**REQUEST, "model": ON_IMAGES}, len(IMAGES)), saved(IMAGES, array_folder))[1][:2]


def await_computed(trainer: Trainer, count: int) -> None:
    """Wait until so many requests were computed; fail where they never will be."""
    give_up = time.monotonic() + 120
    while trainer.counts.computed < count:
        assert time.monotonic() < give_up, f"{trainer.counts.computed} of {count} requests were computed"
        time.sleep(0.05)


def outputs(trainer: Trainer, weights: list[np.ndarray]) -> tuple[str, list[bytes]]:
    return raw(trainer.test_outputs({**TEST_OUTPUTS, "pixels": UNSEEN[0].plain}, weights))


def test_on_an_idle_core_it_computes_ahead_what_a_checker_will_ask(
    make_trainer: Make, array_folder: Path, small_digits: Dataset
) -> None:
    trainer = make_trainer(datasets=(small_digits,), kind=PrefetchingTrainer)
    weights = trained(trainer, array_folder)
    await_computed(trainer, 2)
    ahead, again = outputs(trainer, weights), outputs(trainer, weights)

    assert ahead == again == outputs(make_trainer(store=None, datasets=(small_digits,)), weights)
    # What nobody had asked for before is no hit the first time.
    assert (trainer.counts.requests, trainer.counts.computed, trainer.counts.hits) == (3, 2, 1)


@pytest.mark.parametrize("changes", [{"datasets": ()}, {"slots": 1}, {"store": None}])
def test_nothing_is_computed_ahead_without_a_dataset_a_store_or_an_idle_core(
    make_trainer: Make, array_folder: Path, small_digits: Dataset, changes: dict[str, Any]
) -> None:
    trainer = make_trainer(**{"datasets": (small_digits,), "kind": PrefetchingTrainer, **changes})
    if "slots" in changes:
        with trainer._slots.taken(Computation()):  # another training is under way
            assert not trainer._can_prefetch()
        return
    trained(trainer, array_folder)
    assert not [thread for thread in threading.enumerate() if thread.name == "prefetch"]
    assert trainer.counts.computed == 1


def test_where_all_cores_are_one_slot_it_computes_ahead_beside_that(make_trainer: Make, small_digits: Dataset) -> None:
    trainer = make_trainer(datasets=(small_digits,), slots=1, threads=2, kind=PrefetchingTrainer)
    with ThreadPoolExecutor(1) as pool, trainer._slots.taken(Computation()):  # another training is under way
        assert trainer._can_prefetch()
        pool.submit(trainer.prefetch, ON_IMAGES, IMAGES[2:], [784], UNSEEN[0].plain).result(timeout=120)

    assert trainer.counts.computed == 1
