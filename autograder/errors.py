"""Everything that can go wrong, as one tree; each message names the thing, the rule and the value.

GradingError
├── ConfigError            the assignment, a profile or an option
├── DataError              a dataset file
├── SubmissionError        what was handed in
│   ├── Unreadable
│   └── NoNotebook
├── EvidenceError          what a run left behind
├── CheckError             the process that checks evidence
├── GradebookError         the database of results and marks
└── MarkingError           what a person wants to change in the gradebook
    └── Conflict
"""


class GradingError(Exception):
    """The root of all errors that this package raises on purpose."""


class ConfigError(GradingError):
    """An assignment, a profile or an option breaks a rule."""


class DataError(GradingError):
    """A dataset file is not what it must be."""


class SubmissionError(GradingError):
    """A submission cannot be run as it was handed in."""


class Unreadable(SubmissionError):
    """The file is not a notebook that can be read."""


class NoNotebook(SubmissionError):
    """There is no notebook, or no telling which of several is meant."""


class EvidenceError(GradingError):
    """Evidence is missing, malformed or larger than it may be."""


class CheckError(GradingError):
    """The checker died, failed, or took longer than it may."""


class GradebookError(GradingError):
    """The gradebook's database fails, or what is to be entered breaks a rule."""


class MarkingError(GradingError):
    """A mark, an override or a rubric item breaks a rule."""


class Conflict(MarkingError):
    """What was to be changed is no longer what the person saw; nothing was written. ``there`` is what is there now."""

    def __init__(self, message: str, there: object = None) -> None:
        super().__init__(message)
        self.there = there
