"""Which pairs of a class are more alike than the lab explains, and how much.

What many write is explained by the lab, and counts little; what two alone have in common counts most:

- A piece of code (see ``work.shingles``) that ``k`` of ``n`` students have weighs ``log(n / k)``, its inverse document
  frequency (Spärck Jones, 1972). Two students' code is as alike as the weight of what both have, as a share of what the
  one with less has, from ``EXPLAINED_CODE`` on; pieces of the template and of the solution weigh nothing.
- Two written answers are as alike as their words in order are (the normalised indel similarity, rapidfuzz), from
  ``EXPLAINED`` on; an answer that ``k`` students have much like each other counts ``log(n / k) / log(n)`` of that, a
  short one less, and one like the solution's not at all.

A pair's score is ``PROSE`` parts written answers and one part code, in [0, 1]; a copied answer, or copied code, is
evidence by itself, too. It is a hint for a person, never a mark.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from autograder.similarity.work import Work

#: How alike independent answers to one question may be, and how alike two must be to count as much the same.
EXPLAINED, MUCH = 0.6, 0.85
#: How alike independent code may be: in a generated class of 30 right notebooks, drawn from few habits, at most 0.73.
EXPLAINED_CODE = 0.75
#: Words that make an answer long enough to be a student's own.
LONG = 25
#: How much written answers weigh against code.
PROSE = 2
#: Of code that more than this share of a class has, nothing is counted; less than this weight is no evidence.
COMMON, LEAST_WEIGHT = 0.2, 60.0
#: A quarter of what is alike beyond all that is explained.
THRESHOLD = 0.25
MAX_PAIRS = 50


@dataclass(frozen=True)
class Pair:
    """Two submissions, how alike they are in all, in code, and in each written answer."""

    one: Work
    other: Work
    score: float
    code: float
    prose: Mapping[str, float]


def pairs(class_: Sequence[Work], solution: Mapping[str, tuple[str, ...]] | None = None) -> list[Pair]:
    """The pairs above the threshold, the most alike first, ``MAX_PAIRS`` at most.

    ``solution`` are the words of the solution's written answers, by question.
    """
    code = _code(class_)
    prose = _prose(class_, solution or {})
    found = []
    for first, second in set(code) | set(prose):
        of_prose = prose.get((first, second), {})
        shared = set(class_[first].prose) & set(class_[second].prose)
        written = sum(of_prose.values()) / len(shared) if shared else 0.0
        of_code = code.get((first, second), 0.0)
        weight = PROSE if shared else 0
        score = (weight * written + of_code) / (weight + 1)
        score = max(score, max(of_prose.values(), default=0.0) * PROSE / (PROSE + 1), of_code / 2)
        if score >= THRESHOLD:
            found.append(Pair(class_[first], class_[second], round(score, 3), round(of_code, 3), of_prose))
    return sorted(found, key=lambda pair: (-pair.score, pair.one.name, pair.other.name))[:MAX_PAIRS]


def _code(class_: Sequence[Work]) -> dict[tuple[int, int], float]:
    """How alike code is, by pair, where it has anything rare in common."""
    count = len(class_)
    having: defaultdict[int, list[int]] = defaultdict(list)
    for place, work in enumerate(class_):
        for shingle in work.shingles:
            having[shingle].append(place)
    weights = np.zeros(count)
    common: Counter[tuple[int, int]] = Counter()
    for places in having.values():
        if len(places) <= max(2, COMMON * count):
            weight = math.log(count / len(places))
            weights[places] += weight
            for pair in combinations(places, 2):
                common[pair] += weight  # type: ignore[assignment]  # a Counter adds up any numbers
    return {
        (first, second): (weight / least - EXPLAINED_CODE) / (1 - EXPLAINED_CODE)
        for (first, second), weight in common.items()
        if (least := min(weights[first], weights[second])) >= LEAST_WEIGHT and weight > EXPLAINED_CODE * least
    }


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
