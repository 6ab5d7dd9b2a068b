"""Why the trainer does not compute what a notebook asks for; the notebook then computes it in its own kernel."""

TEXTS: dict[str, str | tuple[str, str]] = {
    "ended": "the run that asked for it has ended",
    "seconds": "it took longer than {limit:g} s",
    "parameters": "a model must have at most {limit:,} parameters to be trained (got {found:,})",
    "epochs": "it must train for at most {limit} epochs",
    "samples": "it must train on at most {limit} samples",
    "passes": "samples times layers must be at most {limit:,} (got {found:,})",
    "answer": "its predictions must take at most {limit} MB (got {found} MB)",
    "disk": "its data take more disk than a run may",
    "false_layout": "an array must have the type and shape that it is announced with",
    "checkers_only": "a request must be to fit, evaluate or predict",
}
