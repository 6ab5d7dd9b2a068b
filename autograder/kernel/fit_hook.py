"""``fit``, ``evaluate`` and ``predict`` by the trainer.

The trainer answers a call if it can, and then weights, optimizer, ``History`` and printed output are as Keras leaves
them. Any other call runs here, and the grader gets a note with the reason. A call that raises an error in the trainer
runs here as well, so that the student sees Keras's error.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
from collections.abc import Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograder.evidence.training_request import CALLBACKS, trained_part
from autograder.kernel.first_weights import FirstWeights
from autograder.kernel.fit_request import Draft, gathered, plain_value, whole_number, wire_array
from autograder.kernel.trainer_client import Client, Refused
from autograder.messages import message
from autograder.networks.private.changes import wrap_model_method
from autograder.networks.private.training import callback_list, initial_epoch, is_callback_list, print_message

#: The loss and the metrics of each model for which the trainer measured these last.
_results: WeakKeyDictionary[Any, dict[str, float]] = WeakKeyDictionary()


def install(client: Client, first_weights: FirstWeights) -> None:
    """Wrap the methods of Keras's models, so that they ask the trainer first."""
    for name, ask in (("fit", partial(_fit, first_weights)), ("evaluate", _evaluate), ("predict", _predict)):
        wrap_model_method(name, partial(_asking, client, name, ask))
    wrap_model_method("get_metrics_result", _with_results)
    for name in ("reset_metrics", "train_on_batch", "test_on_batch"):  # a ``compile`` that is not Keras's loads nothing
        wrap_model_method(name, _forgetting_results)


def _with_results(get_metrics_result: Any) -> Any:
    """``get_metrics_result`` that gives what the trainer found: the metrics of this process saw nothing of that."""

    @functools.wraps(get_metrics_result)
    def results(model: Any) -> Any:
        import keras

        if model in _results:
            known = sorted(_results[model].items(), key=lambda result: result[0] != "loss")  # the loss is the first
            return {name: keras.ops.convert_to_tensor(value, "float32") for name, value in known}
        return get_metrics_result(model)

    return results


def _forgetting_results(method: Any) -> Any:
    """A method of ``keras.Model`` after which the metrics of this process count again."""

    @functools.wraps(method)
    def forgetting(model: Any, *arguments: Any, **keywords: Any) -> Any:
        _results.pop(model, None)
        return method(model, *arguments, **keywords)

    return forgetting


def _asking(client: Client, name: str, ask: Any, original: Any) -> Any:
    """A method of ``keras.Model`` that asks the trainer by ``ask``, and falls back on ``original``."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def asking(*positional: Any, **keywords: Any) -> Any:
        try:
            call = signature.bind(*positional, **keywords)
        except TypeError:
            return original(*positional, **keywords)
        call.apply_defaults()
        arguments = dict(call.arguments)
        model = arguments.pop("self")
        try:
            return ask(client, model, arguments)
        except Refused as refused:
            if not refused.quiet:
                client.note(message("training.not_cached", call=name, why=refused))
        except TimeoutError:
            raise
        except Exception as error:  # of a student's class, or of Keras, which raises it again below
            why = message("training.raised", error=type(error).__name__)
            client.note(message("training.not_cached", call=name, why=why))
        if name != "predict":
            _results.pop(model, None)
        return original(*positional, **keywords)

    return asking


def _fit(first_weights: FirstWeights, client: Client, model: Any, arguments: dict[str, Any]) -> Any:
    import keras

    for name in ("steps_per_epoch", "validation_steps"):
        if arguments[name] is not None:
            raise Refused(message("training.sets", option=name))
    if arguments["validation_freq"] != 1:
        raise Refused(message("training.sets", option="validation_freq"))
    histories, callbacks, described = _callbacks(arguments["callbacks"])
    request = Draft(model, "fit", arguments)
    first_weights.draw(model, arguments)
    request.compiled(arguments)
    request.weights()
    head, optimizer = request.head, model.optimizer
    head["optimizer"] = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    has_trained = optimizer.built and int(optimizer.iterations.numpy()) > 0
    state = [request.add(wire_array(variable.numpy())) for variable in optimizer.variables] if has_trained else None
    head["state"] = state
    if not has_trained and isinstance(head["optimizer"]["config"].get("learning_rate"), float):
        head["optimizer"]["config"]["learning_rate"] = float(optimizer.learning_rate.numpy())
    head["options"] |= _options(model, arguments)
    head["validation"] = _validation(request, arguments["validation_data"])
    head["callbacks"] = described
    answer, arrays = client.ask(head, request.arrays)
    _set_weights(model, optimizer, arrays)
    samples = trained_part(request.samples, head["options"]["validation_split"])
    steps = math.ceil(samples / head["options"]["batch_size"])
    return _replay(model, arguments, histories, callbacks, answer, steps)


def _options(model: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a training without its batch size."""
    split = 0.0 if arguments["validation_data"] is not None else float(arguments["validation_split"] or 0.0)
    class_weight = arguments["class_weight"]
    batch_size = arguments["validation_batch_size"]
    return {
        "epochs": whole_number(arguments["epochs"]),
        "initial_epoch": whole_number(initial_epoch(model) or arguments["initial_epoch"]),
        "validation_split": split,
        "shuffle": "batch" if arguments["shuffle"] == "batch" else bool(arguments["shuffle"]),
        "class_weight": class_weight and {str(int(key)): float(value) for key, value in class_weight.items()},
        "validation_batch_size": batch_size and whole_number(batch_size),
        "validation_freq": 1,
    }


def _callbacks(callbacks: Any) -> tuple[list[Any], list[Any], list[dict[str, Any]]]:
    """The ``History`` objects among callbacks, those that a request describes, and the descriptions.

    A ``TensorBoard`` does nothing in a grading run (see ``keras_hooks``).
    """
    import keras

    listed = list(callbacks) if isinstance(callbacks, list | tuple) else [] if callbacks is None else [callbacks]
    histories = [callback for callback in listed if type(callback) is keras.callbacks.History]
    others = [
        callback for callback in listed if type(callback) not in (keras.callbacks.History, keras.callbacks.TensorBoard)
    ]
    return histories, others, [_description(callback) for callback in others]


def _description(callback: Any) -> dict[str, Any]:
    """A callback of Keras by class name and settings."""
    import keras

    name = type(callback).__name__
    if name not in CALLBACKS or type(callback) is not getattr(keras.callbacks, name):
        raise Refused(message("training.callback", callback=name))
    config = {key: getattr(callback, key) for key in CALLBACKS[name] if hasattr(callback, key) and key != "mode"}
    config["mode"] = getattr(callback, "mode", "auto")
    config["min_delta"] = abs(callback.min_delta)
    return {"class_name": name, "config": {key: plain_value(value) for key, value in config.items()}}


def _validation(request: Draft, data: Any) -> list[int] | None:
    """The places of the arrays of ``validation_data`` in a request."""
    if data is None:
        return None
    if not isinstance(data, list | tuple) or not 2 <= len(data) <= 3:
        raise Refused(message("training.validation"))
    places = [request.data(data[0], str(request.model.inputs[0].dtype)), request.data(data[1])]
    return places + ([] if len(data) == 2 or data[2] is None else [request.data(data[2], "float32")])


def _set_weights(model: Any, optimizer: Any, arrays: list[np.ndarray]) -> None:
    """Assign the trained weights of a model, and the state of its optimizer."""
    if not optimizer.built:
        with model.distribute_strategy.scope():  # the variables of a `MirroredStrategy` are on several devices
            optimizer.build(model.trainable_variables)
    variables = [*model.weights, *optimizer.variables]
    if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
        raise Refused(message("training.other_weights"))
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _replay(
    model: Any,
    arguments: Mapping[str, Any],
    histories: list[Any],
    callbacks: list[Any],
    answer: Mapping[str, Any],
    steps: int,
) -> Any:
    """Print and record the epochs as Keras does, and set the callbacks to their state after training."""
    verbose = arguments["verbose"]
    progress = callback_list(
        model,
        histories,
        add_history=True,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=arguments["epochs"],
        steps=steps,
    )
    model.stop_training = False
    progress.on_train_begin()
    logs: dict[str, float] = {}
    for epoch, logs in zip(answer["epochs"], answer["logs"], strict=True):
        progress.on_epoch_begin(epoch)
        progress.on_train_batch_end(
            steps - 1, {key: value for key, value in logs.items() if not key.startswith("val_")}
        )
        progress.on_epoch_end(epoch, dict(logs))
    for callback, ends in zip(callbacks, answer["callbacks"], strict=True):
        callback.set_model(model)
        callback.set_params(progress.params)
        for key, value in ends.items():
            if value is not None:
                setattr(callback, key, int(value) if key != "best" else value)
        if getattr(callback, "stopped_epoch", 0):
            model.stop_training = True
            if callback.verbose:
                print_message(f"Epoch {callback.stopped_epoch + 1}: early stopping")
        if getattr(callback, "restore_best_weights", False):
            callback.best_weights = model.get_weights()
            if callback.verbose:
                best = callback.best_epoch + 1
                print_message(f"Restoring model weights from the end of the best epoch: {best}.")
    progress.on_train_end(logs)
    validated = {key.removeprefix("val_"): value for key, value in logs.items() if key.startswith("val_")}
    _results[model] = validated or {key: value for key, value in logs.items() if key != "learning_rate"}
    return model.history


def _evaluate(client: Client, model: Any, arguments: dict[str, Any]) -> Any:
    if arguments["callbacks"] is not None or arguments["steps"] is not None or arguments.get("kwargs"):
        raise Refused(message("training.callbacks_or_steps"), quiet=is_callback_list(arguments["callbacks"]))
    arguments = gathered(arguments, ("x", "y", "sample_weight"))
    request = Draft(model, "evaluate", arguments)
    request.compiled(arguments)
    request.weights()
    answer, _ = client.ask(request.head, request.arrays)
    progress, steps = _progress(request, arguments["verbose"])
    logs = dict(answer["logs"])
    _results[model] = dict(logs)
    progress.on_test_begin()
    progress.on_test_batch_end(steps - 1, logs)
    progress.on_test_end(logs)
    if arguments["return_dict"]:
        return logs
    values = answer["in_order"]
    return values if len(values) > 1 else values[0]


def _progress(request: Draft, verbose: Any) -> tuple[Any, int]:
    """What prints a pass over all samples as Keras does, and the number of its batches."""
    steps = math.ceil(request.samples / request.head["options"]["batch_size"])
    return callback_list(request.model, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=steps), steps


def _predict(client: Client, model: Any, arguments: dict[str, Any]) -> Any:
    import keras

    if arguments["callbacks"] is not None or arguments["steps"] is not None:
        raise Refused(message("training.callbacks_or_steps"))
    arguments = gathered(arguments, ("x",))
    request = Draft(model, "predict", arguments)
    if not isinstance(model, keras.Sequential) and not isinstance(model.output, keras.KerasTensor):
        raise Refused(message("training.own_model"))
    request.weights()
    _, (predicted,) = client.ask(request.head, request.arrays)
    progress, steps = _progress(request, arguments["verbose"])
    progress.on_predict_begin()
    progress.on_predict_batch_end(steps - 1, None)
    progress.on_predict_end()
    return predicted
