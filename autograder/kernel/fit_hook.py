"""Inside the kernel, beside student code: ``fit``, ``evaluate`` and ``predict`` that ask the trainer.

What the trainer can do is asked of it, and afterwards everything is as Keras would have left it: weights, optimizer,
``History``, what is printed. What it cannot is done here, as ever; the grader is told why. An error is Keras's own, for
then the call is made here, too.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from autograder.evidence.training_request import CALLBACKS
from autograder.kernel.fit_request import Draft, plain, simple, whole
from autograder.kernel.trainer_client import Client, Refused
from autograder.networks import canonical, private


def install(client: Client) -> None:
    """Have Keras's models ask."""
    for name, ask in (("fit", _fit), ("evaluate", _evaluate), ("predict", _predict)):
        private.wrap_model_method(name, partial(_asking, client, name, ask))


def _asking(client: Client, name: str, ask: Any, original: Any) -> Any:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def asking(*arguments: Any, **keywords: Any) -> Any:
        try:
            call = signature.bind(*arguments, **keywords)
        except TypeError:
            return original(*arguments, **keywords)
        call.apply_defaults()
        given = dict(call.arguments)
        model = given.pop("self")
        try:
            return ask(client, model, given)
        except Refused as refused:
            if not refused.quiet:
                client.tell(f"{name} was not cached: {refused}")
        except TimeoutError:
            raise
        except Exception as error:  # a student's class raised it, or Keras did and will again
            client.tell(f"{name} was not cached: it raised {type(error).__name__}")
        return original(*arguments, **keywords)

    return asking


def _fit(client: Client, model: Any, given: dict[str, Any]) -> Any:
    import keras

    for name in ("steps_per_epoch", "validation_steps"):
        if given[name] is not None:
            raise Refused(f"it sets '{name}'")
    if given["validation_freq"] != 1:
        raise Refused("it sets 'validation_freq'")
    histories, callbacks, described = _callbacks(given["callbacks"])
    request = Draft(model, "fit", given)
    canonical.reset_first_weights(model, client.seed)
    request.compiled(given)
    request.weights()
    head, optimizer = request.head, model.optimizer
    head["optimizer"] = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    used = optimizer.built and int(optimizer.iterations.numpy()) > 0
    head["state"] = [request.add(plain(one.numpy())) for one in optimizer.variables] if used else None
    if not used and isinstance(head["optimizer"]["config"].get("learning_rate"), float):
        head["optimizer"]["config"]["learning_rate"] = float(optimizer.learning_rate.numpy())
    weights = given["class_weight"]
    initial = private.initial_epoch(model) or given["initial_epoch"]
    head["options"] |= {
        "epochs": whole(given["epochs"]),
        "initial_epoch": whole(initial),
        "validation_split": float(given["validation_split"] or 0.0) if given["validation_data"] is None else 0.0,
        "shuffle": bool(given["shuffle"]),
        "class_weight": weights and {str(int(key)): float(value) for key, value in weights.items()},
        "validation_batch_size": given["validation_batch_size"] and whole(given["validation_batch_size"]),
        "validation_freq": 1,
    }
    head["validation"] = _validation(request, given["validation_data"])
    head["callbacks"] = described
    answer, arrays = client.ask(head, request.arrays)
    _take_over(model, optimizer, arrays)
    trained = request.samples - math.floor(request.samples * head["options"]["validation_split"])
    steps = math.ceil(trained / head["options"]["batch_size"])
    return _replay(model, given, histories, callbacks, answer, steps)


def _callbacks(given: Any) -> tuple[list[Any], list[Any], list[dict[str, Any]]]:
    """The ``History`` objects among callbacks, and the others with how they are described in a request."""
    import keras

    listed = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
    histories = [one for one in listed if type(one) is keras.callbacks.History]
    others = [one for one in listed if type(one) is not keras.callbacks.History]
    described = []
    for one in others:
        name = type(one).__name__
        if name not in CALLBACKS or type(one) is not getattr(keras.callbacks, name):
            raise Refused(f"it has the callback {name}")
        config = {key: getattr(one, key) for key in CALLBACKS[name] if hasattr(one, key) and key != "mode"}
        config["mode"] = getattr(one, "mode", "auto")
        config["min_delta"] = abs(one.min_delta)
        described.append({"class_name": name, "config": {key: simple(value) for key, value in config.items()}})
    return histories, others, described


def _validation(request: Draft, given: Any) -> list[int] | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not 2 <= len(given) <= 3:
        raise Refused("its validation data is not a pair of arrays")
    places = [request.data(given[0], str(request.model.inputs[0].dtype)), request.data(given[1])]
    return places + ([] if len(given) == 2 or given[2] is None else [request.data(given[2], "float32")])


def _take_over(model: Any, optimizer: Any, arrays: list[np.ndarray]) -> None:
    """Make a model and its optimizer what they are after training."""
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = [*model.weights, *optimizer.variables]
    if [tuple(one.shape) for one in variables] != [array.shape for array in arrays]:
        raise Refused("the trainer's model has different weights")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _replay(
    model: Any,
    given: Mapping[str, Any],
    histories: list[Any],
    callbacks: list[Any],
    answer: Mapping[str, Any],
    steps: int,
) -> Any:
    """Show and record the epochs as Keras does."""
    verbose = given["verbose"]
    shown = private.callback_list(
        model,
        histories,
        add_history=True,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=given["epochs"],
        steps=steps,
    )
    model.stop_training = False
    shown.on_train_begin()
    logs: dict[str, float] = {}
    for epoch, logs in zip(answer["epochs"], answer["logs"], strict=True):
        shown.on_epoch_begin(epoch)
        shown.on_train_batch_end(steps - 1, {key: value for key, value in logs.items() if not key.startswith("val_")})
        shown.on_epoch_end(epoch, dict(logs))
    for callback, ends in zip(callbacks, answer["callbacks"], strict=True):
        callback.set_model(model)
        for key, value in ends.items():
            if value is not None and hasattr(callback, key):
                setattr(callback, key, int(value) if key != "best" else value)
        if verbose and getattr(callback, "verbose", 0) and getattr(callback, "stopped_epoch", 0):
            private.print_message(f"Epoch {callback.stopped_epoch + 1}: early stopping")
            model.stop_training = True
    shown.on_train_end(logs)
    return model.history


def _evaluate(client: Client, model: Any, given: dict[str, Any]) -> Any:
    if given["callbacks"] is not None or given["steps"] is not None or given.get("kwargs"):
        raise Refused("it sets callbacks or steps", quiet=private.is_callback_list(given["callbacks"]))
    request = Draft(model, "evaluate", given)
    request.compiled(given)
    request.weights()
    answer, _ = client.ask(request.head, request.arrays)
    steps = math.ceil(request.samples / request.head["options"]["batch_size"])
    verbose = given["verbose"]
    shown = private.callback_list(model, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=steps)
    logs = dict(answer["logs"])
    shown.on_test_begin()
    shown.on_test_batch_end(steps - 1, logs)
    shown.on_test_end(logs)
    if given["return_dict"]:
        return logs
    listed = list(answer["in_order"].values())
    return listed if len(listed) > 1 else listed[0]


def _predict(client: Client, model: Any, given: dict[str, Any]) -> Any:
    if given["callbacks"] is not None or given["steps"] is not None:
        raise Refused("it sets callbacks or steps")
    request = Draft(model, "predict", given)
    request.weights()
    _, (predicted,) = client.ask(request.head, request.arrays)
    steps = math.ceil(request.samples / request.head["options"]["batch_size"])
    verbose = given["verbose"]
    shown = private.callback_list(model, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=steps)
    shown.on_predict_begin()
    shown.on_predict_batch_end(steps - 1, None)
    shown.on_predict_end()
    return predicted
