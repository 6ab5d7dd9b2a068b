"""The checker's process: restore the evidence of one submission and run every test case over it.

It is forked from the fork server, which has imported Keras before any TensorFlow operation has run (a fork after one is
not safe), and is gone when it has answered.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autograder.checks import Job

#: What the fork server imports, in this order (and then Keras, where it is needed).
PRELOAD = ["autograder.checks.quiet", "numpy", "pandas", "otter.test_files", "autograder.checks.questions"]


def main(send: Connection, job: Job) -> None:
    """Answer with the results as JSON, or with ``{"error": …}``."""
    try:
        _limit_threads(job.threads)
        np.set_printoptions(legacy="1.25")  # a message shows 0.8, not np.float64(0.8)
        answer = check_all(job)
    except Exception as error:  # said to the grader, which gives the submission a row that says so
        answer = {"error": f"the checker failed: {type(error).__name__}: {error}"}
    send.send_bytes(json.dumps(answer).encode())
    send.close()


def _limit_threads(threads: int) -> None:
    """Keep TensorFlow to so many threads; possible until its first operation, which is still to come."""
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)


def check_all(job: Job) -> dict[str, Any]:
    """Question results as plain data in the assignment's order, and the accuracies measured on the way, by name."""
    from autograder.assignment import Assignment
    from autograder.checks import beside
    from autograder.checks.questions import check_question
    from autograder.checks.reference import Reference
    from autograder.errors import EvidenceError
    from autograder.evidence.restore import Evidence

    assignment = Assignment.load(Path(job.assignment))
    reference = Reference(job.dataset, job.thresholds)
    claimed = beside.read(job.evidence, assignment)
    spoken_for = assignment.names_in_use()
    results = []
    for question in assignment.questions:
        if question.written:
            continue
        try:
            evidence = Evidence.read(job.evidence, question.id, question.names)
            problem = ""
            if evidence is not None:  # a name that has its own meaning is no misspelling of another
                others = {name: kind for name, kind in evidence.others.items() if name not in spoken_for}
                outlines = {name: node for name, node in evidence.outlines.items() if name not in spoken_for}
                evidence = replace(evidence, others=others, outlines=outlines)
        except EvidenceError as error:
            evidence, problem = None, str(error)
        ended = problem or job.ended
        results.append(check_question(question, assignment.test_file(question.id), evidence, reference, claimed, ended))
    return {"questions": results, "accuracies": reference.accuracies}
