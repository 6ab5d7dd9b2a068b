"""A profile: what a grading run may spend, and the accuracies that its questions ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from autograder.assignment.kinds import FRACTION, TEXT, Section, TableOf, choice, list_of, number, whole_number
from autograder.assignment.settings import Place, parse, setting, table, values
from autograder.errors import ConfigError

Runs = dict[str, dict[str, list[float]]]
"""Accuracies of calibration runs, in [0, 1]: by model, then by variant (``reference`` is the solution)."""

_SECONDS = number("seconds", above=0)
_MB = number("MiB", above=0)
_COUNT = number(above=0)
_FACTOR = number(at_least=1)
_CAP = whole_number(at_least=1)


@table
class Budget:
    """What one training may use at most; None is no cap."""

    epochs: int | None = setting(_CAP, "Epochs.", default=None, shown="no cap", example="2")
    samples: int | None = setting(_CAP, "Training images.", default=None, shown="no cap", example="3000")
    validation_samples: int | None = setting(_CAP, "Validation images.", default=None, shown="no cap", example="500")


@table
class Limits:
    """What one run may use. At a limit the run is stopped, and what it recorded before counts."""

    cell_seconds: float = setting(
        _SECONDS, "Time of one cell: processor time of the kernel, and time by the clock.", default=600.0, example="60"
    )
    run_seconds: float = setting(_SECONDS, "Time of the whole run, counted alike.", default=7200.0, example="300")
    start_seconds: float = setting(_SECONDS, "Wall-clock time of the kernel's start.", default=600.0, example="600")
    call_seconds: float = setting(
        _SECONDS,
        "Processor time that one test case may take with functions and objects in the kernel. Longer costs that test "
        "case alone.",
        default=60.0,
        example="20",
    )
    training_seconds: float = setting(
        _SECONDS,
        "Time of one training by the trainer, counted alike; at most `run_seconds`.",
        default=3600.0,
        shown="3600, or `run_seconds` if that is less",
        example="300",
    )
    wall_factor: float = setting(
        _FACTOR,
        "A cell, a run or a training that does not compute is stopped after so many times as long by the clock.",
        default=3.0,
        example="3",
    )
    cpu_seconds: float = setting(
        _SECONDS, "Processor time of all processes of the run together.", default=28_800.0, example="28800"
    )
    memory_mb: float = setting(_MB, "Memory of all processes of the run together.", default=6144.0, example="6144")
    file_mb: float = setting(_MB, "Size of one file; writing more fails.", default=1024.0, example="1024")
    disk_mb: float = setting(_MB, "Size of all files that the run writes, together.", default=4096.0, example="4096")
    processes: float = setting(_COUNT, "Processes and threads at once.", default=512.0, example="512")
    output_mb: float = setting(
        _MB,
        "Data that the kernel sends. The executed notebook drops outputs at much less.",
        default=256.0,
        example="256",
    )
    outputs: float = setting(
        _COUNT, "Outputs; printed text counts by its length alone.", default=20_000.0, example="20000"
    )

    def longer(self, minutes: float) -> Limits:
        """The limits of a run, and each of its cells, that may take these minutes more."""
        more = 60 * minutes
        return replace(
            self,
            cell_seconds=self.cell_seconds + more,
            run_seconds=self.run_seconds + more,
            cpu_seconds=self.cpu_seconds + more,
        )


@table
class Calibration:
    """The runs that a dataset's thresholds rest on."""

    basis: str = setting(
        TEXT,
        "Digest of what the runs depend on: solution, sheets, budget, dataset.",
        default="",
        example='"28c96de3f95b7710"',
    )
    source: str = setting(
        TEXT,
        "Who made the runs; nothing for those of `autograder calibrate`.",
        default="",
        example='"Keras 3.15.1 on JAX, fresh seeds"',
    )
    tests: int = setting(
        whole_number(at_least=1),
        "Test samples of the dataset, on which the runs were measured.",
        default=10_000,
        example="60",
    )
    runs: Runs = setting(
        TableOf(
            TableOf(list_of(FRACTION, "a list of numbers from 0 to 1", list), key="VARIANT", example="reference"),
            key="MODEL",
            example="mlp",
        ),
        "Accuracies of the runs of a model, by variant; `reference` is the solution.",
        default_factory=dict,
        example="[0.9617, 0.962, 0.9642]",
        rest=True,
    )


@table
class Profile:
    """What a grading run uses.

    ``thresholds`` are accuracies in [0, 1] by dataset (``Dataset.kind``), then name of the model.
    """

    name: str
    description: str = setting(TEXT, "What the profile is for.", default="", example='"a few minutes for a class"')
    budget: Budget = setting(Section(Budget), "What one training may use at most.", default=Budget())
    limits: Limits = setting(
        Section(Limits),
        "What one run may use. At a limit the run is stopped, and what it recorded before counts.",
        default=Limits(),
    )
    thresholds: Mapping[str, Mapping[str, float]] = setting(
        TableOf(TableOf(FRACTION, key="MODEL", example="mlp"), key="DATASET", example="mnist"),
        "Accuracy that `reference.accuracy` asks of a model, set by `autograder calibrate`; `stand-in` are the digits "
        "that stand in for MNIST.",
        default_factory=dict,
        example="0.9549",
    )
    calibration: Mapping[str, Calibration] = setting(
        TableOf(Section(Calibration), key="DATASET", example="mnist"),
        "The runs that the thresholds rest on, written by `autograder calibrate`.",
        default_factory=dict,
    )
    elsewhere: Mapping[str, Calibration] = setting(
        TableOf(Section(Calibration), key="DATASET", example="mnist"),
        "Runs that were not made by `autograder calibrate`; they count where they have its `basis` and do not differ "
        "from its runs.",
        default_factory=dict,
    )
    figures: str = setting(
        choice("drawn", "none"),
        "Whether the figures that a notebook shows are drawn; with `none` the executed notebook and the feedback have "
        "their description alone, and a run takes less time.",
        default="drawn",
        example='"none"',
    )

    @classmethod
    def load(cls, path: Path | str) -> Profile:
        """Read a profile from a TOML file; it is named after the file.

        Raises:
            ConfigError: the file is missing or not TOML, or a key is unknown or breaks a rule; or one training may take
                longer than the whole run.
        """
        path = Path(path)
        if not path.exists():
            others = ", ".join(sorted(file.stem for file in path.parent.glob("*.toml")))
            raise ConfigError(f"{path}: a profile must be a file that exists ({path.parent} has {others or 'none'})")
        content, place = parse(path), Place(path)
        profile = cls(name=path.stem, **values(cls, content, place))
        limits = profile.limits
        if limits.training_seconds <= limits.run_seconds:
            return profile
        if "training_seconds" in content["limits"]:
            rule = f"at most 'limits.run_seconds', which is {limits.run_seconds:g}"
            raise place.at("limits.training_seconds").broken(rule, content["limits"]["training_seconds"])
        return replace(profile, limits=replace(limits, training_seconds=limits.run_seconds))
