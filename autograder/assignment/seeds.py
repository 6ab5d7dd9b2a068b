"""``seeds.json``: where random numbers start in a grading run, if the master's settings say so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote

from autograder.errors import ConfigError

FILE = "seeds.json"


@dataclass(frozen=True)
class Seeds:
    """The seed of random numbers in each cell, and a variable that is set before each cell; None: not stated."""

    seed: int | None = None
    variable: str | None = None
    value: int | None = None

    @classmethod
    def load(cls, folder: Path) -> Seeds:
        """The seeds of a built assignment.

        Raises:
            ConfigError: ``seeds.json`` is malformed.
        """
        path = folder / FILE
        if not path.exists():
            return cls()
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{path}: is malformed ({error}); run: autograder build {quote(str(folder))}") from None

    def dump(self) -> bytes:
        return (json.dumps(asdict(self), indent=1) + "\n").encode()
