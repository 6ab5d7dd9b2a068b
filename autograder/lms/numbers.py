"""Numbers as an LMS writes them: marks of two decimals, with a decimal point or comma."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


def number(text: str) -> float | None:
    """A number as an LMS writes it, with a decimal point or comma."""
    bare = text.strip().replace("\xa0", "")
    return float(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else None


def same_number(text: str, mark: float) -> bool:
    """Whether a cell has a mark already, with as many decimals as an LMS shows or more."""
    before = number(text)
    return before is not None and math.isclose(rounded(before), rounded(mark), rel_tol=0, abs_tol=1e-9)


def rounded(mark: float) -> float:
    """A mark with the two decimals of an LMS; half a hundredth is rounded up."""
    return math.floor(100 * mark + 0.5 + 1e-9) / 100


def written(mark: float, comma: bool) -> str:
    """A mark as an LMS writes it: two decimals, with a decimal ``comma`` or a point."""
    text = f"{rounded(mark):.2f}"
    return text.replace(".", ",") if comma else text
