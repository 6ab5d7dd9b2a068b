"""``autograder``: its commands, from the modules ``grade``, ``record`` and ``course``.

Exit status: 0 when every submission was graded, 1 when some could not be (or a check failed), 2 for a usage error.
"""

from __future__ import annotations

from typing import Any

import click

from autograder import __version__
from autograder.cli import course, grade, record
from autograder.errors import GradingError


class _Commands(click.Group):
    """Reports the package's own errors as usage errors: one line, exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except GradingError as error:
            raise click.UsageError(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="autograder")
def main() -> None:
    """Grade deep-learning notebooks from the evidence that their runs leave.

    Each command has its own help: autograder COMMAND --help
    """


for _command in (
    grade.grade,
    record.review,
    record.report,
    grade.preview,
    course.build,
    grade.validate,
    grade.calibrate,
    course.gradescope,
    course.doctor,
):
    main.add_command(_command)
