"""Why a training was not cached: the notebook does not ask the trainer, or the trainer does not compute the request.

The notebook then computes it in its own kernel; ``run.json`` has the reasons.
"""

TEXTS: dict[str, str | tuple[str, str]] = {
    # what a profile caps
    "capped": "trainings were capped in this run, at {caps}",
    "cap.epochs": ("{count} epoch", "{count} epochs"),
    "cap.samples": ("{count:,} training image", "{count:,} training images"),
    "cap.validation_samples": ("{count:,} validation image", "{count:,} validation images"),
    # notes
    "not_cached": "{call} was not cached: {why}",
    "stopped": "training was stopped: {why}",
    # what a notebook does not ask
    "raised": "it raised {error}",
    "sets": "it sets '{option}'",
    "callback": "it has the callback {callback}",
    "callback_setting": "a callback has a setting that is not a plain value",
    "callbacks_or_steps": "it sets callbacks or steps",
    "validation": "its validation data is not a pair of arrays",
    "other_weights": "the trainer's model has different weights",
    "own_model": "its model is of a class of its own, or does not have one input and one output",
    "configuration": "the configuration of its model is too large",
    "not_array": "its data is not an array",
    "large_dataset": "its dataset is too large",
    "data_type": "its data is of type {kind}",
    "model_type": "its model takes data of type {kind}",
    "large_numbers": "its data has numbers that are too large",
    "lengths": "its data has different lengths",
    "eager": "its model is not compiled, or is run eagerly",
    "loss_weights": "its losses have weights",
    "weight_type": "its model has weights of type {kind}",
    "whole": "one of its options is not a whole number",
    "no_trainer": "the trainer has ended",
    # what the grader computes itself
    "no_test_outputs": "no outputs for the test images were cached: {why}",
    # what the trainer does not compute
    "ended": "the run that asked for it has ended",
    "seconds": "it took longer than {limit:g} s",
    "parameters": "a model must have at most {limit:,} parameters to be trained (got {found:,})",
    "epochs": "it must train for at most {limit} epochs",
    "samples": "it must train on at most {limit} samples",
    "passes": "samples times layers must be at most {limit:,} (got {found:,})",
    "answer": "its predictions must take at most {limit} MB (got {found} MB)",
    "disk": "its data take more disk than a run may",
    "false_layout": "an array must have the type and shape that it is announced with",
    # Keras's datasets in a kernel
    "other_dataset": (
        "keras.datasets.{name} is not available: course.toml does not name it under datasets (it names: {known})"
    ),
    "no_datasets": "none",
    "no_words": "the grader's file of keras.datasets.{name} has no word index",
}
