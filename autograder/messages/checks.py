"""What a question's test cases say: why it has no answer, and what does not fit."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # a question without an answer
    "not_reached": "the run did not get this far: {why}",
    "nothing_recorded": "the run left nothing to check",
    "placeholder": "`{name}` is still `...`",
    "placeholders": "{names} are still `...`",
    "not_defined": "`{name}` is not defined",
    "raised": "{place} stopped with {error}",
    "not_run": "{place} has its code, but is not a code cell, so it did not run",
    "never_defined": "`{name}` is not defined: {why}",
    "still_placeholder": "`{name}` is still `...`: {why}",
    "suggestion": "; did you mean `{other}`?",
    "suggested_model": "; did you mean `{other}`? No other model fits this question",
    "no_such_dataset": "reference[…]: course.toml must name a dataset '{name}' (it names: {known})",
    "which_dataset": "there are several datasets: write reference[DATASET].{name}, with one of {known}",
    "prompt": "_Type your answer here, replacing this text._",
    "nothing_written": "nothing is written here",
    "written_elsewhere": (
        "nothing is written here; text outside all written answers is in cell {cells}",
        "nothing is written here; text outside all written answers is in cells {cells}",
    ),
    "to_mark": "not marked yet",
    "found_outside": (
        "not marked yet; answer found outside its cell, in cell {cells}",
        "not marked yet; answer found outside its cell, in cells {cells}",
    ),
    # words that make no difference between what two test cases say
    "filler": "a an and are as be by expected found hold holds in is it must of on one or should than that the to was",
    # a value that a test case cannot work with
    "unreadable": "`{name}` could not be read back for checking: {why}",
    "uncalled": "`{name}`: expected a value, found {kind} (was it meant to be called?)",
    "unknown_type": "`{name}` is of a type that cannot be checked ({kind})",
    "uncheckable": "`{name}` cannot be checked: {why}",
    "kernel_gone": "`{name}` must be called, but the notebook's kernel had already ended",
    "no_kernel": "the notebook's kernel had already ended",
    "test_file": "the question's test file cannot be used here ({error})",
    "kernel_needed": "this can only be checked in the notebook's kernel, which had already ended",
    "kernel_refused": "this can only be checked in the notebook's kernel, which course.toml refuses (unverified)",
    # a test case that gives no points although its condition is met, or asks nothing
    "required": "no points without the test case '{name}', which did not pass",
    "not_asked": (
        "no points here: nothing is asked of the accuracy of {names} in this run, and the question's other test cases "
        "give the points"
    ),
    # a test case without words of its own
    "wrong_output": "`{source}`: expected {expected}, found {found}",
    "nothing": "nothing",
    "untrue": "this is not true: {condition}",
    "untrue_somewhere": "a condition of the test case is not true",
    "part": "{given:g} of {points:g} points",
    "too_many_points": "the test case gives {given:g} points, but is worth {points:g}",
    "unusable": "the check could not work with your answer ({error})",
}
