"""Which questions count: bonus questions, whose points are on top, and choices, of which only the best count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.assignment.kinds import NAMES, whole_number
from autograder.assignment.questions import Question
from autograder.assignment.settings import Place, setting, table


@table
class Choice:
    """Questions of which only the best count: a student may leave the others out."""

    questions: tuple[str, ...] = setting(
        NAMES, "The questions; all must be worth the same points.", example='["mean", "median"]'
    )
    count: int = setting(whole_number(at_least=1), "Questions that count; fewer than there are.", example="1")


def points_of(questions: Sequence[Question], bonus: Sequence[str], choices: Sequence[Choice]) -> float:
    """The points of questions together: without a bonus, and of a choice only those of the questions that count."""
    points = {question.id: question.points for question in questions if question.id not in bonus}
    surplus = 0.0
    for choice in choices:
        chosen = [points[id] for id in choice.questions if id in points]
        surplus += sum(chosen[choice.count :])
    return round(sum(points.values()) - surplus, 6)


def check_counting(questions: Sequence[Question], bonus: Sequence[str], choices: Sequence[Choice], file: Path) -> None:
    """Check that a bonus and choices are of questions that there are, each once, and that choices are fair.

    Raises:
        ConfigError: names the key, the rule and the value.
    """
    points = {question.id: question.points for question in questions}
    taken = list(bonus)
    for id in bonus:
        if id not in points:
            raise Place(file).at("bonus").broken("a list of questions of the assignment", id)
    for number, choice in enumerate(choices, start=1):
        place = Place(file).at("choice").numbered(number)
        for id in choice.questions:
            if id not in points:
                raise place.at("questions").broken("questions of the assignment", id)
            if id in taken:
                raise place.at("questions").broken("in one choice only, once, and no bonus", id)
            taken.append(id)
        worth = sorted({points[id] for id in choice.questions})
        if len(worth) > 1:
            raise place.at("questions").broken("worth the same points", worth)
        if choice.count >= len(choice.questions):
            rule = f"less than the number of its questions, {len(choice.questions)}"
            raise place.at("count").broken(rule, choice.count)
