"""LMSs whose downloads are not read: the files in them are told by their names, so that a person can be told."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAMES = {
    "Blackboard": re.compile(r"gradebook_.+_attempt_[0-9]{4}(?:-[0-9]{2}){5}"),
    "Brightspace": re.compile(r"[0-9]+-[0-9]+ ?- .+ ?- \w+\.? [0-9]{1,2}, [0-9]{4} [0-9]{3,4} ?[AP]M"),
}


def unread_system(names: Sequence[str]) -> str:
    """The LMS that gave most of the files or folders these names, if its downloads are not read; otherwise nothing.

    >>> unread_system(["gradebook_CS1_lab_ada_attempt_2026-11-30-23-58-00_lab.ipynb"])
    'Blackboard'
    """
    counts = {system: sum(form.match(name) is not None for name in names) for system, form in _NAMES.items()}
    return next((system for system, count in counts.items() if 2 * count > len(names)), "")
