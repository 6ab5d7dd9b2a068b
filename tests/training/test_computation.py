"""What a submission that waits for a computation is not charged with."""

from __future__ import annotations

import time

import pytest

from autograder.errors import TrainingError
from autograder.training.computation import Asker, Computation


def test_computing_is_not_charged_up_to_a_limit() -> None:
    asker, computation = Asker(max_computing=0.1), Computation()
    computation.started = time.monotonic()
    with asker.uncharged(computation):
        time.sleep(0.3)
        assert asker.seconds == pytest.approx(0.1)

    assert asker.seconds == pytest.approx(0.1)


def test_who_has_left_is_told_that_it_ended_whatever_the_computation_raises() -> None:
    asker, computation = Asker(), Computation()
    assert computation.join(asker)
    asker.end()
    computation.run(lambda: 1 / 0)

    with pytest.raises(TrainingError, match="has ended"):
        computation.outcome(asker)
