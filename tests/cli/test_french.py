"""A course in French, from the master to what a student reads: real kernels, no sentence left in English."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from string import Formatter

import commands
import nbformat
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT, TINY, code

from autograder.assignment.answer_cells import fill, question_of, text_in
from autograder.authoring import build
from autograder.messages import catalogue
from autograder.messages.language import SOURCE, speak

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(TINY, folder)
    (folder / "course.toml").write_text('language = "fr"\nmaster = "tiny.py"\n', encoding="utf-8")
    build.write(build.build(folder))
    return folder


@pytest.fixture
def answered(course: Path) -> NotebookNode:
    """A notebook with a bit of everything: right, wrong, partly right, not answered, and an error."""
    notebook = nbformat.read(course / "student" / "tiny.ipynb", as_version=4)
    answered = fill(
        notebook, RIGHT | {"total": "total = 7", "table": "table = ...", "square": "def square(x): return 0"}
    )
    answered.cells.append(code("1 / 0"))
    return answered


def test_the_prompt_is_french_and_no_part_of_an_answer(course: Path) -> None:
    notebook = nbformat.read(course / "student" / "tiny.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if question_of(cell) == "why")
    assert cell.source == "_Écrivez votre réponse ici, à la place de ce texte._"
    assert text_in(cell) == ""
    cell.source += "\n\nParce que."
    speak("fr")
    try:
        assert text_in(cell) == "Parce que."
    finally:
        speak(SOURCE)


def autograder(folder: Path, *arguments: str) -> str:
    done = commands.autograder(*arguments, folder=folder)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def english_in(text: str) -> list[str]:
    """The English texts that students could read, of three words or more, that stand in a text."""
    found = []
    for entry in catalogue.source():
        for form in (entry.id,) if isinstance(entry.id, str) else entry.id:
            pieces = [form] if "%(" in form else [piece for piece, *_ in Formatter().parse(form)]
            bare = [" ".join(re.sub(r"%\(\w+\)s|<[^>]*>", " ", piece).split()) for piece in pieces]
            found += [piece for piece in bare if len(re.findall(r"[^\W\d_]+", piece)) >= 3 and piece in text]
    return found


@pytest.mark.slow
def test_what_a_student_reads_after_grading_is_french(course: Path, answered: NotebookNode, tmp_path: Path) -> None:
    nbformat.write(answered, tmp_path / "ada.ipynb")
    autograder(tmp_path, "grade", "ada.ipynb", "--assignment", str(course), "--out", "grades")
    page = (tmp_path / "grades" / "ada" / "feedback.html").read_text(encoding="utf-8")
    visible, _, _ = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL).partition("<iframe")
    text = re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>", "", visible))

    assert '<html lang="fr">' in page
    assert english_in(text) == []
    assert "enregistré pour la correction" in page  # by the kernel, in the notebook as it ran
    for sentence in (
        "Retour pour ada, sur ada.ipynb",
        "0,25 / 6 points",
        f"total{NO_BREAK}: on attend 6, mais on trouve 7",
        "table vaut encore ...",
        "Des cellules se sont arrêtées sur une erreur",
        f"réussie en partie{NO_BREAK}: 1",
        "pas encore corrigé",
    ):
        assert sentence in text


@pytest.mark.slow
def test_a_preview_speaks_the_language_noted_in_the_notebook(answered: NotebookNode, tmp_path: Path) -> None:
    nbformat.write(answered, tmp_path / "ada.ipynb")
    shown = autograder(tmp_path, "preview", "ada.ipynb")

    assert english_in(shown) == []
    assert f"Exécution{NO_BREAK}: erreurs dans des cellules" in shown
    assert "sans réponse : `table`" in shown
    assert f"Questions sans problème jusqu’ici{NO_BREAK}: 3 sur 5." in shown
