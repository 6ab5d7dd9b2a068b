"""The pairs of a class that are more similar than the lab explains.

What many students write is explained by the lab and counts little; what only two have in common counts most:

- The similarity of two students' code, in one question or in all, is ``sum(rarity of each common piece) / (mean number
  of pieces + SHORT)``. A piece (see ``work.shingles``) that ``k`` of ``n`` students have has the rarity
  ``(log(n / k) / log(n / 2)) ** 2``: the square of its inverse document frequency (Spärck Jones, 1972), divided by that
  of a piece of two students. It is 1 for two students, 0.16 for a third of thirty. Pieces of the template, of the
  solution, and of more than ``COMMON`` of the class count nothing.
- The similarity of two written answers is that of their words in order (the normalised indel similarity, rapidfuzz),
  as far as it is above ``EXPLAINED``. It is multiplied by ``log(n / k) / log(n / 2)`` if ``k`` students have much the
  same answer, and reduced for short answers. An answer much like the solution's counts nothing.

The score of a pair weighs written answers ``PROSE`` times as much as code, and is in [0, 1]. One copied answer, or the
copied code of one question, is evidence by itself. The score is a hint for a person, never a mark.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist
from scipy.sparse import csr_array

from autograder.similarity.work import Work

#: The similarity of independent answers to one question, at most; and the similarity of answers that are much the same.
EXPLAINED, MUCH = 0.6, 0.85
#: Words of an answer that is long enough to be a student's own.
LONG = 25
#: The weight of written answers; the weight of code is 1.
PROSE = 2
#: A piece of code that more than this share of a class has counts nothing.
COMMON = 0.2
#: Pieces that are added to the length of code: the similarity of short code means little.
SHORT = 10
#: No two independent submissions of the generated benchmark class and the lab's samples reach it, at 39, 159 and 509
#: students (at most 0.287, where a third of 39 has one text); every copy does (code with other names: 0.33, reworded
#: prose: 0.41).
THRESHOLD = 0.3
#: The key of all code of a submission, beside the questions.
ALL = "*"

#: Similarities by question, for pairs of submissions by their positions in the class.
_ByPair = Mapping[tuple[int, int], Mapping[str, float]]


@dataclass(frozen=True)
class Pair:
    """Two submissions with the similarities of all, of the code, of each written answer, and of each question's code.

    ``common`` are the pieces of code that both have and few others.
    """

    one: Work
    other: Work
    score: float
    code: float
    prose: Mapping[str, float]
    questions: Mapping[str, float] = field(default_factory=dict)
    common: frozenset[int] = frozenset()

    @property
    def digest(self) -> str:
        """What names these two works, by which a person dismisses the pair."""
        return hashlib.sha256("".join(sorted((self.one.digest, self.other.digest))).encode()).hexdigest()


@dataclass(frozen=True)
class Group:
    """Submissions each of which is similar to each other one, and the most similar ``pairs`` that link them all.

    Six copies of a work are one group, with five pairs of the fifteen.
    """

    works: tuple[Work, ...]
    pairs: tuple[Pair, ...]

    @property
    def score(self) -> float:
        return self.pairs[0].score


def groups(pairs: Sequence[Pair]) -> list[Group]:
    """Groups in which each pair has both its works, the most similar first.

    ``pairs`` come in that order. Two groups become one only if all their works are similar to each other (complete
    linkage): else a third of a class would be one group, from neighbour to neighbour. A pair between two groups is
    a group of its own.
    """
    similar = {(pair.one.name, pair.other.name) for pair in pairs}
    similar |= {(other, one) for one, other in similar}
    group_of: dict[str, _Linked] = {}
    between: list[Pair] = []
    for pair in pairs:
        one, other = (group_of.setdefault(work.name, _Linked({work.name: work})) for work in (pair.one, pair.other))
        if one is not other and all(names in similar for names in product(one.works, other.works)):
            one.works |= other.works
            one.pairs += [*other.pairs, pair]
            group_of |= dict.fromkeys(other.works, one)
        elif one is not other:
            between.append(pair)
    linked = {id(group): group for group in group_of.values() if group.pairs}.values()
    made = [Group(tuple(group.works.values()), tuple(sorted(group.pairs, key=_order))) for group in linked]
    made += [Group((pair.one, pair.other), (pair,)) for pair in between]
    return sorted(made, key=lambda group: _order(group.pairs[0]))


@dataclass
class _Linked:
    works: dict[str, Work]
    pairs: list[Pair] = field(default_factory=list)


def pairs(works: Sequence[Work], solution: Mapping[str, tuple[str, ...]] | None = None) -> list[Pair]:
    """The pairs with at least the threshold's score, the most similar first.

    ``solution`` are the words of the solution's written answers, by question.
    """
    rarity = _rarity(works)
    code: _ByPair = _code_similarities(works, rarity)
    prose: _ByPair = _prose_similarities(works, solution or {})
    candidates = []
    for place in set(code) | set(prose):
        one, other = works[place[0]], works[place[1]]
        of_code, of_prose = code.get(place, {}), prose.get(place, {})
        score = _score(of_code, of_prose, written=len(one.prose.keys() & other.prose.keys()))
        if score >= THRESHOLD:
            questions = {question: round(value, 3) for question, value in of_code.items() if question != ALL}
            common = one.shingles & other.shingles & rarity.keys()
            whole = round(of_code.get(ALL, 0.0), 3)
            candidates.append(Pair(one, other, round(score, 3), whole, of_prose, questions, common))
    return sorted(candidates, key=_order)


def _order(pair: Pair) -> tuple[float, str, str]:
    return -pair.score, pair.one.name, pair.other.name


def _score(code: Mapping[str, float], prose: Mapping[str, float], *, written: int) -> float:
    """The score of a pair; ``written`` is the number of written questions that both answered."""
    weight = PROSE if written else 0
    mean_prose = sum(prose.values()) / written if written else 0.0
    return max(
        (weight * mean_prose + code.get(ALL, 0.0)) / (weight + 1),
        max(prose.values(), default=0.0) * PROSE / (PROSE + 1),
        max(code.values(), default=0.0) / 2,
    )


def _rarity(works: Sequence[Work]) -> dict[int, float]:
    """The rarity, in [0, 1], of each piece of code that at least two students have, but not many."""
    total = len(works)
    counts = Counter(piece for work in works for piece in work.shingles)
    return {
        piece: (math.log(total / count) / math.log(total / 2)) ** 2 if total > 2 else 1.0
        for piece, count in counts.items()
        if 2 <= count <= max(2, COMMON * total)
    }


def _code_similarities(works: Sequence[Work], rarity: Mapping[int, float]) -> _ByPair:
    """The similarity of code, by pair and question (``ALL`` for all of it), above 0."""
    similarities: defaultdict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    parts = [{ALL: work.shingles, **work.pieces} for work in works]
    for question in dict.fromkeys(question for part in parts for question in part):
        pieces = [part.get(question, frozenset()) for part in parts]
        for first, second, weight in _common_weights(pieces, rarity):
            mean_length = (len(pieces[first]) + len(pieces[second])) / 2
            similarities[first, second][question] = weight / (mean_length + SHORT)
    return similarities


def _common_weights(
    pieces: Sequence[AbstractSet[int]], weight: Mapping[int, float]
) -> Iterator[tuple[int, int, float]]:
    """The weight of the common pieces of each two, by their positions, if it is above 0."""
    column = {piece: place for place, piece in enumerate(weight)}
    rows = [[column[piece] for piece in one if piece in column] for one in pieces]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((place for row in rows for place in row), dtype=np.int64, count=ends[-1])
    roots = np.sqrt(np.fromiter(weight.values(), dtype=float, count=len(weight)))
    matrix = csr_array((roots[columns], columns, ends), shape=(len(pieces), len(weight)))
    common = (matrix @ matrix.T).tocoo()
    for first, second, total in zip(common.row.tolist(), common.col.tolist(), common.data.tolist(), strict=True):
        if first < second and total > 0:
            yield first, second, total


def _prose_similarities(works: Sequence[Work], solution: Mapping[str, tuple[str, ...]]) -> _ByPair:
    """The similarity of written answers, by pair and question, above 0."""
    similarities: defaultdict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    for question in dict.fromkeys(question for work in works for question in work.prose):
        places = [place for place, work in enumerate(works) if question in work.prose]
        answers = [works[place].prose[question] for place in places]
        for first, second, value in _answer_similarities(answers, solution.get(question, ())):
            similarities[places[first], places[second]][question] = round(value, 3)
    return similarities


def _answer_similarities(
    answers: Sequence[tuple[str, ...]], right: tuple[str, ...]
) -> Iterator[tuple[int, int, float]]:
    """The similarity of each two answers to a question, by their positions, if it is above 0.

    ``right`` is the solution's answer.
    """
    if len(answers) < 2:
        return
    ratios = cdist(answers, answers, scorer=Indel.normalized_similarity, workers=-1, dtype=np.float32)
    much_the_same = (ratios >= MUCH).sum(axis=1)
    is_right = [bool(right) and Indel.normalized_similarity(answer, right) >= MUCH for answer in answers]
    for first, second in np.argwhere(np.triu(ratios >= EXPLAINED, 1)).tolist():
        if is_right[first] or is_right[second]:
            continue
        length = min(1.0, min(len(answers[first]), len(answers[second])) / LONG)
        count = max(2, much_the_same[first], much_the_same[second])
        total = len(answers)
        rarity = 1.0 if total <= 2 else math.log(total / count) / math.log(total / 2)
        value = (float(ratios[first, second]) - EXPLAINED) / (1 - EXPLAINED) * length * max(0.0, rarity)
        if value > 0:
            yield first, second, value
