"""Refuse a Python that the locked packages are not for, before pip says so in its own words: python .ci/python.py NAME.

The older the Python, the more it is needed: it runs in all from 3.6 on.
"""

import re
import shutil
import sys
from pathlib import Path


def main(name):
    project = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    low, high = map(int, re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project).groups())
    if (3, low) <= sys.version_info[:2] < (3, high) and sys.version_info.releaselevel == "final":
        return
    known = [f"3.{minor}" for minor in range(low, high)]
    here = [f"python{number}" for number in reversed(known) if shutil.which(f"python{number}")]
    newest = known[-1]
    install = f"Install one, for example with: uv python install {newest}; then: make setup PYTHON=python{newest}"
    sys.exit(
        f"Python {', '.join(known[:-1])} or {newest} is needed, in a final release: "
        f"TensorFlow has no packages for others ({name} is {sys.version.split()[0]}).\n"
        + (f"This machine has one: make setup PYTHON={here[0]}" if here else install)
    )


if __name__ == "__main__":
    main(sys.argv[1])
