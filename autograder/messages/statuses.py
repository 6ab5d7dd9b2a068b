"""The statuses of runs, questions and test cases, and the advice that goes with each.

``run``, ``question`` and ``case`` are the words for a status; the gradebook stores others, which stay as they are.
``trouble`` says in a line what went wrong with a run, ``advice`` what to do about it. ``error_advice`` is
about one cell's error. ``question_alone`` is what a student reads at a question whose result has no message of its own.
"""

TEXTS = {
    "run.ok": "ok",
    "run.cell_errors": "cell errors",
    "run.cell_timeout": "cell timeout",
    "run.run_timeout": "run timeout",
    "run.kernel_died": "kernel died",
    "run.memory_limit": "memory limit",
    "run.cpu_limit": "cpu limit",
    "run.process_limit": "process limit",
    "run.disk_limit": "disk limit",
    "run.output_limit": "output limit",
    "run.unreadable": "unreadable",
    "run.no_notebook": "no notebook",
    "run.other_assignment": "another assignment",
    "run.not_handed_in": "not handed in",
    "run.grader_error": "grader error",
    "excused": "excused",
    #
    "trouble.cell_errors": "Some cells stopped with an error",
    "advice.cell_errors": (
        "The cells after them still ran. Restart the kernel, run all cells from the top, and repair the first one that "
        "stops: later errors often follow from it."
    ),
    "advice.known_cell_errors": "The cells after them still ran.",
    "error_advice.missing_file": (
        "The grader has only the files that you received, beside the notebook. A file of your own is not there, nor "
        "are the folders of your computer: use one of the files that you received, by its name alone."
    ),
    "error_advice.input": (
        "Nobody can type an answer while the notebook is graded. Assign the value in the code, as in `x = 3`."
    ),
    "error_advice.raw_input": (
        "`raw_input` is of Python 2, and nobody can type an answer while the notebook is graded. Assign the value in "
        "the code, as in `x = 3`."
    ),
    "error_advice.missing_package": (
        "This package is not installed where notebooks are graded, and `pip` installs nothing there; nor is a module "
        "of your own there. Do without it, or ask your teacher."
    ),
    "error_advice.gpu": (
        "No GPU is there for the cells of a notebook where it is graded. Write code that takes one only where there is "
        'one: `device = "cuda" if torch.cuda.is_available() else "cpu"`, and `torch.load(file, map_location=device)`.'
    ),
    "error_advice.memory": (
        "The cell needed more memory than there is where notebooks are graded. `model.predict(images)` goes through "
        "the images in batches, where `model(images)` takes them all at once; keep no more copies of the images than "
        "you need."
    ),
    "error_advice.merge_conflict": (
        "The cell holds a merge conflict. Keep one of its two versions, and delete the lines with `<<<<<<<`, `=======` "
        "and `>>>>>>>`."
    ),
    "trouble.cell_timeout": "A cell ran too long and was stopped",
    "advice.cell_timeout": (
        "Answers recorded before that count. Look in that cell for a loop that never ends, or for training with more "
        "epochs or more data than the assignment asks for."
    ),
    "trouble.run_timeout": "The notebook as a whole ran too long and was stopped",
    "advice.run_timeout": (
        "Answers recorded before that count. Look for training that is longer than the assignment asks for, or that is "
        "done twice."
    ),
    "trouble.kernel_died": "The kernel ended before the notebook did",
    "advice.kernel_died": (
        "Answers recorded before that count. The usual causes are too little memory, and a cell that ends Python "
        "itself with `exit()`, `quit()` or `os._exit()`. Restart the kernel and run all cells from the top to find the "
        "cell."
    ),
    "trouble.memory_limit": "The notebook used too much memory and was stopped",
    "advice.memory_limit": (
        "Answers recorded before that count. Look for arrays that are copied again and again, or for lists that grow "
        "without end."
    ),
    "trouble.cpu_limit": "The notebook used too much processor time and was stopped",
    "advice.cpu_limit": (
        "Answers recorded before that count. Look for training with more epochs or more data than the assignment asks "
        "for, and for processes that are started and never end."
    ),
    "trouble.process_limit": "The notebook started too many processes or threads and was stopped",
    "advice.process_limit": (
        "Answers recorded before that count. Look for a loop that starts processes or threads, such as "
        "`multiprocessing` with many workers."
    ),
    "trouble.disk_limit": "The notebook wrote too much and was stopped",
    "advice.disk_limit": (
        "Answers recorded before that count. Look for large files that it saves, or for answers that hold far more "
        "than the question asks for."
    ),
    "trouble.output_limit": "The notebook displayed too much and was stopped",
    "advice.output_limit": (
        "Answers recorded before that count. Look for a loop that prints or displays something in every round."
    ),
    "trouble.unreadable": "The file could not be read as a notebook",
    "advice.unreadable": "Open it in Jupyter, run it, save it, and hand in the saved `.ipynb` file.",
    "trouble.no_notebook": "There was no notebook to grade, or there were several and it is not clear which one counts",
    "advice.no_notebook": "Hand in exactly one `.ipynb` file.",
    "trouble.other_assignment": "The notebook is of another assignment, or of another edition of this one",
    "advice.other_assignment": (
        "Check which file you handed in. If it is the right one, copy your answers into the notebook that your course "
        "gave out for this assignment, and hand that in."
    ),
    "trouble.not_handed_in": "Nothing was handed in",
    "advice.not_handed_in": "If you did hand something in, tell your teacher.",
    "trouble.grader_error": "The grader itself failed",
    "advice.grader_error": (
        "Nothing was marked, and your notebook may not be the cause. Tell your teacher, who can run the grading again."
    ),
    #
    "question.passed": "passed",
    "question.partly": "partly",
    "question.failed": "failed",
    "question.error": "error",
    "question.not_answered": "not answered",
    "question.not_reached": "not reached",
    "question.to_mark": "to be marked",
    "question.marked": "marked",
    "question.set": "set by a person",
    #
    "question_alone.passed": "All tests passed.",
    "question_alone.partly": "Some tests passed, and at least one did not.",
    "question_alone.failed": "At least one test did not pass.",
    "question_alone.error": "The answer could not be checked.",
    "question_alone.not_answered": "No answer was found.",
    "question_alone.not_reached": "The run ended before this question.",
    "question_alone.to_mark": "A person marks this answer.",
    "question_alone.marked": "A person marked this answer.",
    "question_alone.set": "A person set these points.",
    #
    "case.passed": "passed",
    "case.failed": "failed",
    "case.error": "error",
    "case.not_asked": "not asked",
    #
    "note.test_images": "trained on test images",
    "note.copied": "weights copied",
    "note.not_seen": "training not seen",
    "note.beforehand": "trained beforehand",
    "note.in_kernel": "trained in the kernel",
    "note.failed": "weights not looked at",
}
