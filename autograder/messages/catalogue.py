"""Bring the file of a language up to date: ``python -m autograder.messages.catalogue fr``, which a new one begins with.

The file gets an entry for each text that students read: the messages, by their keys, and the texts of pages. Texts that
are new have no translation yet; where a message has changed, the translation of the earlier one is marked ``fuzzy``.
Both are listed. What is no longer used is dropped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from autograder.messages import FOR_STAFF, PAGES_FOR_STUDENTS, STAGES
from autograder.messages.language import FOLDER

#: Times in the file would change it although its texts are the same.
_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[1] / "reports" / "templates"


def source() -> Catalog:
    """All that students read, in English."""
    catalog = Catalog(
        project="autograder",
        version="",
        header_comment="# What students read. Bring up to date: python -m autograder.messages.catalogue LANGUAGE",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=_ALWAYS,
        revision_date=_ALWAYS,
        fuzzy=False,
    )
    for stage, texts in STAGES.items():
        if stage not in FOR_STAFF:
            for name, text in texts.items():
                catalog.add(text, context=f"{stage}.{name}")
    for page in sorted({"page", *PAGES_FOR_STUDENTS}):
        for text in texts_of_page((TEMPLATES / f"{page}.html").read_text(encoding="utf-8")):
            catalog.add(text, auto_comments=[f"{page}.html"])
    return catalog


def texts_of_page(template: str) -> Iterator[str | tuple[str, str]]:
    """The texts that a template marks for translation; of a plural both forms."""
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)
    environment.policies["ext.i18n.trimmed"] = True
    for _, function, text in environment.extract_translations(template):  # type: ignore[attr-defined]
        yield tuple(text[:2]) if function.endswith("ngettext") else text


def load(code: str) -> Catalog:
    """The file of a language as it is; empty if there is none."""
    path = FOLDER / f"{code}.po"
    if not path.is_file():
        return Catalog(code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def missing(catalog: Catalog) -> list[Message]:
    """The texts that a language has no translation for, or one of an earlier text."""
    entries = [catalog.get(one.id, one.context) or one for one in source() if one.id]
    return [entry for entry in entries if not is_done(entry)]


def is_done(entry: Message) -> bool:
    """Whether a text is translated, in each of its forms."""
    forms = entry.string if isinstance(entry.string, tuple | list) else [entry.string]
    return not entry.fuzzy and all(forms)


def update(code: str) -> Catalog:
    """Write the file of a language anew; its translations stay."""
    earlier, catalog = load(code), source()
    catalog.locale = code
    by_key = {entry.context: entry for entry in earlier if entry.context}
    for entry in catalog:
        if entry.id and (known := earlier.get(entry.id, entry.context)) is not None:
            entry.string, entry.flags = known.string, known.flags
        elif entry.context in by_key and isinstance(by_key[entry.context].id, str) == isinstance(entry.id, str):
            entry.string = by_key[entry.context].string
            entry.flags.add("fuzzy")
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{code}.po").open("wb") as file:
        write_po(file, catalog, width=120)
    return catalog


def main() -> None:
    for code in sys.argv[1:]:
        lacking = missing(update(code))
        print(f"{FOLDER / f'{code}.po'}: {len(lacking)} texts without a translation")
        for entry in lacking:
            print(f"  {entry.context or 'page'}: {entry.id if isinstance(entry.id, str) else entry.id[0]}")


if __name__ == "__main__":
    main()
