"""Copies are found, however they are dressed up; what the lab itself explains is not."""

from __future__ import annotations

import copy
import random
import re
from dataclasses import replace

import nbformat
import pytest
from copies import CODE, OWN, PARAPHRASED, renamed, reordered
from nbformat import NotebookNode
from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import answer_text, fill, question_of
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus
from autograder.similarity import Pair, Work, groups, pairs, work_of
from autograder.similarity.work import MAX_ANSWER, MAX_CODE, code_cells, shingles, spans, words
from benchmarks.classes import generate

TOPIC = [
    "the",
    "a",
    "an",
    "of",
    "to",
    "in",
    "with",
    "for",
    "and",
    "but",
    "so",
    "because",
    "while",
    "than",
    "more",
    "less",
    "better",
    "worse",
    "network",
    "layer",
    "layers",
    "pixels",
    "images",
    "filter",
    "filters",
    "weights",
    "training",
    "test",
    "accuracy",
    "loss",
    "epochs",
    "digits",
    "classes",
    "balanced",
    "edges",
    "sharper",
    "blurred",
    "padding",
    "stride",
    "convolution",
    "pooling",
    "parameters",
    "smaller",
    "larger",
    "faster",
    "slower",
    "learns",
    "learned",
    "overfits",
    "generalises",
    "normalised",
    "between",
    "values",
    "zero",
    "one",
    "we",
    "see",
    "I",
    "think",
    "therefore",
    "it",
    "is",
    "has",
    "was",
    "can",
    "each",
    "every",
    "same",
    "place",
    "same",
    "number",
    "different",
]


@pytest.fixture(scope="module")
def lab() -> Assignment:
    return Assignment.load(ROOT / "assignment")


@pytest.fixture(scope="module")
def given(lab: Assignment) -> frozenset[int]:
    assert lab.course.solution is not None
    read = [nbformat.read(path, as_version=4) for path in (lab.course.student, lab.course.solution)]
    return frozenset().union(*(shingles(cells) for notebook in read for cells in code_cells(notebook).values()))


def reworded(notebook: NotebookNode, lab: Assignment, rng: random.Random) -> NotebookNode:
    """A notebook whose written answers are of one student only: sentences about the same things."""
    notebook = copy.deepcopy(notebook)
    written = {question.id for question in lab.questions if question.written}
    for cell in notebook.cells:
        if question_of(cell) in written:
            cell.source = " ".join(rng.choice(TOPIC) for _ in range(rng.randint(25, 60)))
    return notebook


def work(lab: Assignment, name: str, notebook: NotebookNode, given: frozenset[int]) -> Work:
    questions = tuple(
        QuestionResult(
            question.id,
            QuestionStatus.TO_MARK,
            None,
            question.points,
            written=question.written,
            answer=answer_text(notebook, question.id) if question.written else None,
        )
        for question in lab.questions
    )
    return work_of(Result(name, name, RunStatus.OK, "", questions), notebook, given)


@pytest.fixture(scope="module")
def notebooks(lab: Assignment) -> dict[str, NotebookNode]:
    """A class of independent students: right answers from the same lab, in words of their own."""
    return {student.name: reworded(student.notebook, lab, random.Random(student.name)) for student in generate(lab, 30)}


def disguised(notebook: NotebookNode) -> NotebookNode:
    """A copy with other names, cells in another order, other comments, and a word changed here and there."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        if cell.cell_type == "code":
            cell.source = "# mine\n" + re.sub(r"\b(scores|votes|distance|images|batch_size)\b", r"my_\1", cell.source)
        elif question_of(cell):
            split = cell.source.split()
            split[3::9] = ["really"] * len(split[3::9])
            cell.source = " ".join(split)
    changed.cells = changed.cells[:10] + changed.cells[12:] + changed.cells[10:12]
    return changed


def test_independent_right_answers_are_not_similar(
    lab: Assignment, given: frozenset[int], notebooks: dict[str, NotebookNode]
) -> None:
    assert pairs([work(lab, name, notebook, given) for name, notebook in notebooks.items()]) == []


def test_copies_written_differently_are_the_only_pairs(
    lab: Assignment, given: frozenset[int], notebooks: dict[str, NotebookNode]
) -> None:
    originals = list(notebooks)[:3]
    copies = {f"copy of {name}": disguised(notebooks[name]) for name in originals}
    found = pairs([work(lab, name, notebook, given) for name, notebook in (notebooks | copies).items()])

    assert {(pair.one.name, pair.other.name) for pair in found} == {(name, f"copy of {name}") for name in originals}
    assert all(pair.score >= 0.5 and pair.prose for pair in found)


def test_copied_code_is_found_in_other_names_and_beside_code_cells_its_own(
    lab: Assignment, given: frozenset[int], notebooks: dict[str, NotebookNode]
) -> None:
    names = list(notebooks)
    class_ = notebooks | {
        "source": reworded(fill(notebooks[names[0]], CODE), lab, random.Random("source")),
        "copy": reworded(fill(notebooks[names[9]], renamed(CODE)), lab, random.Random("copy")),
    }
    found = pairs([work(lab, name, notebook, given) for name, notebook in class_.items()])

    assert [(pair.one.name, pair.other.name, pair.prose) for pair in found] == [("source", "copy", {})]
    assert {question for question, alike in found[0].questions.items() if alike > 0.5} == {"balance", "examples"}


@pytest.mark.slow
def test_copies_come_before_all_that_was_written_alone(lab: Assignment, given: frozenset[int]) -> None:
    class_ = {student.name: student.notebook for student in generate(lab, 60)}  # they choose from few written answers
    class_ |= {path.stem: nbformat.read(path, as_version=4) for path in (lab.folder / "samples").glob("*.ipynb")}
    bases = list(class_.values())
    assert pairs([work(lab, name, notebook, given) for name, notebook in class_.items()]) == []

    source = fill(bases[0], OWN | CODE)
    class_ |= {
        "source": source,
        "renamed": fill(bases[9], renamed(CODE)),
        "paraphrased": fill(bases[13], PARAPHRASED),
        "reordered": reordered(source),
    }
    found = pairs([work(lab, name, notebook, given) for name, notebook in class_.items()])

    assert [{pair.one.name, pair.other.name} for pair in found[:1]] == [{"source", "reordered"}]
    assert {frozenset({pair.one.name, pair.other.name}) for pair in found} == {
        frozenset({one, other}) for one in ("source", "reordered") for other in ("renamed", "paraphrased")
    } | {frozenset({"source", "reordered"})}


def test_the_same_code_has_its_spans_in_any_names() -> None:
    common = shingles(["for label in labels:\n    total[label] += 1"])
    source = 'x = "a" + 1\nfor y in ys:  # mine\n    count[y] += 1\nprint(x)'

    assert [source[start:end] for start, end in spans(source, common)] == ["for y in ys:  # mine\n    count[y] += 1"]


def test_what_the_solution_says_and_what_many_say_is_explained() -> None:
    rng = random.Random(1)
    answers = {f"s{n}": " ".join(rng.choice(TOPIC) for _ in range(40)) for n in range(20)}
    answers |= dict.fromkeys(("r1", "r2"), "right " * 40) | {f"m{n}": "many say just this " * 10 for n in range(20)}
    class_ = [Work(name, name, {"why": words(text)}, {"why": text}, {}, frozenset()) for name, text in answers.items()]

    assert pairs(class_, {"why": words("right " * 40)}) == []
    assert [(pair.one.name, pair.other.name) for pair in pairs(class_)] == [("r1", "r2")]


def test_who_words_anew_what_many_say_is_like_none_of_them_in_particular() -> None:
    rng = random.Random(2)
    said = [rng.choice(TOPIC) for _ in range(40)]
    anew = [word if place % 5 else f"{word}ish" for place, word in enumerate(said)]
    answers = {f"s{n}": " ".join(rng.choice(TOPIC) for _ in range(40)) for n in range(20)}
    answers |= {f"m{n}": " ".join(said) for n in range(20)} | {"anew": " ".join(anew)}
    class_ = [Work(name, name, {"why": words(text)}, {"why": text}, {}, frozenset()) for name, text in answers.items()]

    assert pairs(class_) == []
    alone = [work for work in class_ if work.name in ("s1", "s2", "s3", "m0", "anew")]
    assert [(pair.one.name, pair.other.name) for pair in pairs(alone)] == [("m0", "anew")]


def test_copies_are_one_group_and_each_is_linked_once() -> None:
    rng = random.Random(3)
    answers = {f"s{n}": " ".join(rng.choice(TOPIC) for _ in range(40)) for n in range(20)}
    answers |= dict.fromkeys(("c1", "c2", "c3", "c4", "c5", "c6"), " ".join(rng.choice(TOPIC) for _ in range(40)))
    answers |= dict.fromkeys(("d1", "d2"), " ".join(rng.choice(TOPIC) for _ in range(40)))
    found = pairs(
        [Work(name, name, {"why": words(text)}, {"why": text}, {}, frozenset()) for name, text in answers.items()]
    )

    assert len(found) == 16
    assert sorted(sorted(work.name for work in group.works) for group in groups(found)) == [
        ["c1", "c2", "c3", "c4", "c5", "c6"],
        ["d1", "d2"],
    ]
    assert sorted(len(group.pairs) for group in groups(found)) == [1, 5]


def test_neighbours_of_neighbours_are_no_group_and_no_pair_is_lost() -> None:
    a, b, c, d = (Work(name, name, {}, {}, {}, frozenset()) for name in "abcd")
    chain = [Pair(a, b, 0.9, 0, {}), Pair(b, c, 0.8, 0, {}), Pair(c, d, 0.7, 0, {})]
    names = [[work.name for work in group.works] for group in groups(chain)]
    assert names == [["a", "b"], ["b", "c"], ["c", "d"]]


@pytest.mark.slow
def test_answers_without_end_cost_no_time() -> None:
    questions = (QuestionResult("why", QuestionStatus.TO_MARK, None, 1.0, written=True, answer="word " * 1_000_000),)
    cells = [nbformat.v4.new_code_cell("x = 1\n" * 1_000_000) for _ in range(3)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    giant = work_of(Result("g", "g", RunStatus.OK, "", questions), notebook)
    giants = [replace(giant, name=f"g{n}", student=f"g{n}") for n in range(20)]

    assert len(giant.texts["why"]) == MAX_ANSWER
    assert sum(map(len, giant.code.values())) <= MAX_CODE + 10
    assert [len(group.works) for group in groups(pairs(giants))] in ([], [20])


@pytest.mark.parametrize("source", ["", "'''", "def (", "\x00\ud800", "x" * 50])
def test_code_that_is_none_does_no_harm(source: str) -> None:
    assert isinstance(shingles([source]), frozenset)


def test_few_blanks_are_left_for_their_number_costs_time() -> None:
    cell = nbformat.v4.new_code_cell("x = 1\n" + "\t\n" * 20_000 + "    match" + " " * 50_000 + "y")

    assert code_cells(nbformat.v4.new_notebook(cells=[cell])) == {"": ["x = 1\n\n    match" + " " * 100 + "y"]}
