"""A row for each submission: what it tried, what it got, what it must get."""

from __future__ import annotations

from hostile.suite import Batch, Outcome

WIDTH = 80


def lines(batch: Batch) -> list[str]:
    """The report, in lines of 80 columns but for what went wrong."""
    shown = [f"{'submission':34}{'got':23}must get", "─" * WIDTH]
    for outcome in batch.outcomes:
        shown += _rows(outcome)
    shown += ["─" * WIDTH, *(f"✗ {problem}" for problem in batch.problems)]
    shown.append(
        f"{len(batch.outcomes)} submissions in {batch.seconds:.0f} s, the grader's own memory at most "
        f"{batch.peak_mb:.0f} MB: {batch.failures} failures"
    )
    return shown


def _rows(outcome: Outcome) -> list[str]:
    mark = "✗" if outcome.problems else "✓"
    name = outcome.name.encode("ascii", "backslashreplace").decode().replace("\n", " ")[:31]
    must = outcome.must if len(outcome.must) <= 23 else outcome.must[:22] + "…"
    rows = [f"{mark} {name:32}{outcome.got:23}{must}", f"    {outcome.tries}"[:WIDTH]]
    return [*rows, *(f"    ✗ {problem}" for problem in outcome.problems)]
