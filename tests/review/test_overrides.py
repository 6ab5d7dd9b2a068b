"""The page of a submission, for those who mark."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import httpx
from review.conftest import TEXTS, Server, graded

from autograder.gradebook.entries import entries
from autograder.gradebook.marking import Seen, answers, give
from autograder.gradebook.overriding import newest_result
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


def test_points_that_were_meant_for_an_earlier_result_are_refused(admitted: httpx.Client, server: Server) -> None:
    page = f"/submission/{next(row.id for row in graded_submissions(server.book) if row.student == 'ada')}"

    def half_a_point() -> dict[str, str]:
        hidden = re.findall('name="(version|result)" value="([0-9]+)"', admitted.get(page).text)
        return {"points": "0.5", "reason": "copied"} | dict(hidden)

    opened_before = half_a_point()
    server.book.save(Submission("ada", "ada.ipynb", None), graded("ada", "Another answer."))
    late = admitted.post(f"{page}/override/total", data=opened_before)
    assert late.status_code == 409
    assert "graded again in the meantime: look at 'total' once more" in unescape(late.text)
    assert not any(entry.overrides for entry in entries(server.book))

    assert admitted.post(f"{page}/override/total", data=half_a_point()).status_code == 200
    assert [entry.overrides["total"].points for entry in entries(server.book) if entry.overrides] == [0.5]


def test_a_question_that_the_assignment_has_no_longer_is_shown_and_can_be_overridden(
    admitted: httpx.Client, server: Server
) -> None:
    ada = graded("ada", TEXTS["ada"])
    dropped = replace(ada.result.questions[0], id="dropped")
    server.book.save(
        Submission("ada", "ada.ipynb", None), replace(ada, result=replace(ada.result, questions=(dropped,)))
    )
    listed = next(row for row in graded_submissions(server.book) if row.student == "ada")
    page = admitted.get(f"/submission/{listed.id}")
    form = {
        "points": "0.5",
        "reason": "copied",
        "version": "0",
        "result": str(newest_result(server.book, listed.student_id)),
    }

    assert page.status_code == 200 and "<code>dropped</code>" in page.text
    assert admitted.post(f"/submission/{listed.id}/override/dropped", data=form).status_code == 200
