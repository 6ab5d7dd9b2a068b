"""What the commands of teaching assistants print: the table of a class, notes, and where things are."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # before a run
    "class": (
        "{count} submission of «{assignment}», profile {profile}",
        "{count} submissions of «{assignment}», profile {profile}",
    ),
    "class_with_data": (
        "{count} submission of «{assignment}», profile {profile}, data: {dataset}",
        "{count} submissions of «{assignment}», profile {profile}, data: {dataset}",
    ),
    "no_isolation": "without isolation, because {problem}; autograder doctor says more",
    "no_forks": (
        "each kernel starts from scratch and trains its own networks, because {problem}; autograder doctor says more"
    ),
    "no_gpu": "this machine has no GPU that NVIDIA's driver shows ({folder} has no nvidia0)",
    "no_gpu_programs": "this machine has a GPU, but JAX's programs for it are not installed",
    "no_gpu_processes": "this machine has a GPU, but its processes have no namespaces of their own here",
    "gpu_wanted": "--device gpu is not possible here: {problem}",
    "no_gpu_on_cluster": "--device gpu is for this machine; the workers of a cluster train on processors",
    "no_dataset": (
        "dataset '{name}' is not on this machine: run autograder dataset {name}, which gets it from Keras; or put its "
        "arrays into {path}, or name their file with --data {name}=FILE{notes}"
    ),
    "not_downloaded": "MNIST could not be downloaded: {why}",
    "unusable_cache": "a cached file was not used: {why}",
    "other_cache": "a cached file was not used: {path} must hold the {kind} dataset (it holds {dataset})",
    "no_threshold": "profile {profile} has no threshold on {dataset} for {names}: there any accuracy passes",
    "unchanged": "{unchanged} of {count} unchanged, skipped (use --again to regrade)",
    "passed_over": (
        "{count} file is neither a notebook nor in a student's folder, and is not graded: {names}",
        "{count} files are neither notebooks nor in a student's folder, and are not graded: {names}",
    ),
    "unread_lms": (
        "these names are {system}'s, whose downloads are not read: each file is of a student with that name, and so is "
        "each attempt. Give each student's latest notebook a folder with the student's name"
    ),
    "kept": (
        "{count} student of earlier runs is not handed in now and stays (--drop-others leaves out): {names}",
        "{count} students of earlier runs are not handed in now and stay (--drop-others leaves them out): {names}",
    ),
    "kept_ungraded": (
        "{count} of them was never graded: run the command that was interrupted once more",
        "{count} of them were never graded: run the command that was interrupted once more",
    ),
    "kept_otherwise": (
        "{count} of them was graded with a different profile or dataset",
        "{count} of them were graded with a different profile or dataset",
    ),
    "regraded": "regraded: {reasons}",
    "regraded_because": "{reason} ({count})",
    "changed": "{part} changed",
    "reports_lost": "its reports could not be written",
    "doubtful": "{status}, perhaps because the machine was busy",
    # a cluster that loses workers
    "worker_gone": (
        "worker {worker} is gone; the submission that it was grading is graded again",
        "worker {worker} is gone; the {count} submissions that it was grading are graded again",
    ),
    "no_workers": "cluster: no worker is left; waiting {seconds} s for one",
    "no_workers_came": (
        "the cluster must have workers: all are gone, and none has come for {seconds} s. What is graded is kept: "
        "the same command goes on with the others"
    ),
    "scheduler_gone": (
        "the cluster's scheduler is gone. What is graded is kept: with a new one, the same command goes on with "
        "the others"
    ),
    # the table of a class
    "heading.student": "Student",
    "heading.status": "Status",
    "heading.score": "Score",
    "heading.to_mark": "To mark",
    "heading.seconds": "Seconds",
    "heading.questions": "Questions",
    "questions": "{count} {status}",
    "all_graded": "{graded} of {total} graded",
    "some_graded": "{graded} of {total} graded, {failed} not",
    "note_of": "{count} of {total}: {note}",
    "other_notes": ("… and {count} other, on the feedback pages", "… and {count} others, on the feedback pages"),
    # after a run
    "not_graded": ("{count} could not be graded:", "{count} could not be graded:"),
    "not_graded_because": "{student}: {status}: {why}",
    "others": ("… and {count} other", "… and {count} others"),
    "course": (
        "{page}, {table}: {count} student (assignments: {assignments})",
        "{page}, {table}: {count} students (assignments: {assignments})",
    ),
    "course_not_graded": "not graded yet, and so not in the table: {names}",
    "excused": ("{count} is excused: {names}", "{count} are excused: {names}"),
    "absent": ("{count} handed nothing in: {names}", "{count} handed nothing in: {names}"),
    "figures": (
        "points of {count} student: mean {mean}, median {median} of {of}",
        "points of {count} students: mean {mean}, median {median} of {of}",
    ),
    "waiting": (
        "written answers of {count} student that wait for a mark: {answers}",
        "{answers} written answers of {count} students wait for a mark",
    ),
    "empty_gradebook": (
        "gradebook '{gradebook}' must have a class (it has nobody): restore it from a copy, or grade into it first"
    ),
    "new_gradebook": (
        "gradebook '{gradebook}' is new, though there are grades in {folder}: earlier results and marks are not in it; "
        "if it was lost, restore it from a copy before you go on"
    ),
    "renamed": (
        "the gradebook was of «{before}»; this is the same assignment (the same notebook and questions), so it is of "
        "«{title}» from now on"
    ),
    "lower_limits": (
        "this machine allows a run less than the profile does, so notebooks that need more may fail here: {limits}"
    ),
    "no_table": "--column, --scale and --only-complete must be given with the table of an LMS: {options}",
    "other_run": "another run grades into '{folder}' now: wait until it has ended, or name another folder with --out",
    "old_points": (
        "points that a person gave {count} student are for an earlier result or rubric: look whether they still hold: "
        "{names}",
        "points that a person gave {count} students are for an earlier result or rubric: look whether they still hold: "
        "{names}",
    ),
    "next_review": "Next: {review}\nthen: {report}",
    "next_report": "Next: {report}",
    "other_questions": (
        "{count} student was graded by other questions, or for other points, than the assignment has now "
        "(grade again): {names}",
        "{count} students were graded by other questions, or for other points, than the assignment has now "
        "(grade again): {names}",
    ),
    "no_result": (
        "{count} submission has no result, or a damaged one, and is in no report (grade again): {names}",
        "{count} submissions have no result, or a damaged one, and are in no report (grade again): {names}",
    ),
    "old_reports": "{folder} has reports of {count} that are not handed in now: {names}",
    "reports": "Reports: {folder}/index.html for the class, {folder}/grades.csv, and a folder for each submission.",
    "rewritten": "index.html: the class at a glance",
    "dismissed": ("{count} pair dismissed", "{count} pairs dismissed"),
    "shown_again": ("{count} pair shown again", "{count} pairs shown again"),
    "no_work": "there is no graded submission '{name}': name a student, a submission, or what similar.html names",
    "several_works": "'{name}' is the name of several submissions: name them by {digests}",
    "no_pair": "no pair of these is in similar.html: {names}",
    "similar": (
        "similar.html: {count} group of similar submissions",
        "similar.html: {count} groups of similar submissions",
    ),
    "opening": "Opening the gradebook of {folder} …",
    "serving": "Open this address in a browser. Every mark is saved at once. Ctrl-C ends the page.",
    "no_assignment": "there is no folder '{folder}' here: name that of the assignment with {way}",
    "out_in_assignment": (
        "reports must go to a folder apart from the assignment, '{assignment}' (got '{folder}'): name another with "
        "--out"
    ),
    "marked": "Next: {report}",
}
