"""How the run of a notebook ended, and what was left out or not run on the way."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # runs that came to their end
    "cell_errors": (
        "{count} cell raised an error, the first is {place}: {error}",
        "{count} cells raised an error, the first is {place}: {error}",
    ),
    # runs that did not
    "not_started": "the kernel did not start: {why}",
    "wrote": "{why}; it wrote: {line}",
    "stopped": "{why} and was stopped in {place}; later cells did not run",
    "cell_stopped": "{why} and was stopped; later cells did not run",
    "died": "the kernel died in {place}: {how}; later cells did not run",
    "no_answer": "it did not answer",
    "ended": "it was killed, or it ended itself",
    "protocol": "the kernel broke Jupyter's protocol ({error})",
    "cell": "cell {number}",
    "cell_counted": "cell {number} (In[{count}])",
    "after_last_cell": "the recording after the last cell",
    "call": "a call for a test case",
    # a class whose run was interrupted
    "interrupted": "Interrupted: {done} of {total} submissions are graded. The same command goes on with the others.",
    # limits
    "cell_seconds": "{what} ran longer than {seconds:g} s",
    "run_seconds": "the notebook ran longer than {seconds:g} s",
    "memory": "the notebook used {used} MB of memory (at most {limit:g} MB)",
    "memory_refused": "the notebook needed more memory than {limit:g} MB",
    "processor": "the notebook used {used:.0f} s of processor time (at most {limit:g} s)",
    "processes_refused": "the notebook started more processes and threads (at most {limit:g})",
    "processes": "the notebook had {count} processes and threads (at most {limit:g})",
    "disk": "the notebook wrote {used} MB (at most {limit:g} MB)",
    "files": "the notebook made more than {limit:,} files",
    "answer_files": "the notebook recorded answers in more than {limit:,} files",
    "answers": "the notebook recorded answers of more than {limit:g} MB",
    "output_too_large": "[an output of {megabytes:.0f} MB was left out]",
    "output": "the notebook sent more than {limit:g} MB of outputs",
    "outputs": "the notebook displayed more than {limit:,} outputs",
    # calls of a notebook's functions, after its last cell
    "call_without_answer": "the notebook's kernel gave no answer ({error})",
    # notes
    "outputs_cut": "outputs were cut from cell {cell} on: the notebook displays too much",
    "characters_left_out": "[… {count:,} characters left out …]",
    "no_figures": "figures were not drawn in this run, to save time: the executed notebook has their description alone",
    "no_sandbox": "student code ran without a sandbox, as a user without rights",
    "no_isolation": "student code ran without isolation: only grade notebooks that you would run yourself",
    "checks_seconds": "the checks took longer than {seconds} s",
    "checker_died": "the checker ended without an answer: it passed a limit, or died",
    "checker_answer": "the checker's answer is malformed ({error})",
    "checker_questions": "the checker's answer is not about the questions of this assignment",
    "no_disk": (
        "the grader could not store what the notebook left ({why}): make room in {folder}, or name another folder in "
        "TMPDIR, and grade again"
    ),
    "grader_failed": "the grader failed on this submission ({error}); please report it",
    "other_assignment": "the notebook has none of the questions and check cells of «{title}»",
    # what cells show while they run
    "recorded": "{question}: recorded for grading",
    "skipped": "not run while grading: {command}",
    "exit": "exit() stops nothing while grading; the next cell runs",
}
