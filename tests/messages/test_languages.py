"""What students read is in each language: every text has its translation, with the same values and the right signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Message
from graded import entry

import autograder
from autograder.assignment.course import Course
from autograder.errors import ConfigError
from autograder.messages import FOR_STAFF, PAGES_FOR_STUDENTS, STAGES, catalogue, explanations, language, message
from autograder.messages.language import SOURCE, languages, speak, spoken
from autograder.reports.comment import comment
from autograder.sandbox.environment import plain_environment
from autograder.text import points, shown_points, span

PACKAGE = Path(autograder.__file__).parent
TRANSLATED = sorted({*languages()} - {SOURCE})
NO_BREAK = "\N{NO-BREAK SPACE}"
Text = str | tuple[str, ...] | list[str] | None


@pytest.fixture
def french() -> Iterator[None]:
    speak("fr")
    yield
    speak(SOURCE)


def entries(code: str) -> list[Message]:
    return [entry for entry in catalogue.load(code) if entry.id]


def forms(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def values(text: Text) -> set[str]:
    """The places for values in a text, each with its format."""
    in_messages = {
        f"{name}:{format}!{conversion}"
        for form in forms(text)
        for _, name, format, conversion in Formatter().parse(form)
        if name is not None
    }
    return in_messages | {found for form in forms(text) for found in re.findall(r"%\(\w+\)\w", form)}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_that_students_read_is_translated(code: str) -> None:
    lacking = [f"{one.context or 'page'}: {forms(one.id)[0]}" for one in catalogue.missing(catalogue.load(code))]
    assert not lacking, (
        f"\n{len(lacking)} texts that students read have no translation. Run\n"
        f"    python -m autograder.messages.catalogue {code}\n"
        f"which adds them to autograder/messages/locale/{code}.po; fill in each empty msgstr there, and where an entry "
        "is marked 'fuzzy', mend its msgstr and remove the mark:\n  " + "\n  ".join(lacking)
    )


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_values_of_its_text(code: str) -> None:
    wrong = [
        f"{entry.context or 'page'}: {forms(entry.id)[0]} has {sorted(values(entry.id))}, got {sorted(values(entry.string))}"
        for entry in entries(code)
        if values(entry.string) != values(entry.id)
    ]
    assert wrong == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_file_has_no_texts_that_nobody_uses(code: str) -> None:
    used = {(entry.context, entry.id) for entry in catalogue.source()}
    unused = [forms(entry.id)[0] for entry in entries(code) if (entry.context, entry.id) not in used]
    assert not unused, f"run python -m autograder.messages.catalogue {code}, which drops them"


def test_french_has_its_spaces_quotation_marks_and_apostrophes() -> None:
    wrong = [
        form
        for entry in entries("fr")
        for form in forms(entry.string)
        for prose in [re.sub(r"`[^`]*`", "``", form)]
        if re.search(
            r"""[^\s\N{NO-BREAK SPACE}][ ]?[;!?»]|[ ]:|[ ]%(?!\()|«[^\N{NO-BREAK SPACE}]|\w'\w|['"]\{""", prose
        )
    ]
    assert wrong == []


def test_pages_for_students_have_no_text_that_is_not_looked_up() -> None:
    for page in {"page", *PAGES_FOR_STUDENTS}:
        template = (catalogue.TEMPLATES / f"{page}.html").read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}|\{% trans.*?\{% endtrans %\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL)
        shown = re.findall(r"""(?:aria-label|title|alt|placeholder)=["']([^"']+)["']""", text)
        shown += re.sub(r"<[^>]*>|&\w+;", "\n", text).split("\n")
        assert [one for one in shown if re.search(r"[^\W\d_]{2}", one)] == [], f"{page}.html: write {{{{ _(…) }}}}"


def test_a_page_is_for_students_or_for_staff() -> None:
    looked_up = {
        path.stem for path in PACKAGE.rglob("templates/*.html")
        if re.search(r"\{% trans|\b_\(", path.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert looked_up == PAGES_FOR_STUDENTS
    assert STAGES.keys() > FOR_STAFF


@pytest.mark.parametrize(("count", "words"), [(0, "0 époque"), (1, "1 époque"), (2, "2 époques")])
def test_plurals_are_those_of_the_language(french: None, count: int, words: str) -> None:
    assert message("training.cap.epochs", count=count) == words


def test_english_has_its_own_plurals() -> None:
    assert [message("training.cap.epochs", count=count) for count in (0, 1)] == ["0 epochs", "1 epoch"]


def test_numbers_are_written_as_the_language_writes_them(french: None) -> None:
    assert shown_points(0.75) == "0,75"
    assert message("training.cap.samples", count=60_000) == "60\N{NARROW NO-BREAK SPACE}000 images d’entraînement"
    share = message("reports.note.beforehand", network="mlp", share=0.9712)
    assert f"97,1{NO_BREAK}%" in share


def test_programs_get_numbers_as_before(french: None) -> None:
    assert points(0.75) == "0.75"


def test_what_code_puts_together_is_in_the_language_too(french: None) -> None:
    from datetime import timedelta

    assert span(timedelta(days=2, hours=3)) == f"2 jours 3{NO_BREAK}h"


def test_a_value_is_taken_as_it_is(french: None) -> None:
    assert message("checks.not_defined", name="{x}, 0.5") == "`{x}, 0.5` n’est pas défini"


def test_the_comment_in_an_lms_is_in_the_language(french: None) -> None:
    assert comment(entry(score=17.25))[0] == f"Points{NO_BREAK}: 17,25 sur 20"


def test_messages_are_explained_in_the_language(french: None) -> None:
    (entry,) = explanations.find(message("expect.value", name="total", expected=6, found=7))
    assert (entry.id, entry.heading) == ("wrong_value", "Une autre valeur était attendue")


def test_processes_that_a_grader_starts_speak_its_language(french: None) -> None:
    assert plain_environment(1)[language.VARIABLE] == "fr"


def test_an_unknown_language_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# BEGIN QUESTION\n", encoding="utf-8")
    (tmp_path / "course.toml").write_text('language = "tlh"', encoding="utf-8")
    known = " or ".join(f"'{code}'" for code in languages())
    with pytest.raises(ConfigError, match=rf"'language' must be {known} \(got 'tlh'\)"):
        Course.load(tmp_path)
    with pytest.raises(ValueError, match=rf"one of {', '.join(languages())} \(got 'tlh'\)"):
        speak("tlh")


def test_a_further_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.update("de")
    path = tmp_path / "de.po"
    text = path.read_text(encoding="utf-8")
    asked = 'msgctxt "checks.not_defined"\nmsgid "`{name}` is not defined"\nmsgstr "'
    assert asked in text
    path.write_text(text.replace(asked, f"{asked}`{{name}}` ist nicht definiert"), encoding="utf-8")

    assert languages() == ("de", "en")
    try:
        speak("de")
        assert message("checks.not_defined", name="x") == "`x` ist nicht definiert"
        assert message("checks.to_mark") == "not marked yet"
        assert spoken().number("1,234.5") == "1.234,5"
    finally:
        speak(SOURCE)
        language.load.cache_clear()


def test_a_changed_text_is_to_be_translated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    path = tmp_path / "fr.po"
    path.write_bytes((language.FOLDER / "fr.po").read_bytes())
    assert catalogue.missing(catalogue.update("fr")) == []
    written, kept = path.read_bytes(), (language.FOLDER / "fr.po").read_bytes()
    assert re.sub(rb"Babel [\d.]+", b"Babel", written) == re.sub(rb"Babel [\d.]+", b"Babel", kept)

    path.write_text(
        path.read_text(encoding="utf-8").replace("the run left nothing to check", "an earlier text"), encoding="utf-8"
    )
    assert [one.context for one in catalogue.missing(catalogue.load("fr"))] == ["checks.nothing_recorded"]
    assert [one.context for one in catalogue.missing(catalogue.update("fr"))] == ["checks.nothing_recorded"]
    assert 'msgstr "l’exécution n’a rien laissé à vérifier"' in path.read_text(encoding="utf-8")
