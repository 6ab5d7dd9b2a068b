"""Students who hand in one notebook together: each has a submission of it, with one ``team`` in their origins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from autograder import lms
from autograder.intake.people import Student, name_of, names
from autograder.intake.submission import Origin, Submission
from autograder.lms.matching import same_identifier, same_name, sortable_names
from autograder.messages import message
from autograder.text import printable

Teams = Mapping[str, Sequence[int]]
"""The members of each team, as indices of students, by the team's name as ``same_name`` compares it."""


def teams_of(students: Sequence[Student], most: int) -> tuple[Teams, list[str]]:
    """The teams of a roster with 2 to ``most`` members; and notes: on larger ones, which are classes or a mistake, and
    on students in several.
    """
    if most == 1:
        return {}, []
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, student in enumerate(students):
        if student.team:
            members[same_name(student.team)].append(index)
    notes = [
        message("intake.large_team", team=printable(students[one[0]].team), count=len(one), most=most)
        for one in members.values()
        if len(one) > most
    ] + [
        message("intake.several_teams", student=printable(one.name), teams=printable(", ".join(one.teams)))
        for one in students
        if len(one.teams) > 1
    ]
    return {name: indices for name, indices in members.items() if 1 < len(indices) <= most}, notes


def of_teams(
    submissions: Sequence[Submission], students: Sequence[Student], teams: Teams
) -> tuple[dict[str, list[Submission]], list[Submission], list[str]]:
    """The submissions that came under a team's name instead of a student's, by team; all others; and notes.

    One that also has a member's number, as in Canvas' download, is that member's. A note says where a team of the
    roster would be needed that ``teams`` does not have.
    """
    of_students = {key for student in students for key in names(student.name, sortable_names(student.name))}
    known = {key: student.team for student in students if student.team for key in names(student.team, [student.team])}
    found: defaultdict[str, list[Submission]] = defaultdict(list)
    others, notes = [], []
    for submission in submissions:
        key = name_of(submission)
        team = known.get(key) if key not in of_students else None
        members = [students[index] for index in teams.get(same_name(team), ())] if team else []
        numbers = {same_identifier(number) for member in members for number in member.identifiers}
        if team and members and same_identifier(submission.identifier) not in numbers:
            found[same_name(team)].append(submission)
            continue
        others.append(submission)
        if team and not members:
            notes.append(message("intake.team_not_allowed", team=printable(team)))
    return found, others, notes


def shared(
    teams: Teams,
    students: Sequence[Student],
    own: Mapping[int, Submission],
    of_team: Mapping[str, Sequence[Submission]],
) -> tuple[dict[int, Submission], list[str]]:
    """The submissions of the members of teams, by the student's index, all of one notebook; and notes.

    ``own`` are what members handed in by themselves, ``of_team`` what came under the team's name. The latest counts.
    Where times are not known each member keeps what is the member's own.
    """
    found: dict[int, Submission] = {}
    notes = []
    for name, members in teams.items():
        handed_in = [*of_team.get(name, ()), *(own[member] for member in members if member in own)]
        if not handed_in:
            continue
        team = printable(students[members[0]].team)
        latest = _latest(handed_in)
        files = {_file(one): one.name for one in handed_in}
        if len(files) > 1:
            notes.append(_note(team, sorted(files.values()), latest))
        for member in members:
            mine = own.get(member)
            if mine is not None and (latest is None or _file(mine) == _file(latest)):
                found[member] = _of_team(mine, team if latest is not None else "")
            elif latest is not None:
                stands_for_all = member == members[0] and own.keys().isdisjoint(members)
                found[member] = copy_for(latest, students[member], latest.team or team, stands_for_all=stands_for_all)
    return found, notes


def copy_for(submission: Submission, student: Student, team: str, *, stands_for_all: bool = False) -> Submission:
    """A submission for another member of the team that handed it in: the same notebook, under the member's name.

    A member who ``stands_for_all`` has the label of the team's files, if feedback under that reaches the whole team.
    """
    origin = submission.origin or Origin(lms.PLAIN)
    system = lms.by_name(origin.source)
    of_team = origin.file if stands_for_all and system and system.shares_feedback else ""
    label = system.member_label(student.name, student.identifier) if system and system.member_label else None
    known = printable(student.identifier or student.email or student.name)
    return replace(
        submission,
        student=printable(student.name),
        name=f"{submission.name} ({known})",
        origin=replace(
            origin,
            source=origin.source if label else lms.PLAIN,
            identifier=student.identifier,
            email=student.email,
            file=label or of_team,
            team=team,
        ),
    )


def without_lone_teams(submissions: Collection[Submission]) -> list[Submission]:
    """The submissions; where nobody else has the notebook of one, it is not a team's."""
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in submissions:
        counts[one.team, _file(one)] += 1
    return [_of_team(one, "") if counts[one.team, _file(one)] == 1 else one for one in submissions]


def _of_team(submission: Submission, team: str) -> Submission:
    origin = submission.origin
    if origin is None or (origin.team and team) or origin.team == team:
        return submission
    return replace(submission, origin=replace(origin, team=team))


def _file(submission: Submission) -> str:
    return submission.name if submission.path is None else str(submission.path)


def _latest(handed_in: Sequence[Submission]) -> Submission | None:
    """The submission that was handed in last; None if there are several and the time of one is not known."""
    if len({_file(one) for one in handed_in}) == 1:
        return handed_in[0]
    times = [(one.origin.submitted, one) for one in handed_in if one.origin is not None and one.origin.submitted]
    return max(times, key=lambda item: item[0])[1] if len(times) == len(handed_in) else None


def _note(team: str, names: Sequence[str], latest: Submission | None) -> str:
    if latest is None:
        return message("intake.several_without_times", team=team, names=", ".join(names))
    return message("intake.several_in_team", team=team, names=", ".join(names), latest=latest.name)
