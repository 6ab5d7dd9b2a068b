"""One submission, start to end, with real kernels: what goes wrong in class gets a clear status."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from nbformat import NotebookNode
from notebooks import RIGHT, code, position, text

from autograder.assignment import Assignment
from autograder.execution import runner
from autograder.execution.launch import KernelStart
from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.reports.wording import error_advice
from autograder.results import CaseStatus, Graded, QuestionStatus, RunStatus
from autograder.sandbox.forkserver import ForkServer

Submit = Callable[..., Submission]
Grade = Callable[..., Graded]


def statuses(graded: Graded) -> dict[str, str]:
    return {question.id: str(question.status) for question in graded.result.questions}


ALL_RIGHT = {"total": "passed", "table": "passed", "square": "passed", "why": "to be marked", "again": "passed"}


def test_right_answers_earn_all_automatic_points(submit: Submit, grade_tiny: Grade) -> None:
    result = grade_tiny(submit()).result

    assert statuses(Graded(result, None)) == ALL_RIGHT
    assert (result.status, result.score, result.max_score, result.to_mark) == (RunStatus.OK, 4.0, 6.0, 2.0)


def test_the_untouched_notebook_earns_nothing(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit({}))

    assert graded.result.score == 0
    assert statuses(graded)["total"] == "not answered"
    assert graded.result.questions[0].message == "`total` is still `...`"


def test_a_wrong_answer_says_what_was_expected_and_found(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": "total = 7", "again": "value = 60"}))

    question = graded.result.questions[0]
    assert (question.status, question.score) == (QuestionStatus.PARTLY, 0.25)
    assert question.message == "`total`: expected 6, found 7"


def test_a_missing_name_suggests_the_likeliest_other(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"again": "vaule = 60"}))

    assert graded.result.questions[4].message == "`value` is not defined; did you mean `vaule`?"


def test_a_function_is_checked_beside_student_code_and_marked_unverified(submit: Submit, grade_tiny: Grade) -> None:
    used_again = {"square": "n = 2\ndef square(x):\n    return x ** n", "again": "n = 3\nvalue = total * 10"}
    right = grade_tiny(submit(RIGHT | used_again)).result.questions[2]
    wrong = grade_tiny(submit(RIGHT | {"square": "def square(x):\n    return x + x"})).result.questions[2]

    assert (right.status, right.unverified) == (QuestionStatus.PASSED, True)
    assert (wrong.status, wrong.message) == (QuestionStatus.FAILED, "expected 9 for square(3), found 6")


def test_of_a_value_of_a_type_of_its_own_a_public_test_case_says_what_is_wrong(
    submit: Submit, grade_tiny: Grade
) -> None:
    own = "class Sum:\n    def __repr__(self):\n        return 'six'\n"
    public, hidden = grade_tiny(submit(RIGHT | {"total": f"{own}total = Sum()"})).result.questions[0].cases

    assert (public.status, public.message) == (CaseStatus.FAILED, "expected a whole number, found six")
    assert (hidden.status, hidden.message) == (CaseStatus.FAILED, ""), "it is said once"


def test_a_value_with_something_in_it_that_has_no_form_cannot_be_checked(submit: Submit, grade_tiny: Grade) -> None:
    question = grade_tiny(
        submit(RIGHT | {"total": "import threading\ntotal = [6, threading.Lock()]"})
    ).result.questions[0]

    assert question.status is QuestionStatus.ERROR
    assert question.message == "`total` cannot be checked: list with _thread.lock"


def test_a_cell_that_raises_does_not_stop_later_cells(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": "total = 1 / 0"}))

    assert graded.result.status is RunStatus.CELL_ERRORS
    error = graded.result.cell_errors[0]
    assert (error.error, error.message) == ("ZeroDivisionError", "division by zero")
    assert statuses(graded)["total"] == "failed", "it was answered"
    assert graded.result.questions[0].message == (
        "`total` is not defined: cell 5 (In[3]) stopped with ZeroDivisionError: division by zero"
    )
    assert graded.result.message == "2 cells raised an error, the first is cell 5 (In[3]): ZeroDivisionError"
    assert statuses(graded)["table"] == "passed"


def test_an_answer_that_stands_after_its_check_counts(submit: Submit, grade_tiny: Grade) -> None:
    submission = submit(RIGHT | {"total": "pass"}, lambda notebook: notebook.cells.append(code("total = 6")))

    assert statuses(grade_tiny(submission))["total"] == "passed"


def test_unless_another_question_wants_its_answer_in_the_same_name(
    submit: Submit, tiny: Assignment, grader: Grader
) -> None:
    submission = submit(RIGHT | {"total": "pass"}, lambda notebook: notebook.cells.append(code("total = 6")))
    *others, again = tiny.questions
    reusing = replace(tiny, questions=(*others, replace(again, answers=(*again.answers, "total"))))

    assert reusing.reused_names() == {"total"}
    graded = grader.run(submission, setup=replace(grader.setup, assignment=reusing))
    assert statuses(graded)["total"] == "not answered"


def test_a_name_reused_later_does_not_spoil_an_earlier_question(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"again": "value = total * 10\ntotal = 'used again'"}))

    assert statuses(graded) == ALL_RIGHT


def test_a_question_with_only_hidden_tests_is_recorded_at_its_last_cell(submit: Submit, grade_tiny: Grade) -> None:
    def reuse(notebook: NotebookNode) -> None:
        notebook.cells.append(code("value = 'used again'"))

    assert statuses(grade_tiny(submit(change=reuse))) == ALL_RIGHT


def test_deleted_check_cells_are_made_up_for_at_the_end(submit: Submit, grade_tiny: Grade) -> None:
    def drop_checks(notebook: NotebookNode) -> None:
        notebook.cells = [cell for cell in notebook.cells if "grader" not in cell.source]

    assert statuses(grade_tiny(submit(change=drop_checks))) == ALL_RIGHT


def test_without_metadata_questions_are_recorded_where_they_stand(submit: Submit, grade_tiny: Grade) -> None:
    def forget(notebook: NotebookNode) -> None:
        start, end = position(notebook, "**2.**"), position(notebook, 'grader.check("table")') + 1
        table = notebook.cells[start:end]
        notebook.cells[start:end] = []
        notebook.cells += [*table, code("value = 'used again'")]
        for cell in notebook.cells:
            cell.metadata = {}

    assert statuses(grade_tiny(submit(change=forget))) == ALL_RIGHT


def test_a_written_answer_outside_its_cell_is_to_be_marked(submit: Submit, grade_tiny: Grade) -> None:
    def below(notebook: NotebookNode) -> None:
        notebook.cells.insert(position(notebook, "_Type your answer") + 1, text("Because it adds up."))

    graded = grade_tiny(submit({id: answer for id, answer in RIGHT.items() if id != "why"}, below))

    assert statuses(graded) == ALL_RIGHT
    why = graded.result.questions[3]
    assert (why.answer, why.message) == (
        "Because it adds up.",
        f"not marked yet; answer found outside its cell, in cell {why.found[0]}",
    )
    assert graded.executed is not None
    assert graded.executed.cells[why.found[0] - 1].source == "Because it adds up."


def test_text_far_from_an_unanswered_question_is_named_and_not_taken_for_its_answer(
    submit: Submit, grade_tiny: Grade
) -> None:
    def far(notebook: NotebookNode) -> None:
        notebook.cells.insert(0, text("It all adds up to six."))
        notebook.cells.insert(1, text("My work"))

    without = {id: answer for id, answer in RIGHT.items() if id != "why"}
    why = grade_tiny(submit(without, far)).result.questions[3]

    assert (why.status, why.answer, why.found) == (QuestionStatus.NOT_ANSWERED, None, ())
    assert why.message == ("nothing is written here; text outside all written answers is in cell 1")


def test_a_notebook_of_another_assignment_is_named_once(submit: Submit, grade_tiny: Grade) -> None:
    def other(*cells: NotebookNode) -> Callable[[NotebookNode], None]:
        return lambda notebook: setattr(notebook, "cells", [text("# Another lab"), *cells, text("All in all, no.")])

    result = grade_tiny(submit(change=other(code("grader.check('edges')"), code("edges = 3")))).result
    assert (result.status, result.status.graded, result.score) == (RunStatus.OTHER_ASSIGNMENT, False, 0)
    assert result.message == "the notebook has none of the questions and check cells of «tiny»"

    typed = grade_tiny(submit(change=other(code(RIGHT["total"])))).result
    assert (typed.status, typed.score, typed.notes[0]) == (RunStatus.OK, 1.0, result.message)


def test_a_check_without_the_cell_that_makes_the_grader_still_records(submit: Submit, grade_tiny: Grade) -> None:
    def drop_first(notebook: NotebookNode) -> None:
        del notebook.cells[position(notebook, "# Initialize Otter")]

    graded = grade_tiny(submit(change=drop_first))

    assert graded.result.status is RunStatus.OK
    assert statuses(graded) == ALL_RIGHT


def test_duplicated_reordered_and_retyped_cells_are_graded(submit: Submit, grade_tiny: Grade) -> None:
    def disturb(notebook: NotebookNode) -> None:
        answer = position(notebook, "import numpy")
        check = position(notebook, 'grader.check("total")')
        cells = notebook.cells
        cells.insert(check, code(cells[check].source))
        cells.insert(1, cells.pop(answer))
        cells[position(notebook, 'grader.check("table")')].cell_type = "raw"

    assert statuses(grade_tiny(submit(change=disturb))) == ALL_RIGHT


@pytest.mark.slow
def test_an_endless_loop_is_stopped_and_keeps_what_came_before(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"square": "while True:\n    pass"}), cell_seconds=3)

    assert graded.result.status is RunStatus.CELL_TIMEOUT
    assert re.search("longer than [39] s", graded.result.message), "9 s by the clock, on a busy machine"
    assert statuses(graded) == ALL_RIGHT | {"square": "not reached", "again": "not reached"}


@pytest.mark.slow
def test_a_run_that_takes_too_long_in_all_is_stopped(submit: Submit, grade_tiny: Grade) -> None:
    slow = "import time\nend = time.process_time() + 2\nwhile time.process_time() < end:\n    pass\n"
    answers = {name: slow + source if name != "why" else source for name, source in RIGHT.items()}

    graded = grade_tiny(submit(answers), run_seconds=3)

    assert graded.result.status is RunStatus.RUN_TIMEOUT
    assert statuses(graded)["again"] == "not reached"


@pytest.mark.slow
def test_a_cell_that_does_not_compute_has_more_time_but_not_for_ever(submit: Submit, grade_tiny: Grade) -> None:
    short = grade_tiny(
        submit(RIGHT | {"total": f"import time\ntime.sleep(3)\n{RIGHT['total']}"}), cell_seconds=2, wall_factor=10
    )
    long = grade_tiny(submit(RIGHT | {"total": "import time\ntime.sleep(30)"}), cell_seconds=2, wall_factor=2)

    assert (short.result.status, statuses(short)) == (RunStatus.OK, ALL_RIGHT)
    assert long.result.status is RunStatus.CELL_TIMEOUT
    assert "longer than 4 s" in long.result.message


@pytest.mark.parametrize("end", ["import os\nos._exit(1)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"])
def test_a_kernel_that_dies_keeps_what_came_before(submit: Submit, grade_tiny: Grade, end: str) -> None:
    graded = grade_tiny(submit(RIGHT | {"square": end}))

    assert graded.result.status is RunStatus.KERNEL_DIED
    assert statuses(graded) == ALL_RIGHT | {"square": "not reached", "again": "not reached"}
    assert "did not get this far: the kernel died in cell" in graded.result.questions[2].message


@pytest.mark.parametrize("source", ["import sys\nsys.exit(1)", "exit()", "quit(0)", "raise SystemExit"])
def test_leaving_a_cell_by_exit_runs_the_next(submit: Submit, grade_tiny: Grade, source: str) -> None:
    graded = grade_tiny(submit(RIGHT | {"square": source}))

    assert graded.result.status is RunStatus.CELL_ERRORS
    assert graded.result.cell_errors[0].error == "SystemExit"
    assert statuses(graded)["again"] == "passed"


def test_a_written_answer_without_end_says_what_was_left_out(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"why": "word " * 30_000}))

    answer = next(question.answer for question in graded.result.questions if question.id == "why")
    assert answer is not None and len(answer) < 101_000
    assert answer.endswith("word \n\n[… 49,999 characters left out …]")


def test_input_fails_its_cell_and_nothing_else(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"square": "name = input('name?')"}))

    assert graded.result.cell_errors[0].error == "StdinNotImplementedError"
    assert error_advice(graded.result.cell_errors[0]).startswith("Nobody can type")
    assert statuses(graded) == ALL_RIGHT | {"square": "not answered"}


@pytest.mark.parametrize(
    "habit",
    ["%load solutions/MNIST/size.py", "!pip install nothing-of-the-kind", "%pip install nothing-of-the-kind",
     "%matplotlib notebook", "%matplotlib widget", "import sys\nprint('chatter', file=sys.stderr)",
     "import warnings\nwarnings.warn('chatter')", "%tensorflow_version 2.x",
     "%load_ext tensorboard\n%tensorboard --logdir logs\n%load_ext autoreload\n%autoreload 2",
     "import google.colab\nfrom google.colab import drive, files\ndrive.mount('/content/drive')\nfiles.download('me')",
     "from google.colab.patches import cv2_imshow\ncv2_imshow(3)\nfrom google.colab import files\nlist(files.upload())",
     "from otter.export import export_notebook\nexport_notebook('mine.ipynb', filtering=True, pagebreaks=True)",
     "import otter.export\nfrom otter import grade\notter.export.export_notebook('mine.ipynb')\ngrade('mine.ipynb')"],
)  # fmt: skip
def test_habits_of_real_notebooks_cost_nothing(submit: Submit, grade_tiny: Grade, habit: str) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": f"{habit}\n{RIGHT['total']}"}))

    assert graded.result.status is RunStatus.OK
    assert statuses(graded) == ALL_RIGHT


def test_a_magic_that_stands_where_it_must_not_is_an_error_of_its_cell(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": f"# mine\n%%time\n{RIGHT['total']}"}))

    (error, _) = graded.result.cell_errors
    assert (error.error, error.message) == ("UsageError", "Line magic function `%%time` not found.")
    assert "stopped with UsageError" in graded.result.questions[0].message


@pytest.mark.parametrize("install", ["!pip install numpy", "%pip install numpy", "!python -m pip install numpy"])
def test_installers_are_not_run(submit: Submit, grade_tiny: Grade, install: str) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": f"{install}\n{RIGHT['total']}"}))

    assert graded.executed is not None
    shown = [output.text for cell in graded.executed.cells if cell.cell_type == "code" for output in cell.outputs
             if output.output_type == "stream"]  # fmt: skip
    assert shown == [f"not run while grading: {install.removeprefix('!')}\n"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from google.colab import drive\ndrive.mount('/x')", "not run while grading: google.colab.drive.mount()\n"),
        (
            "from client.api.notebook import Notebook\nok = Notebook('lab.ok')\nok.auth()\nprint(ok.grade('total'))",
            "total: recorded for grading\n",
        ),
        ("from gofer.ok import check\nprint(check('tests/total.py'))", "total: recorded for grading\n"),
    ],
)
def test_what_only_colab_has_is_left_out_and_checks_of_okpy_and_gofer_are_otters(
    submit: Submit, grade_tiny: Grade, code: str, said: str
) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": f"{RIGHT['total']}\n{code}"}))

    assert statuses(graded) == ALL_RIGHT
    assert graded.executed is not None
    shown = [output.text for cell in graded.executed.cells if cell.cell_type == "code" for output in cell.outputs
             if output.output_type == "stream"]  # fmt: skip
    assert shown == [said]


def test_an_unknown_kernel_name_is_graded_with_the_graders_own(submit: Submit, grade_tiny: Grade) -> None:
    def rename(notebook: NotebookNode) -> None:
        notebook.metadata.kernelspec = {"name": "my-conda-env", "display_name": "Mine", "language": "python"}

    assert statuses(grade_tiny(submit(change=rename))) == ALL_RIGHT


@pytest.mark.slow
def test_a_flood_of_output_is_cut_and_graded(submit: Submit, grade_tiny: Grade) -> None:
    flood = "for i in range(200_000):\n    print('x' * 100)\n" + RIGHT["square"]

    graded = grade_tiny(submit(RIGHT | {"square": flood}))

    assert statuses(graded) == ALL_RIGHT
    assert any("outputs were cut" in note for note in graded.result.notes)
    assert graded.executed is not None
    assert sum(len(str(cell)) for cell in graded.executed.cells) < 1_000_000


def test_the_kernel_sees_nothing_of_the_graders_environment(
    submit: Submit, grade_tiny: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_SECRET", "do not tell")

    graded = grade_tiny(submit(RIGHT | {"total": "import os\ntotal = 'GRADER_SECRET' in os.environ"}))

    assert graded.result.questions[0].message == "`total`: expected 6, found 0"


def test_results_do_not_depend_on_what_was_graded_before(submit: Submit, grade_tiny: Grade) -> None:
    random = RIGHT | {"table": "import numpy as np\ntable = np.random.rand(2, 3)\nprint(table)"}
    shown = [
        [str(output) for cell in graded.executed.cells if cell.cell_type == "code" for output in cell.outputs]
        for graded in (grade_tiny(submit(random)), grade_tiny(submit()), grade_tiny(submit(random)))
        if graded.executed is not None
    ]

    assert shown[0] == shown[2]
    assert shown[0] != shown[1]


def test_messages_show_numbers_without_numpys_type_names(submit: Submit, grade_tiny: Grade) -> None:
    graded = grade_tiny(submit(RIGHT | {"total": "import numpy as np\ntotal = np.float64(6.5)"}))

    total = graded.result.questions[0]
    assert total.message == "expected a whole number, found 6.5", "the public and the hidden test case say the same"
    assert [case.message for case in total.cases] == [total.message, ""]


def test_where_no_warm_kernel_starts_a_cold_one_does(
    submit: Submit, grade_tiny: Grade, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fork, failed = ForkServer.fork, []

    def fail(server: ForkServer, function: str, *arguments: Any, **options: Any) -> Any:
        if function == "autograder.kernel.serve:forked":
            failed.append(function)
            raise OSError("the fork server has no more memory")
        return fork(server, function, *arguments, **options)

    monkeypatch.setattr(ForkServer, "fork", fail)
    graded = grade_tiny(submit())

    assert (len(failed), graded.result.status, statuses(graded)) == (1, RunStatus.OK, ALL_RIGHT), graded.result.message
    assert "a kernel did not start and was started from scratch" in caplog.text and "no more memory" in caplog.text


def test_a_cold_kernel_that_does_not_start_is_started_again(
    submit: Submit, grade_tiny: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    executables = ["/bin/ls", sys.executable]

    def run(notebook: NotebookNode, start: KernelStart, **options: Any) -> Any:
        monkeypatch.setattr(sys, "executable", executables.pop(0))
        return runner.run(notebook, replace(start, server=None), **options)

    monkeypatch.setattr("autograder.grading.grade.run", run)
    graded = grade_tiny(submit())

    assert (executables, graded.result.status) == ([], RunStatus.OK), graded.result.message
