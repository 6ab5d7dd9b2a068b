"""Which pairs of a class are more alike than the lab explains, and how much.

What many write is explained by the lab, and counts little; what two alone have in common counts most:

- Code of two students, of one question or of all, is as alike as ``sum(rarity of each piece that both have) / (mean
  number of pieces + SHORT)``. The rarity of a piece (see ``work.shingles``) that ``k`` of ``n`` students have is
  ``(log(n / k) / log(n / 2)) ** 2``, the square of its inverse document frequency (Spärck Jones, 1972) in parts of
  that of a piece which two have: 1 for those, 0.16 for what a third of thirty has. What more than ``COMMON`` of a class
  has, the template or the solution, weighs nothing.
- Two written answers are as alike as their words in order are (the normalised indel similarity, rapidfuzz), from
  ``EXPLAINED`` on; an answer that ``k`` students have much like each other counts ``log(n / k) / log(n)`` of that, a
  short one less, and one like the solution's not at all.

A pair's score is ``PROSE`` parts written answers and one part code, in [0, 1]; a copied answer, or copied code, is
evidence by itself, too. It is a hint for a person, never a mark.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist
from scipy.sparse import csr_array

from autograder.similarity.work import Work

#: How alike independent answers to one question may be, and how alike two must be to count as much the same.
EXPLAINED, MUCH = 0.6, 0.85
#: Words that make an answer long enough to be a student's own.
LONG = 25
#: How much written answers weigh against code.
PROSE = 2
#: Code that more than this share of a class has counts nothing.
COMMON = 0.2
#: Pieces by which code is too short to be a student's own.
SHORT = 10
#: What no two of the generated benchmark class and the lab's samples reach, at 39, 159 and 509 students (at most 0.287,
#: where a third of 39 has one text), and each made copy does: 0.33 for code in other names, 0.41 for reworded prose.
THRESHOLD = 0.3
MAX_PAIRS = 50
#: All code of a submission, beside that of its questions.
ALL = "*"


@dataclass(frozen=True)
class Pair:
    """Two submissions, how alike they are in all, in code, in each written answer, and in the code of each question.

    ``common`` are the pieces of code that both have and few others.
    """

    one: Work
    other: Work
    score: float
    code: float
    prose: Mapping[str, float]
    questions: Mapping[str, float] = field(default_factory=dict)
    common: frozenset[int] = frozenset()


def pairs(class_: Sequence[Work], solution: Mapping[str, tuple[str, ...]] | None = None) -> list[Pair]:
    """The pairs above the threshold, the most alike first, ``MAX_PAIRS`` at most.

    ``solution`` are the words of the solution's written answers, by question.
    """
    rarity = _rarity(class_)
    code = _code(class_, rarity)
    prose = _prose(class_, solution or {})
    found = []
    for first, second in set(code) | set(prose):
        of_prose = prose.get((first, second), {})
        of_code = code.get((first, second), {})
        shared = set(class_[first].prose) & set(class_[second].prose)
        written = sum(of_prose.values()) / len(shared) if shared else 0.0
        weight = PROSE if shared else 0
        score = (weight * written + of_code.get(ALL, 0.0)) / (weight + 1)
        score = max(
            score, max(of_prose.values(), default=0.0) * PROSE / (PROSE + 1), max(of_code.values(), default=0.0) / 2
        )
        if score >= THRESHOLD:
            questions = {question: round(alike, 3) for question, alike in of_code.items() if question != ALL}
            one, other = class_[first], class_[second]
            found.append(
                Pair(
                    one,
                    other,
                    round(score, 3),
                    round(of_code.get(ALL, 0.0), 3),
                    of_prose,
                    questions,
                    one.shingles & other.shingles & rarity.keys(),
                )
            )
    return sorted(found, key=lambda pair: (-pair.score, pair.one.name, pair.other.name))[:MAX_PAIRS]


def _rarity(class_: Sequence[Work]) -> dict[int, float]:
    """How much each piece of code says that two students or more have, in [0, 1]; without what many have."""
    count = len(class_)
    having = Counter(piece for work in class_ for piece in work.shingles)
    return {
        piece: (math.log(count / times) / math.log(count / 2)) ** 2 if count > 2 else 1.0
        for piece, times in having.items()
        if 2 <= times <= max(2, COMMON * count)
    }


def _code(class_: Sequence[Work], rarity: Mapping[int, float]) -> dict[tuple[int, int], dict[str, float]]:
    """How alike code is, by pair and question (``ALL`` for all of them), where it has anything rare in common."""
    found: defaultdict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    parts = [{ALL: work.shingles, **work.pieces} for work in class_]
    for question in dict.fromkeys(question for part in parts for question in part):
        pieces = [part.get(question, frozenset()) for part in parts]
        for first, second, amount in _shared(pieces, rarity):
            found[first, second][question] = amount / ((len(pieces[first]) + len(pieces[second])) / 2 + SHORT)
    return found


def _shared(pieces: Sequence[AbstractSet[int]], weight: Mapping[int, float]) -> Iterator[tuple[int, int, float]]:
    """The weight of what each two have in common, if it is any."""
    column = {piece: place for place, piece in enumerate(weight)}
    rows = [[column[piece] for piece in one if piece in column] for one in pieces]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((place for row in rows for place in row), dtype=np.int64, count=ends[-1])
    roots = np.sqrt(np.fromiter(weight.values(), dtype=float, count=len(weight)))
    matrix = csr_array((roots[columns], columns, ends), shape=(len(pieces), len(weight)))
    common = (matrix @ matrix.T).tocoo()
    for first, second, amount in zip(common.row.tolist(), common.col.tolist(), common.data.tolist(), strict=True):
        if first < second and amount > 0:
            yield first, second, amount


def _prose(class_: Sequence[Work], solution: Mapping[str, tuple[str, ...]]) -> dict[tuple[int, int], dict[str, float]]:
    """How alike written answers are, by pair and question, where they are more so than the question explains."""
    found: defaultdict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    for question in dict.fromkeys(question for work in class_ for question in work.prose):
        places = [place for place, work in enumerate(class_) if question in work.prose]
        answers = [class_[place].prose[question] for place in places]
        if len(places) < 2:
            continue
        ratios = cdist(answers, answers, scorer=Indel.normalized_similarity, workers=-1, dtype=np.float32)
        alike = (ratios >= MUCH).sum(axis=1)
        right = solution.get(question, ())
        explained = [bool(right) and Indel.normalized_similarity(answer, right) >= MUCH for answer in answers]
        for first, second in np.argwhere(np.triu(ratios >= EXPLAINED, 1)):
            if explained[first] or explained[second]:
                continue
            length = min(1.0, min(len(answers[first]), len(answers[second])) / LONG)
            shared = max(2, alike[first], alike[second])
            rare = 1.0 if len(places) <= 2 else math.log(len(places) / shared) / math.log(len(places) / 2)
            value = (float(ratios[first, second]) - EXPLAINED) / (1 - EXPLAINED) * length * max(0.0, rare)
            if value > 0:
                found[places[first], places[second]][question] = round(value, 3)
    return found
