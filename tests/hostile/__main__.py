"""``python -m hostile [--jobs N] [--load N | KIND | NAME …]``: run the hostile suite, or some of it; exit status 1 for a failure."""

from __future__ import annotations

import argparse
import sys

from autograder.sandbox import bubblewrap
from hostile import load, report, suite
from hostile.attacks import KINDS


def main() -> None:
    parser = argparse.ArgumentParser(prog="hostile", description="Grade hostile submissions among ordinary ones.")
    parser.add_argument(
        "chosen", nargs="*", metavar="KIND|NAME", help=f"kinds: {', '.join(KINDS)}, uploads, names; default: all"
    )
    parser.add_argument("--jobs", type=int, help="submissions at once")
    parser.add_argument(
        "--load", type=int, help="instead, grade the ordinary submissions alone and beside so many computing processes"
    )
    arguments = parser.parse_args()
    if (problem := bubblewrap.problem()) is not None:
        sys.exit(f"hostile submissions are only run in the sandbox, but {problem.cause}; {problem.fix}")
    if arguments.load:
        batch = load.run(arguments.load, jobs=arguments.jobs)
    else:
        batch = suite.run(arguments.chosen, jobs=arguments.jobs)
    print("\n".join(report.lines(batch)))
    sys.exit(1 if batch.failures else 0)


if __name__ == "__main__":
    main()
