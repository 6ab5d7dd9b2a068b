"""The engine for processors: TensorFlow, in a process of its own for each request."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.datasets.find import Dataset, files_by_name
from autograder.networks.versions import versions
from autograder.sandbox.server import Server
from autograder.training.computation import Computation
from autograder.training.engines.engine import Answer, explained, hang_up, receive


class TensorFlowEngine:
    """Has ``server``, which has imported Keras, fork a process for each request.

    At most ``slots`` processes run at once, each with ``threads`` threads and for ``seconds`` at most; by the clock for
    ``wall_factor`` times as long, because a busy machine gives them less of the processor.
    """

    def __init__(
        self,
        server: Server,
        datasets: Sequence[Dataset],
        *,
        threads: int,
        slots: int,
        seconds: float,
        wall_factor: float = 1.0,
    ) -> None:
        self.threads = threads
        self.slots = slots
        self._server = server
        self._datasets = {name: str(path) for name, path in files_by_name(datasets).items()}
        self._seconds = seconds
        self._wall_seconds = seconds * wall_factor

    @property
    def circumstances(self) -> Mapping[str, Any]:
        return {
            "threads": self.threads,
            "machine": platform.machine(),
            **versions(),
        }

    def compute(self, digest: str, folder: Path, limit: int, computation: Computation) -> Answer:
        task = {
            "folder": str(self._server.seen(folder)),
            "digest": digest,
            "threads": self.threads,
            "datasets": self._datasets,
            "cpu_seconds": (self.threads + 1) * self._seconds,
        }
        function = "autograder.training.engines.tensorflow_process:main"
        with (
            explained(computation, self._seconds, self._wall_seconds),
            self._server.call(function, task, folder) as connection,
            computation.when_cancelled(lambda: hang_up(connection)),
        ):
            return receive(connection, limit, self._wall_seconds)

    def close(self) -> None:
        """Nothing: the server is another's."""
