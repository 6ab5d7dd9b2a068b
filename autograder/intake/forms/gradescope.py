"""Gradescope's export of an assignment's submissions: folders ``submission_12345`` and ``submission_metadata.yml``.

The metadata says for each folder who handed it in, with the keys of Ruby's symbols (``:submitters``, ``:name``,
``:sid``, ``:email``, ``:created_at``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from autograder.errors import ConfigError, Unreadable
from autograder.intake.forms.handed import Form, Handed, below, odd, time
from autograder.intake.listing import Item, Listing
from autograder.intake.submission import Origin

NAME = "gradescope"
METADATA = "submission_metadata.yml"
MAX_METADATA = 20 * 1024**2
MAX_SUBMITTERS = 100
MAX_TEXT = 1_000


#: Reads each scalar as text, and nothing else: no types, no merging of mappings; libyaml bounds the depth.
_Texts = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _fits(listing: Listing) -> bool:
    if not _is_there(listing):
        return False
    try:
        known = _metadata(listing)
    except ConfigError:
        return False
    folders = [name for name, folder in listing.tops().items() if folder]
    return 2 * sum(name in known for name in folders) > len(folders)


def _handed(listing: Listing, notebook_name: str) -> list[Handed]:
    known = _metadata(listing)
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in listing.items:
        groups[item.label.parts[0]].append(item)
    rest = [item for name, items in groups.items() if name not in known and name != METADATA for item in items]
    handed = []
    for folder, about in known.items():
        submitters = _submitters(about)
        items = tuple(groups.get(folder, ()))
        for number, submitter in enumerate(submitters or [{}], start=1):
            handed.append(_of_submitter(folder, about, items, submitter, number if len(submitters) > 1 else 0))
    return handed + odd(NAME, rest)


def _of_submitter(
    folder: str, about: Mapping[str, Any], items: tuple[Item, ...], submitter: Mapping[str, str], number: int
) -> Handed:
    """What one of those who handed a folder in together gets; ``number`` tells them apart, 0 where one is alone."""
    identifier, email = submitter.get("sid", ""), submitter.get("email", "")
    student = submitter.get("name") or email or identifier or folder
    created = _get(about, "created_at")
    origin = Origin(NAME, identifier, email, folder, time(created[:100]) if isinstance(created, str) else None)
    extra = f"{identifier or email or number}" if number else ""
    own = tuple(map(below, items))
    return Handed(student, items, own, lambda _: origin, "the folder", "", extra)


def _metadata(listing: Listing) -> dict[str, Mapping[str, Any]]:
    """What the metadata says of each folder.

    Raises:
        ConfigError: there is none, or it is not what Gradescope writes.
    """
    where = f"'{listing.path}': {METADATA}"
    if not _is_there(listing):
        raise ConfigError(f"{where} must be there in an export of Gradescope (there is none)")
    try:
        item = next(item for item in listing.items if item.label == PurePosixPath(METADATA))
        loader = _Texts(listing.read(item, MAX_METADATA))
        try:
            document = loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, Unreadable, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise ConfigError(f"{where} cannot be read ({why})") from None
    if not isinstance(document, dict) or not all(
        isinstance(name, str) and isinstance(about, dict) for name, about in document.items()
    ):
        raise ConfigError(f"{where} must say of each folder who handed it in (got {type(document).__name__})")
    return document


def _is_there(listing: Listing) -> bool:
    return any(item.label == PurePosixPath(METADATA) for item in listing.items)


def _submitters(about: Mapping[str, Any]) -> list[dict[str, str]]:
    found = _get(about, "submitters")
    if not isinstance(found, list):
        return []
    return [
        {key: _get(one, key)[:MAX_TEXT] for key in ("name", "sid", "email") if isinstance(_get(one, key), str)}
        for one in found[:MAX_SUBMITTERS]
        if isinstance(one, dict)
    ]


def _get(table: Mapping[str, Any], key: str) -> Any:
    """A value by the key as Ruby writes it, or without its colon."""
    return table.get(f":{key}", table.get(key))


FORM = Form(NAME, "Gradescope export", f"submission_12345 with {METADATA}", _fits, _handed)
