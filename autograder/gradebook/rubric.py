"""The rubric: the items of ``course.toml``, and the markers' changes to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from autograder.assignment import Assignment, Question, RubricEntry
from autograder.errors import Conflict, MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.changes import MAX_COMMENT, MAX_ITEM, changing, checked_points, checked_text, marker_name
from autograder.gradebook.decisions import COURSE, RubricItem, rubric_items
from autograder.gradebook.schema import RubricRow
from autograder.messages import message

#: Items of one question: nobody finds one among more of them in time.
MAX_ITEMS = 50


@dataclass(frozen=True)
class Wording:
    """The points of an item (below 0 they are subtracted), its text for markers, and its comment for students."""

    points: float
    text: str
    comment: str = ""


def enter_rubric(book: Gradebook, assignment: Assignment) -> None:
    """Follow what changed in the items of ``course.toml``: new ones are entered, those that are gone are retired.

    An item is known by its points and text, also after markers changed them; their changes stay. Marks keep the items
    that they have, also a retired one (see ``Mark.is_old``).
    """
    rubric = assignment.course.rubric
    with suppress(IntegrityError), book.transaction() as session:  # another program has just entered them
        rows = session.scalars(select(RubricRow).order_by(RubricRow.item, RubricRow.version))
        known = [list(versions) for _, versions in groupby(rows, key=lambda row: row.item)]
        unused = count(max((versions[0].item for versions in known), default=0) + 1)
        for question in sorted({*rubric, *(versions[-1].question for versions in known if _is_entered(versions))}):
            left = [versions for versions in known if versions[-1].question == question]
            left.sort(key=lambda versions: versions[-1].retired)
            for position, entry in enumerate(rubric.get(question, ())):
                if (found := next((versions for versions in left if _is_of(versions, entry)), None)) is not None:
                    left.remove(found)
                    session.add_all(_followed(found, entry))
                else:
                    wording = Wording(entry.points, entry.text, entry.comment)
                    place = {"item": next(unused), "question": question, "position": position}
                    session.add(_row(wording, version=1, by=COURSE, **place))
            gone = (versions[-1] for versions in left if _is_entered(versions) and not versions[-1].retired)
            session.add_all(_next_version(row, retired=True, by=COURSE) for row in gone)


def _is_entered(versions: Sequence[RubricRow]) -> bool:
    """Whether an item, by its versions, is or was one of ``course.toml``."""
    return any(row.by == COURSE for row in versions)


def _is_of(versions: Sequence[RubricRow], entry: RubricEntry) -> bool:
    """Whether an item, by its versions, is this one of ``course.toml``; the comment may be another."""
    return any((row.points, row.text) == (entry.points, entry.text) for row in versions)


def _followed(versions: Sequence[RubricRow], entry: RubricEntry) -> Iterator[RubricRow]:
    """The next version of an item, if ``course.toml`` has it again, or has another comment than it had before."""
    row = versions[-1]
    is_back = row.retired and row.by == COURSE
    before = next((one.comment for one in reversed(versions) if one.by == COURSE), entry.comment)
    if is_back or before != entry.comment:
        wording = Wording(row.points, row.text, entry.comment)
        yield _next_version(row, wording, retired=row.retired and not is_back, by=COURSE)


def items(book: Gradebook, question: str) -> list[RubricItem]:
    """The items of a question in their order, without retired ones."""
    with book.transaction() as session:
        return _items(session, question)


def add_item(book: Gradebook, question: Question, wording: Wording, *, by: str) -> int:
    """Add an item at the end of a question's rubric; its number.

    Raises:
        MarkingError: more points than the question has, no text, too many items, or no name.
    """
    by, wording = marker_name(by), _checked(wording, question)
    with changing(book, message("marking.thing.rubric", question=question.id)) as session:
        known = rubric_items(session)
        if len(_items(session, question.id)) >= MAX_ITEMS:
            raise MarkingError(message("marking.items", question=question.id, most=MAX_ITEMS))
        item = max(known, default=0) + 1
        position = max(session.scalars(select(RubricRow.position).where(RubricRow.question == question.id)), default=-1)
        session.add(_row(wording, item=item, version=1, question=question.id, position=position + 1, by=by))
        return item


def edit_item(book: Gradebook, question: Question, item: int, wording: Wording, *, seen: int, by: str) -> None:
    """Change the wording and the points of an item; marks with the item change with it.

    Raises:
        MarkingError: see ``add_item``; or there is no such item.
        Conflict: ``seen`` is not its newest version; ``current`` is the item as it is now.
    """
    by, wording = marker_name(by), _checked(wording, question)
    with changing(book, message("marking.thing.item", question=question.id)) as session:
        row = _newest(session, question.id, item, seen)
        session.add(_next_version(row, wording, by=by))


def retire_item(book: Gradebook, question: Question, item: int, *, seen: int, by: str) -> None:
    """Offer an item no longer; marks that have it keep it.

    Raises:
        MarkingError: there is no such item, or no name.
        Conflict: ``seen`` is not its newest version; ``current`` is the item as it is now.
    """
    by = marker_name(by)
    with changing(book, message("marking.thing.item", question=question.id)) as session:
        row = _newest(session, question.id, item, seen)
        session.add(_next_version(row, retired=True, by=by))


def order_items(book: Gradebook, question: Question, order: Sequence[tuple[int, int]], *, by: str) -> None:
    """Put the items of a question in this order of (number, version that the person knows).

    Raises:
        Conflict: these are not all items, or not their newest versions.
    """
    by = marker_name(by)
    with changing(book, message("marking.thing.rubric", question=question.id)) as session:
        if sorted(order) != sorted((one.item, one.version) for one in _items(session, question.id)):
            thing = message("marking.thing.rubric", question=question.id)
            raise Conflict(message("marking.conflict", thing=thing))
        for position, (item, seen) in enumerate(order):
            row = _newest(session, question.id, item, seen)
            if row.position != position:
                session.add(_next_version(row, position=position, by=by))


def _items(session: Session, question: str) -> list[RubricItem]:
    return [one for one in rubric_items(session).values() if one.question == question and not one.retired]


def _checked(wording: Wording, question: Question) -> Wording:
    return Wording(
        checked_points(
            wording.points, question.points, message("marking.thing.item", question=question.id), -question.points
        ),
        checked_text(wording.text, message("marking.thing.item_text"), MAX_ITEM, needed=True),
        checked_text(wording.comment, message("marking.thing.item_comment"), MAX_COMMENT),
    )


def _newest(session: Session, question: str, item: int, seen: int) -> RubricRow:
    query = select(RubricRow).where(RubricRow.item == item, RubricRow.question == question)
    row = session.scalars(query.order_by(RubricRow.version.desc()).limit(1)).first()
    if row is None:
        raise MarkingError(message("marking.no_item", question=question, item=item))
    if row.version != seen:
        current = rubric_items(session)[item]
        raise Conflict(message("marking.conflict_item", question=question, by=row.by, text=row.text), current)
    return row


def _row(wording: Wording, **place: Any) -> RubricRow:
    return RubricRow(points=wording.points, text=wording.text, comment=wording.comment, **place)


def _next_version(row: RubricRow, wording: Wording | None = None, **changed: Any) -> RubricRow:
    """The next version of an item: as it was, but for what is ``changed``."""
    kept = {"item": row.item, "question": row.question, "position": row.position, "retired": row.retired}
    wording = wording or Wording(row.points, row.text, row.comment)
    return _row(wording, version=row.version + 1, **kept | changed)
