"""Downloads of LMSs that are not read are known by their names, and those of others are not taken for them."""

from __future__ import annotations

import pytest

from autograder.lms import unread_system

BLACKBOARD = "gradebook_CS101_lab_ada_attempt_2026-11-30-23-58-00_lab.ipynb"
BRIGHTSPACE = "123-456 - Ada Lovelace - Nov 30, 2026 1158 PM/lab.ipynb"


@pytest.mark.parametrize(
    ("names", "system"),
    [
        ([BLACKBOARD, BLACKBOARD, "index.html"], "Blackboard"),
        ([BRIGHTSPACE], "Brightspace"),
        ([BLACKBOARD, "ada.ipynb"], ""),
        (["Ada_7_assignsubmission_file_/lab.ipynb", "gradebook_attempt.ipynb", "12-3 - Ada.ipynb"], ""),
        ([], ""),
    ],
)
def test_an_lms_is_known_by_most_of_the_names(names: list[str], system: str) -> None:
    assert unread_system(names) == system
