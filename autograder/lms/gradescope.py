"""Gradescope's export of an assignment's submissions: folders ``submission_12345`` and ``submission_metadata.yml``.

The metadata says for each folder who handed it in, with the keys of Ruby's symbols (``:submitters``, ``:name``,
``:sid``, ``:email``, ``:created_at``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from autograder.errors import ConfigError, Unreadable
from autograder.lms.download import Download, File, StudentFiles, tops, unmatched
from autograder.lms.system import LMS
from autograder.lms.times import parse_time

METADATA = "submission_metadata.yml"
MAX_METADATA = 20 * 1024**2
MAX_SUBMITTERS = 100
MAX_DEPTH = 50
MAX_TEXT = 1_000


def recognises(download: Download) -> bool:
    """Whether there is metadata of most folders."""
    try:
        metadata = _metadata(download)
    except ConfigError:
        return False
    folders = [name for name, is_folder in tops(download.files).items() if is_folder]
    return 2 * sum(name in metadata for name in folders) > len(folders)


def student_files(download: Download) -> list[StudentFiles]:
    """The files of each student; students who handed in together each have all of them.

    Raises:
        ConfigError: the metadata is missing or not Gradescope's.
    """
    metadata = _metadata(download)
    groups: defaultdict[str, list[File]] = defaultdict(list)
    for file in download.files:
        groups[file.top].append(file)
    students = []
    for folder, about in metadata.items():
        submitters = _submitters(about)
        files = tuple(groups.get(folder, ()))
        for number, submitter in enumerate(submitters or [{}], start=1):
            students.append(_of_submitter(folder, about, files, submitter, number if len(submitters) > 1 else 0))
    others = [file for top, files in groups.items() if top not in metadata and top != METADATA for file in files]
    return students + unmatched(others)


def _of_submitter(
    folder: str, about: Mapping[str, Any], files: tuple[File, ...], submitter: Mapping[str, str], number: int
) -> StudentFiles:
    """The files of one of the students who handed a folder in together; ``number`` is 0 for a student alone."""
    identifier, email = submitter.get("sid", ""), submitter.get("email", "")
    created = _get(about, "created_at")
    time = parse_time(created[:100]) if isinstance(created, str) else None
    return StudentFiles(
        submitter.get("name") or email or identifier or folder,
        files,
        tuple(file.relative_path for file in files),
        folder,
        identifier,
        email,
        submitted=time,
        unread_time=created[:100] if isinstance(created, str) and time is None else "",
        suffix=f"{identifier or email or number}" if number else "",
        team=folder if number else "",
    )


def _metadata(download: Download) -> dict[str, Mapping[str, Any]]:
    where = f"'{download.path}': {METADATA}"
    file = next((file for file in download.files if file.path == PurePosixPath(METADATA)), None)
    if file is None:
        raise ConfigError(f"{where} is missing: an export of Gradescope must have it")
    try:
        document = _read_yaml(download.read(file, MAX_METADATA))
    except (Unreadable, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise ConfigError(f"{where} cannot be read ({why})") from None
    if not isinstance(document, dict) or not all(
        isinstance(name, str) and isinstance(about, dict) for name, about in document.items()
    ):
        raise ConfigError(f"{where} must say who handed in each folder (got {type(document).__name__})")
    return document


def _read_yaml(content: bytes) -> Any:
    """A document with every scalar as text: no types, no merging of mappings.

    Raises:
        ValueError: it is not YAML, or nested too deeply: most versions of libyaml then end the process.
    """
    import yaml  # slow to import, and needed for this LMS alone

    reader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    depth = 0
    try:
        for event in yaml.parse(content, Loader=reader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        return yaml.load(content, Loader=reader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _submitters(about: Mapping[str, Any]) -> list[dict[str, str]]:
    submitters = _get(about, "submitters")
    if not isinstance(submitters, list):
        return []
    return [
        {key: _get(one, key)[:MAX_TEXT] for key in ("name", "sid", "email") if isinstance(_get(one, key), str)}
        for one in submitters[:MAX_SUBMITTERS]
        if isinstance(one, dict)
    ]


def _get(table: Mapping[str, Any], key: str) -> Any:
    """A value by the key as Ruby writes it, or without its colon."""
    return table.get(f":{key}", table.get(key))


GRADESCOPE = LMS(
    name="gradescope",
    title="Gradescope export",
    example=f"submission_12345 with {METADATA}",
    recognises=recognises,
    student_files=student_files,
)
