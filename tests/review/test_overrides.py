"""The page of a submission, for those who mark."""

from __future__ import annotations

from dataclasses import replace

import httpx
from review.conftest import TEXTS, Server, graded

from autograder.gradebook.marking import Seen, answers, give
from autograder.gradebook.submissions import graded_submissions
from autograder.intake import Submission
from autograder.results import MarkerNote, NoteKind


def test_a_submission_shows_its_notes_to_the_marker(admitted: httpx.Client, server: Server) -> None:
    ada = graded("ada", TEXTS["ada"])
    notes = (MarkerNote(NoteKind.BEFOREHAND, "mlp", share=0.971),)
    noted = replace(ada, result=replace(ada.result, marker_notes=notes))
    server.book.save(Submission("ada", "ada.ipynb", None), noted)
    ids = {row.student: row.id for row in graded_submissions(server.book)}
    pages = {name: admitted.get(f"/submission/{ids[name]}").text for name in ("ada", "ben")}

    assert (
        "Notes to the marker" in pages["ada"] and "<code>mlp</code> recognised 97.1% of the test images" in pages["ada"]
    )
    assert "Notes to the marker" not in pages["ben"]


def test_a_mark_replaces_what_was_said_of_the_answer_before(admitted: httpx.Client, server: Server) -> None:
    eva = graded("eva", TEXTS["eva"])
    *automatic, why = eva.result.questions
    waiting = replace(eva.result, questions=(*automatic, replace(why, message="not marked yet")))
    server.book.save(Submission("eva", "eva.ipynb", None), replace(eva, result=waiting))
    id = next(row.id for row in graded_submissions(server.book) if row.student == "eva")
    before = admitted.get(f"/submission/{id}").text
    answer = next(one for one in answers(server.book, "why") if one.name == "eva")
    give(server.book, "why", [Seen(answer.student, answer.digest, answer.version)], by="Tess", points=1.0)
    after = admitted.get(f"/submission/{id}").text

    assert "not marked yet" in before and "not marked yet" not in after
    assert all("<code>table</code> has the wrong shape" in page for page in (before, after))
