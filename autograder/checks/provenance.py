"""Where the weights of a notebook's networks come from: notes for the person who marks.

A note rests on what the trainer saw of the run (``training.history``) and on the grader's own measurements. What the
kernel says of itself, that it took steps of training, only ever silences one: a loop of the student's own is training.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from autograder.checks.given_pixels import weight_digests
from autograder.checks.lineage import Lineage, looks_drawn, test_share
from autograder.checks.reference import Reference
from autograder.errors import DataError, EvidenceError
from autograder.results import MarkerNote, NoteKind
from autograder.training.history import Fit

#: The share of test images among training images that makes a note.
TEST_SHARE = 0.08
#: The share of the way from guessing to perfection that no network gets without training.
SKILLED = 0.4
MAX_NETWORKS = 40
MAX_PARAMETERS = 25_000_000


@dataclass(frozen=True, eq=False)
class Network:
    """A state of a network in evidence: name, rebuilt model, digests of its weights, and the questions that have it."""

    name: str
    model: Any
    digests: tuple[str, ...]
    questions: list[str]

    @property
    def trains_itself(self) -> bool:
        """Whether the kernel says that it took steps of training with this network."""
        return self.model.steps in ("after", "before")


@dataclass(frozen=True)
class Origin:
    """The ``fits`` that led to a network, the last one first, and the digests of its ``earlier`` weights.

    ``first`` are the weights before all that; None where they are unknown, or where they are ``like`` those that
    another fit gave: the fits before go on from it.
    """

    fits: tuple[Fit, ...]
    earlier: tuple[tuple[str, ...], ...]
    first: list[np.ndarray] | None
    like: Fit | None = None


class Provenance:
    """Takes the networks of a notebook, then gives the notes on them."""

    def __init__(self, lineage: Lineage, references: Mapping[str, Reference]) -> None:
        self._lineage = lineage
        self._references = references
        self._networks: dict[tuple[str, tuple[str, ...]], Network] = {}
        self._origins: dict[tuple[str, tuple[str, ...]], Origin] = {}

    def add(self, question: str, values: Mapping[str, Any]) -> None:
        """Take the networks among the values of a question."""
        for name, model in values.items():
            is_network = hasattr(model, "steps") and hasattr(model, "layers") and model.built
            if not is_network or model.count_params() > MAX_PARAMETERS:
                continue
            digests = weight_digests(model.get_weights())
            known = self._networks.get((name, digests))
            if known is not None:
                known.questions.append(question)
            elif digests and len(self._networks) < MAX_NETWORKS:
                self._networks[name, digests] = Network(name, model, digests, [question])

    def notes(self, failed_together: Collection[frozenset[str]]) -> list[dict[str, Any]]:
        """The notes, each once, as plain data; none on a copy of which a test case says so already.

        ``failed_together`` are the names that each failed test case looked at.
        """
        found: dict[tuple[NoteKind, str, str], MarkerNote] = {}
        for network in self._networks.values():
            for note in self._notes_on(network, failed_together):
                first = found.setdefault((note.kind, note.network, note.other), note)
                questions = dict.fromkeys((*first.questions, *network.questions))
                found[note.kind, note.network, note.other] = replace(first, questions=tuple(questions))
        return [asdict(note) for note in found.values()]

    def _notes_on(self, network: Network, failed_together: Collection[frozenset[str]]) -> Iterator[MarkerNote]:
        origin = self._origin(network)
        said = (reference.sampled_test_share(network.model) for reference in self._references.values())
        share = max([test_share(origin.fits), *said])
        if share >= TEST_SHARE:
            yield MarkerNote(NoteKind.TEST_IMAGES, network.name, share=round(share, 2))
        source = self._source(network, origin)
        if source is not None:
            if not any({network.name, source} <= names for names in failed_together):
                yield MarkerNote(NoteKind.COPIED, network.name, source)
        elif origin.first is not None and not looks_drawn(origin.first):
            accuracy = self._accuracy(network, origin.first)
            if accuracy is not None:
                trained = bool(origin.fits) or network.trains_itself
                kind = NoteKind.BEFOREHAND if trained else NoteKind.NOT_SEEN
                yield MarkerNote(kind, network.name, share=round(accuracy, 4))

    def _origin(self, network: Network) -> Origin:
        key = network.name, network.digests
        if key not in self._origins:
            origin = self._exact_origin(network)
            if origin.first is not None and not looks_drawn(origin.first):
                like = self._lineage.most_alike(origin.first, origin.fits)
                if mixed := self._lineage.mixed_from(origin.first):
                    origin = Origin((*origin.fits, *mixed), origin.earlier, None)
                elif like is not None:
                    fits = (*origin.fits, like, *self._lineage.of(like.before)[0])
                    origin = Origin(fits, origin.earlier, None, like)
            self._origins[key] = origin
        return self._origins[key]

    def _exact_origin(self, network: Network) -> Origin:
        """The origin as digests tell it, also of the weights that the kernel says were there before its own steps."""
        model = network.model
        fits, earlier = self._lineage.of(network.digests)
        if model.steps == "copied":
            return Origin(fits, earlier, None)
        if not network.trains_itself:
            return Origin(fits, earlier, self._lineage.arrays(earlier[-1]) if fits else model.get_weights())
        if model.steps == "before" or model.started_with is None:
            return Origin(fits, earlier, None)
        started = weight_digests(model.started_with)
        more, before = self._lineage.of(started)
        first = self._lineage.arrays(before[-1]) if more else list(model.started_with)
        return Origin((*fits, *more), (*earlier, started, *before), first)

    def _source(self, network: Network, origin: Origin) -> str | None:
        """The other network whose learnt weights a network began with, or has; None if there is none."""
        others = [other for other in self._networks.values() if other.name != network.name]
        if origin.like is not None:
            ends = (other.name for other in others if set(other.digests) <= set(origin.like.after))
            passing = (other.name for other in others if origin.like in self._origin(other).fits)
            return next(chain(ends, passing), None)
        for other in others:
            passed = other.digests == network.digests or other.digests in origin.earlier
            if passed and self._is_copy(network, other):
                return other.name
        return None

    def _is_copy(self, network: Network, other: Network) -> bool:
        """Whether a network that came by the weights of another one has them from there.

        Equal networks with equal trainings have equal weights: then as many fits gave them as there are networks.
        """
        weights, gave = other.digests, len(self._lineage.gave(other.digests))
        if not gave:
            return other.trains_itself and not network.trains_itself
        names = [one.name for one in self._networks.values() if weights in (one.digests, *self._origin(one).earlier)]
        order = list(dict.fromkeys(names))
        return order.index(network.name) >= max(gave, order.index(other.name) + 1)

    def _accuracy(self, network: Network, weights: list[np.ndarray]) -> float | None:
        """The accuracy of a network with these weights, if it is one that takes training."""
        current = network.model.get_weights()
        try:
            network.model.set_weights(weights)
            found = [self._skilled(network, reference) for reference in self._references.values()]
        except ValueError:  # they are of another network
            return None
        finally:
            network.model.set_weights(current)
        return max((accuracy for accuracy in found if accuracy is not None), default=None)

    def _skilled(self, network: Network, reference: Reference) -> float | None:
        """The accuracy of a network on a dataset, if it is one that takes training."""
        try:
            measurement = reference.measure(network.model, network.name)
        except (AssertionError, DataError, EvidenceError, RuntimeError, ValueError):  # it is no classifier of these
            return None
        chance = 1 / len(measurement.confusion) if measurement.real is None else 0.0
        return measurement.accuracy if measurement.accuracy >= chance + SKILLED * (1 - chance) else None
