"""The references of an assignment, one for each of its datasets: what a hidden test case gets as ``reference``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks.reference import Reference
from autograder.checks.trainings import Trainings
from autograder.messages import message
from autograder.networks.pixels import Pixels
from autograder.results import by_name

GetOutputsOn = Callable[[str, Any, Pixels], np.ndarray | None]
"""``measure.GetOutputs`` for the dataset of a name."""


#: What is asked of networks alone: on which dataset does not matter.
_OF_NETWORKS = ("loss", "new_model", "optimizer", "trained")


class References:
    """``reference["cifar10"]`` is the ``Reference`` for a dataset; with one dataset, ``reference`` itself is it, too.

    ``datasets`` are files by name, ``thresholds`` are accuracies in [0, 1] by dataset, then name of the model.
    ``by_dataset`` are the references by name.
    """

    def __init__(
        self,
        datasets: Mapping[str, Path],
        thresholds: Mapping[str, Mapping[str, float]],
        outputs: GetOutputsOn | None = None,
        trainings: Trainings | None = None,
    ) -> None:
        known = trainings or Trainings()

        def of(name: str, path: Path) -> Reference:
            own, on = thresholds.get(name, {}), outputs and partial(outputs, name)
            others = {model for named in thresholds.values() for model in named if model not in own}
            return Reference(path, own, on, known, others=others, name=name)

        self.by_dataset = {name: of(name, path) for name, path in datasets.items()}
        self._any = next(iter(self.by_dataset.values()), Reference(None, {}, trainings=known))

    def __getitem__(self, dataset: str) -> Reference:
        """The reference for a dataset.

        Raises:
            KeyError: ``course.toml`` names no such dataset.
        """
        if dataset not in self.by_dataset:
            raise KeyError(message("checks.no_such_dataset", name=dataset, known=self._names))
        return self.by_dataset[dataset]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_dataset)

    def __getattr__(self, name: str) -> Any:
        """What the reference for the only dataset has under this name.

        Raises:
            RuntimeError: there are several datasets, and it is of one.
        """
        if name.startswith("__"):  # what Python itself looks for
            raise AttributeError(name)
        if len(self.by_dataset) > 1 and name not in _OF_NETWORKS:
            raise RuntimeError(message("checks.which_dataset", known=self._names, name=name))
        return getattr(self._any, name)

    @property
    def accuracies(self) -> dict[str, float]:
        """The measured accuracies, as ``results.by_name``."""
        return by_name({dataset: each.accuracies for dataset, each in self.by_dataset.items()})

    @property
    def confusions(self) -> dict[str, list[list[int]]]:
        """The confusion matrices, named as the accuracies."""
        return by_name({dataset: each.confusions for dataset, each in self.by_dataset.items()})

    @property
    def _names(self) -> str:
        return ", ".join(self.by_dataset) or message("training.no_datasets")
