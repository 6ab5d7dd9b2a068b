"""All errors of this package, as one tree; each message names the thing, the rule and the value.

GradingError
├── ConfigError            an assignment, a profile or an option
│   └── IncompatibleWorker a worker of a cluster
├── DataError              a dataset file
├── SubmissionError        what a student handed in
│   ├── Unreadable
│   └── NoNotebook
├── EvidenceError          what a run left behind, or sent
│   └── KernelGone         a call that the kernel did not answer
├── TrainingError          a request that the trainer did not answer
│   ├── TrainingTimeout
│   └── KerasError
├── CheckError             the process that checks evidence
│   └── MachineError       this machine cannot start it, or no kernel: every submission would fail
├── GradebookError         the database of results and marks
└── MarkingError           a change that a person asked for in the gradebook
    └── Conflict

Private exceptions do not leave their room:

evidence.nodes.NoForm              a value without a form in evidence
execution.protocol.Malformed       a message of a kernel that breaks Jupyter's protocol
intake.outputs.TooManyTokens       a notebook in more pieces than are read to find its outputs
kernel.magics.UsageError           IPython's error of that name, which it shows as any other
kernel.trainer_client.Refused      a request that the trainer refused, seen from the kernel
networks.trace.Untraceable         a model that cannot be followed layer by layer
review.markers.NameMissing         a marker who has not given a name yet
test_case.CallTimeout              a student's code that takes longer than a test case may
"""


class GradingError(Exception):
    """The root of all errors that this package raises on purpose."""


class ConfigError(GradingError):
    """An assignment, a profile or an option breaks a rule."""


class IncompatibleWorker(ConfigError):
    """A worker of a cluster cannot grade a class; others may."""


class DataError(GradingError):
    """A dataset file is missing, malformed or too large."""


class SubmissionError(GradingError):
    """A submission cannot be run as it was handed in."""


class Unreadable(SubmissionError):
    """The file is not a readable notebook."""


class NoNotebook(SubmissionError):
    """There is no notebook, or several of which none is clearly the submission."""


class EvidenceError(GradingError):
    """Evidence is missing, malformed or too large."""


class KernelGone(EvidenceError):
    """The notebook's kernel gave no answer to a call, and will answer none."""


class TrainingError(GradingError):
    """The trainer refused a request, or failed to compute its outcome."""


class TrainingTimeout(TrainingError):
    """A training took too long; a second try elsewhere would take as long."""


class KerasError(TrainingError):
    """Keras or TensorFlow raised an error, and would raise the same one in the notebook."""


class CheckError(GradingError):
    """The checker died, failed or took too long."""


class MachineError(CheckError):
    """A process that all submissions need does not start on this machine; the message has the cause and the remedy."""


class GradebookError(GradingError):
    """The gradebook's database failed, or an entry breaks a rule."""


class MarkingError(GradingError):
    """A mark, an override or a rubric item breaks a rule."""


class Conflict(MarkingError):
    """Somebody else changed the entry in the meantime, and nothing was written; ``current`` is the entry as it is."""

    def __init__(self, message: str, current: object = None) -> None:
        super().__init__(message)
        self.current = current
