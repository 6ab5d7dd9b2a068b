"""What is known of the trainings of one run: what the trainer saw, the kernel says, and the profile allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.checks.expect_networks import default_settings, loss, new_model, optimizer, same_loss
from autograder.checks.given_pixels import GivenPixels, weight_digests
from autograder.checks.lineage import Lineage
from autograder.messages import message
from autograder.networks.pixels import Pixels, distinct
from autograder.networks.rebuild import KernelTrainings
from autograder.training.history import Fit


@dataclass(frozen=True)
class Trainings:
    """The trainings of a run, for the references of all its datasets.

    ``lineage`` has the fits that the trainer saw, and ``given`` the pixels of each network; None where there was no
    trainer. The profile lets a training have ``max_epochs``, and validate on ``validated`` images; ``capped`` says so,
    with a score that does not fit.

    ``in_kernel`` collects the names of networks whose training the trainer did not see; ``states`` are the networks of
    earlier questions, by name.
    """

    lineage: Lineage | None = None
    given: GivenPixels | None = None
    max_epochs: int | None = None
    validated: int | None = None
    capped: str = ""
    in_kernel: set[str] = field(default_factory=set)
    states: dict[str, list[Any]] = field(default_factory=dict)

    def pixels_of(self, model: Any) -> list[Pixels]:
        """The kinds of pixels that a model was given: those that the trainer saw, then those that the kernel names."""
        seen = [] if self.given is None else self.given.of(model)
        return distinct([*seen, *getattr(model, "given_pixels", ())])

    def pixels_to_test(self, model: Any) -> list[Pixels]:
        """Those of ``pixels_of`` by which a model is measured: scaled like those of its training, if any are known."""
        pixels, trained = self.pixels_of(model), self.pixels_trained_with(model)
        return [each for each in pixels if any(map(each.is_scaled_like, trained))] or pixels

    def pixels_trained_with(self, model: Any) -> list[Pixels]:
        """Those that a model was trained with, as the trainer saw them, or else as the kernel says."""
        seen = [] if self.given is None else self.given.trained_with(model)
        return seen or list(getattr(model, "given_pixels", ()))

    def validation_of(self, model: Any) -> int | None:
        """The number of images that the validation of a model was capped at; None without a cap or a validation."""
        seen = self.given is not None and self.given.validated(model)
        return self.validated if seen or getattr(model, "validated", False) else None

    def fits_of(self, model: Any) -> tuple[Fit, ...]:
        """The fits that led to a model, the last one first; up to noise if the kernel reports no steps of training."""
        if self.lineage is None:
            return ()
        weights = model.get_weights()
        if self.lineage.leads_to(weights):
            return self.lineage.of(weight_digests(weights))[0]
        return self.lineage.led_near(weights) if took_no_steps(model) else ()

    def check_epochs(self, model: Any, fits: Sequence[Fit], name: str, asked: int | None) -> None:
        """Assert that a model was trained for so many epochs, or as many as the profile lets a training have.

        Those of its ``fits`` count, and those that the kernel tells of steps of its own, unless more may have gone
        before. A step of a loop is an epoch at most.
        """
        own = 0 if took_no_steps(model) else own_trainings(model).epochs if model.steps == "after" else None
        is_complete = self.lineage is None or self.lineage.complete
        if asked is None or own is None or not is_complete or not (fits or own):
            return
        found = sum(fit.epochs for fit in fits) + own
        least = asked if self.max_epochs is None else min(asked, self.max_epochs)
        assert found >= least, message("expect.epochs", name=name, expected=asked, found=found)

    def check_batches(self, model: Any, fits: Sequence[Fit], name: str, asked: int | None) -> None:
        """Assert that a model was trained in batches of this size; None: any."""
        for found in (*(fit.batch_size for fit in fits), *own_trainings(model).batch_sizes):
            assert asked in (None, found), message("expect.batch_size", name=name, expected=asked, found=found)

    def check_optimizer(self, model: Any, expected: str, name: str, *, defaults: bool) -> None:
        """As ``expect.optimizer``, also of each training that led to a model: it may have been compiled again since.

        It need not be compiled where its optimizers are known. One that only a loop trained has that of the loop, and
        may be compiled with any: a clone is compiled as what it was cloned from. Steps of none of Keras's are by hand.
        """
        fits, own = self.fits_of(model), own_trainings(model).optimizers
        is_complete = self.lineage is None or self.lineage.complete
        by_hand = is_complete and not fits and not own and getattr(model, "steps", "none") == "after"
        assert not by_hand, message("expect.trained_by_hand", name=name, expected=expected)
        if is_compiled(model) if fits else not own:
            optimizer(model, expected, name, defaults)
        for found, settings in (*((fit.optimizer, fit.settings) for fit in fits), *own.items()):
            same = found.lower() == expected.lower()
            assert same, message("expect.trained_by", name=name, expected=expected, found=found)
            if defaults:
                default_settings(expected, settings, name)

    def check_loss(self, model: Any, expected: str, name: str) -> None:
        """As ``expect.loss``, also of each training that led to a model; then it need not be compiled."""
        fits = self.fits_of(model)
        if not fits or is_compiled(model):
            loss(model, expected, name)
        for fit in fits:
            assert same_loss(fit.loss, expected), message(
                "expect.trained_by", name=name, expected=expected, found=fit.loss
            )

    def check_new(self, model: Any, other_model: Any, name: str, other: str) -> None:
        """As ``expect.new_model``, also of the other network as it was in earlier questions.

        The trainer knows what a second name was before, if the first one is gone.
        """
        for state in (other_model, *self.states.get(other, ())):
            new_model(model, state, name, other)
            if self.lineage is not None and hasattr(state, "get_weights"):
                weights, learnt = (network.get_weights() for network in (model, state))
                is_same = weight_digests(weights) == weight_digests(learnt)
                is_from = self.lineage.goes_on_from(weights, learnt, nearly=took_no_steps(model))
                assert not is_from, message(
                    "expect.same_weights" if is_same else "expect.learnt_weights", name=name, other=other
                )


def own_trainings(model: Any) -> KernelTrainings:
    """What the kernel says of the trainings of a model that it ran itself."""
    return getattr(model, "kernel_trainings", KernelTrainings())


def is_compiled(model: Any) -> bool:
    """Whether a model in evidence was compiled when it was recorded."""
    return getattr(model, "compiled_with", None) is not None


def took_no_steps(model: Any) -> bool:
    """Whether the kernel reports no steps of training of its own with a model."""
    return getattr(model, "steps", "none") == "none"
