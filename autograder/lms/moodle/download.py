"""Moodle's bulk download of an assignment (mod/assign, ``mod_assign\\downloader``).

With folders ``Full Name_12345_assignsubmission_file_/mnist.ipynb`` (without the last underscore since Moodle 4.1), or
without ``Full Name_12345_assignsubmission_file_mnist.ipynb``; 12345 is the participant's number, as in the grading
worksheet. Under blind marking the name is the word for a participant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.lms.download import Download, File, Named, StudentFiles, by_student, candidates
from autograder.lms.matching import participant_number
from autograder.messages import message

PAGE = "feedback.html"
#: The first mark in a name counts: the rest is named by the student, and could hold another mark.
_NAMED = re.compile(
    r"(?P<name>.*?)[_ ](?P<id>[0-9]{1,19})_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?", re.DOTALL
)
_PARTICIPANT = ("", "participant", "teilnehmer", "participante", "partecipante", "deelnemer")


@dataclass(frozen=True)
class MoodleName(Named):
    """A name with the submission plug-in (``file``, ``onlinetext``); ``rest`` is the student's own file name."""

    plugin: str
    rest: str


def parse(name: str) -> MoodleName | None:
    """The parts of a name in Moodle's download; None if it is written otherwise."""
    if (match := _NAMED.fullmatch(name)) is None:
        return None
    student, identifier = match["name"].strip(), match["id"]
    if student.casefold() in _PARTICIPANT:
        student = f"{student or 'Participant'} {identifier}"
    return MoodleName(student, identifier, match["plugin"], match["rest"] or "")


def recognises(download: Download) -> bool:
    """Whether most names are Moodle's."""
    names = candidates(download)
    return 2 * sum(parse(name) is not None for name in names) > len(names)


def student_files(download: Download) -> list[StudentFiles]:
    """The files of each participant."""
    return by_student(download.files, lambda file: parse(file.top), _of_student)


def feedback_name(label: str) -> str | None:
    """Where a page of feedback goes: beside the student's files. Moodle goes by the number in the name."""
    named = parse(label)
    if named is None:
        return None
    return f"{label.removesuffix(named.rest)}{PAGE}" if named.rest else f"{label}/{PAGE}"


def member_label(name: str, identifier: str) -> str | None:
    """A folder for a participant; those of Moodle's teams have the team's number, which its upload would mistake."""
    number = participant_number(identifier)
    return f"{re.sub(r'[_/]', ' ', name)}_{number}_assignsubmission_file_" if number else None


def _of_student(group: list[tuple[MoodleName, File]]) -> StudentFiles:
    uploads = [(named, file) for named, file in group if named.plugin == "file"]
    named, file = (uploads or group)[0]
    return StudentFiles(
        named.student,
        tuple(file for _, file in uploads),
        tuple(PurePosixPath(named.rest) if named.rest else file.relative_path for named, file in uploads),
        file.top,
        named.identifier,
        place=message("intake.place.submission"),
        problem="" if uploads else message("intake.online_text"),
    )
