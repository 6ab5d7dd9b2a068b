"""Gradescope's autograder zip file: this package, a built assignment, and the two scripts that Gradescope starts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import autograder
from autograder.assignment import Assignment
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from autograder.execution.launch import FORK_PROVISIONER
from autograder.execution.provisioner import ForkProvisioner
from autograder.messages import message

_FILES = Path(__file__).parent / "files"
_SCRIPTS = ("setup.sh", "run_autograder")
#: Zip files know no dates before this one.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
#: Seconds of Gradescope's time-out that are left for its own harness to start and to take the results.
MARGIN = 30
LEAST_MINUTES = 5
#: The longest that Gradescope offers.
MOST_MINUTES = 40
_LEFT_OUT = "The master notebook is not needed to grade, and stays with the instructor.\n"


@dataclass(frozen=True)
class Settings:
    """What is recorded in the zip file: ``seconds`` are those that one submission may take, ``data`` are the paths
    of datasets in it, by name.
    """

    profile: str | None
    isolation: str
    seconds: int
    data: dict[str, str]


def locked_requirements() -> Path:
    """The locked requirements of this package: in the checkout, or in the installed package.

    Raises:
        ConfigError: it has none.
    """
    name = "requirements.lock"
    for folder in (Path(autograder.__file__).resolve().parents[1], _FILES):
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"the installed package has no {name}: name one with --requirements")


def build(
    assignment: Assignment,
    *,
    requirements: Path,
    minutes: int,
    profile: str | None = None,
    isolation: str = "auto",
    datasets: Sequence[Dataset] = (),
) -> bytes:
    """The zip file, the same bytes from the same sources; ``minutes`` is the time-out that is set on Gradescope.

    Raises:
        ConfigError: there are no locked requirements with hashes, the profile does not exist, or students' files lie
            elsewhere.
    """
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise ConfigError(f"'minutes' must be from {LEAST_MINUTES} to {MOST_MINUTES} (got {minutes})")
    if not requirements.is_file():
        raise ConfigError(f"{requirements}: the locked requirements must be a file that exists")
    if b"--hash=" not in (locked := requirements.read_bytes()):  # pip would refuse them, and only on Gradescope
        raise ConfigError(f"{requirements}: the locked requirements must have hashes (no line has --hash=)")
    assignment.load_profile(profile)
    data = {dataset.name: f"data/{dataset.name}{dataset.path.suffix}" for dataset in datasets}
    settings = Settings(profile, isolation, 60 * minutes - MARGIN, data)
    failed, too_long = message("reports.gradescope.failed"), message("reports.gradescope.too_long", minutes=minutes)
    files = {name: (_FILES / name).read_bytes() for name in _SCRIPTS}
    files |= {
        "requirements.lock": locked,
        "settings.json": _json(asdict(settings)),
        "seconds": f"{settings.seconds}\n".encode(),
        "failed.json": _json(_failure(failed, message("reports.gradescope.failed_advice"))),
        "too_long.json": _json(_failure(too_long, message("reports.gradescope.too_long_advice"))),
    }
    files |= {f"package/{name}": content for name, content in _package()}
    files |= {f"assignment/{name}": content for name, content in _assignment(assignment)}
    files |= {data[dataset.name]: dataset.path.read_bytes() for dataset in datasets}
    return _zip(files)


def _failure(what: str, advice: str) -> dict[str, Any]:
    """``results.json`` of a submission that nothing came of."""
    return {
        "score": 0.0,
        "output": f"{what}. {advice}",
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def _package() -> Iterator[tuple[str, bytes]]:
    """This package's sources, and the metadata of an installed one: Jupyter finds warm kernels by an entry point."""
    folder = Path(autograder.__file__).resolve().parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder.parent).as_posix(), path.read_bytes()
    about, version = f"notebook_autograder-{autograder.__version__}.dist-info", autograder.__version__
    provisioner = f"{ForkProvisioner.__module__}:{ForkProvisioner.__qualname__}"
    entry_points = f"[jupyter_client.kernel_provisioners]\n{FORK_PROVISIONER} = {provisioner}\n"
    yield f"{about}/METADATA", f"Metadata-Version: 2.1\nName: notebook-autograder\nVersion: {version}\n".encode()
    yield f"{about}/entry_points.txt", entry_points.encode()


def _assignment(assignment: Assignment) -> Iterator[tuple[str, bytes]]:
    """What grading takes of a built assignment; of the master notebook only that there is one."""
    folder, course = assignment.folder.resolve(), assignment.course
    for key, path in (("student", course.student), ("master", course.master)):
        if path is not None and not path.resolve().is_relative_to(folder):
            raise ConfigError(f"{folder}/course.toml: '{key}' must be in the assignment's folder (got '{path}')")
    for path in [*assignment.grading_files(), *(folder / "profiles").glob("*.toml")]:
        yield path.relative_to(folder).as_posix(), path.read_bytes()
    if course.master is not None:  # without a course.toml it is found by the questions in it
        yield course.master.resolve().relative_to(folder).as_posix(), f"# BEGIN QUESTION\n# {_LEFT_OUT}".encode()


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _zip(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose modes follow
            entry.external_attr = (0o100755 if name in _SCRIPTS else 0o100644) << 16
            archive.writestr(entry, files[name])
    return written.getvalue()
