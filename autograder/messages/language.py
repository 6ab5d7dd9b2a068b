"""The language of what students read: English, or another that has a file ``locale/LANGUAGE.po``.

A process speaks one language: that of the course that it works for (``language`` in ``course.toml``). Whoever begins to
work for a course calls ``speak``; processes that it starts get the language by ``VARIABLE``. The texts in code and
templates are English and are looked up in the file when they are shown; what a file does not have is shown in English.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

SOURCE = "en"
FOLDER = Path(__file__).parent / "locale"
#: The environment variable with the language of a process.
VARIABLE = "AUTOGRADER_LANGUAGE"


@dataclass(frozen=True)
class Language:
    """A language: its texts, and how it writes numbers: the signs for Python's ``,`` and ``.``, and for per cent."""

    code: str
    texts: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    signs: Mapping[int, str] = field(default_factory=dict)
    percent: str = "%"

    def number(self, text: str) -> str:
        """A number that Python wrote, as this language writes it: ``1,234.5`` is ``1 234,5`` in French."""
        is_share = text.endswith("%")
        return text.removesuffix("%").translate(self.signs) + (self.percent if is_share else "")


def languages() -> tuple[str, ...]:
    return tuple(sorted({SOURCE, *(path.stem for path in FOLDER.glob("*.po"))}))


def speak(code: str) -> None:
    """Use this language in this process, and in those that it starts from now on.

    Raises:
        ValueError: it is none of ``languages()``.
    """
    global _spoken
    _spoken = load(code)


def spoken() -> Language:
    return _spoken


@cache
def load(code: str) -> Language:
    """A language, whatever this process speaks.

    Raises:
        ValueError: it is none of ``languages()``.
    """
    if code == SOURCE:
        return Language(SOURCE)
    if code not in languages():
        raise ValueError(f"a language must be one of {', '.join(languages())} (got '{code}')")
    from babel import Locale
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.numbers import get_decimal_symbol, get_group_symbol

    with (FOLDER / f"{code}.po").open("rb") as file:
        catalogue = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    locale = Locale.parse(code)
    signs = str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)})
    return Language(code, gettext.GNUTranslations(compiled), signs, str(locale.percent_formats[None].suffix[0]))


_spoken = load(os.environ.get(VARIABLE, SOURCE))
