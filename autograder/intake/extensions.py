"""What a roster says that holds for one student alone: another deadline, minutes for the run, excused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from autograder.errors import ConfigError
from autograder.intake.submission import Extension
from autograder.lms.tables import heading
from autograder.lms.times import parse_deadline

MOST_MINUTES = 1440.0
#: With what Excel makes of ``true`` and ``false`` in other languages.
_YES = "yes y true 1 x excused ex ja oui sí si sì sim wahr vrai verdadero vero waar verdadeiro"
_NO = "no n false 0 nein non nee não falsch faux falso onwaar"


def read_extension(cells: Mapping[str, str], where: str) -> Extension | None:
    """What the cells for ``deadline``, ``extra_minutes`` and ``excused`` say; None of a roster without these columns.

    ``where`` names the line in messages. A time without a zone is left without one.

    Raises:
        ConfigError: a cell breaks its rule.
    """
    if not cells:
        return None
    return Extension(
        _deadline(cells.get("deadline", ""), where),
        _minutes(cells.get("extra_minutes", ""), where),
        _excused(cells.get("excused", ""), where),
    )


def _deadline(cell: str, where: str) -> datetime | None:
    if cell in ("", "-"):
        return None
    if (time := parse_deadline(cell)) is None:
        raise ConfigError(f"{where}: 'deadline' must be a time such as 2026-12-03 23:59 (got '{cell[:100]}')")
    return time


def _minutes(cell: str, where: str) -> float:
    try:
        minutes = float(cell.replace(",", ".") or 0)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= MOST_MINUTES:
        rule = f"must be a number of minutes from 0 to {MOST_MINUTES:g}"
        raise ConfigError(f"{where}: 'extra minutes' {rule} (got '{cell[:100]}')")
    return minutes


def _excused(cell: str, where: str) -> bool:
    word = heading(cell)
    if word in _YES.split():
        return True
    if word and word not in _NO.split():
        raise ConfigError(f"{where}: 'excused' must be yes or no (got '{cell[:100]}')")
    return False
