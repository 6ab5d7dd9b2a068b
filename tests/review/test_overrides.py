"""The page of a submission, for those who mark."""

from __future__ import annotations

from dataclasses import replace

import httpx
from review.conftest import TEXTS, Server, graded

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
