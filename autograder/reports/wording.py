"""What a student is told about a run and a question, in plain words: what happened, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.results import QuestionStatus, Result, RunStatus


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong with a run: one line that says what, and a sentence or two of advice."""

    what: str
    advice: str


def run_trouble(result: Result) -> Trouble | None:
    """What went wrong with the run as a whole; None when the notebook ran from top to bottom."""
    if result.status is RunStatus.OK and result.cell_errors:
        return _TROUBLES[RunStatus.CELL_ERRORS]
    return _TROUBLES.get(result.status)


def default_message(status: QuestionStatus) -> str:
    """What to say of a question whose result came without a message."""
    return _DEFAULT_MESSAGES[status]


_TROUBLES = {
    RunStatus.CELL_ERRORS: Trouble(
        "Some cells stopped with an error",
        "The cells after them still ran. Restart the kernel, run all cells from the top, and mend the first "
        "one that stops: later errors often follow from it.",
    ),
    RunStatus.CELL_TIMEOUT: Trouble(
        "A cell ran too long and was stopped",
        "Answers recorded before that count. Look in that cell for a loop that never ends, or for training "
        "with more epochs or more data than the assignment asks for.",
    ),
    RunStatus.RUN_TIMEOUT: Trouble(
        "The notebook as a whole ran too long and was stopped",
        "Answers recorded before that count. Look for training that is longer than the assignment asks for, "
        "or that is done twice.",
    ),
    RunStatus.KERNEL_DIED: Trouble(
        "The kernel ended before the notebook did",
        "Answers recorded before that count. Usual causes are running out of memory, and a cell that ends "
        "Python itself with `exit()`, `quit()` or `os._exit()`. Restart the kernel and run all cells from "
        "the top to find the cell.",
    ),
    RunStatus.MEMORY_LIMIT: Trouble(
        "The notebook took too much memory and was stopped",
        "Answers recorded before that count. Look for arrays that are copied over and over, or for lists that grow "
        "without end.",
    ),
    RunStatus.CPU_LIMIT: Trouble(
        "The notebook used too much processor time and was stopped",
        "Answers recorded before that count. Look for training with more epochs or more data than the assignment "
        "asks for, and for processes that are started and never end.",
    ),
    RunStatus.PROCESS_LIMIT: Trouble(
        "The notebook started too many processes or threads and was stopped",
        "Answers recorded before that count. Look for a loop that starts processes or threads, such as "
        "`multiprocessing` with many workers.",
    ),
    RunStatus.DISK_LIMIT: Trouble(
        "The notebook wrote too much and was stopped",
        "Answers recorded before that count. Look for large files that it saves, or for answers that hold far more "
        "than was asked for.",
    ),
    RunStatus.OUTPUT_LIMIT: Trouble(
        "The notebook showed too much and was stopped",
        "Answers recorded before that count. Look for a loop that prints or displays something each time around.",
    ),
    RunStatus.UNREADABLE: Trouble(
        "The file could not be read as a notebook",
        "Open it in Jupyter, run it, save it, and hand in the saved `.ipynb` file.",
    ),
    RunStatus.NO_NOTEBOOK: Trouble(
        "There was no notebook to grade, or no telling which of several was meant",
        "Hand in exactly one `.ipynb` file.",
    ),
    RunStatus.NOT_HANDED_IN: Trouble(
        "Nothing was handed in",
        "If you did hand something in, tell your teacher.",
    ),
    RunStatus.GRADER_ERROR: Trouble(
        "The grader itself failed",
        "Nothing was marked, and your notebook need not be the cause. Tell your teacher, who can run the "
        "grading again.",
    ),
}

_DEFAULT_MESSAGES = {
    QuestionStatus.PASSED: "All tests passed.",
    QuestionStatus.FAILED: "At least one test did not pass.",
    QuestionStatus.ERROR: "The answer could not be checked.",
    QuestionStatus.NOT_ANSWERED: "No answer was found.",
    QuestionStatus.NOT_REACHED: "The run ended before this question.",
    QuestionStatus.TO_MARK: "A person marks this answer.",
    QuestionStatus.MARKED: "A person marked this answer.",
}
