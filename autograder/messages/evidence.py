"""Why an answer has no evidence, or why its evidence cannot be read back: what it is or holds."""

TEXTS = {
    # values that cannot be recorded
    "within": "{kind} with {problem}",
    "too_deep": "values nested too deep, or too many of them",
    "large": "{kind}, too large to be taken over",
    "array": "an array of {size:.0f} MB (at most {limit} MB)",
    "array_in_call": "an array of {size:.0f} MB (at most {limit} MB in a call)",
    "records": "an array of records with objects",
    "digits": "an int with too many digits",
    "string": "a string of {count:,} characters (at most {limit:,})",
    "bytes": "{count:,} bytes (at most {limit:,})",
    "range": "a range of {count:,} numbers (at most {limit:,})",
    "module": "module {name}",
    "column": "a column of type {kind}",
    "error": "an error without words",
    # models and layers that cannot be recorded
    "never_called": "{name} was never called, so its input is not known (call it once, or train it)",
    "activation": "{name} with an activation function of its own, {function}",
    "refused": "{name}: {why}",
    "raised": "{name} ({error})",
    "untraceable": "{problem}; what it calls could not be followed ({why})",
    "needs_numbers": (
        "it calls a function that needs numbers: one of TensorFlow, or a dropout that is on outside training; use "
        "Keras's layers, or functions of keras.ops"
    ),
    "always_drops": "its dropout is on outside training, too: leave it to Keras when to drop",
    "own_kernels": (
        "a layer of its own computes neither what a Dense nor what a Conv2D does with its weights: are all of them "
        "made by add_weight, and is the bias added?"
    ),
    "input_unknown": "it was not called on one array, so its input is not known",
    # configurations and weights that cannot be rebuilt
    "own_class": (
        "it contains {name} (a class of its own), which is not one of Keras's layers that a grader can rebuild"
    ),
    "other_class": ("it contains {name} (from {module}), which is not one of Keras's layers that a grader can rebuild"),
    "layers": "it has too many layers (at most {limit} in a Sequential)",
    "configuration_depth": "its configuration is nested too deep or too large",
    "configuration_value": "its configuration has a value that no layer has ({value})",
    "configuration_setting": "its configuration has a setting that no layer has",
    "configuration_kind": "its configuration is not that of a layer or a model",
    "configuration_broken": "its configuration cannot be rebuilt ({error})",
    "parameters": "it must have at most {limit:,} parameters (got {count:,})",
    "weights_type": "its weights must be numbers (got the type {type})",
    "weights_not_finite": "its weights must be finite numbers",
    "weights": "its weights do not fit its layers (shapes {found} for {expected})",
    "weights_missing": "its layers need more weights than it has",
    "outputs": "a layer must put out at most {limit:,} numbers (got {count:,})",
    "started": "the weights it started with do not fit its weights",
    # values that cannot be read back
    "arrays": "more than {limit:,} arrays",
    "read_depth": "the value is nested too deep or too large",
    "malformed": "its evidence is malformed ({error})",
    # calls of a notebook's functions by test cases
    "call_size": "a call must take at most {limit} MB",
    "call_total": "one test case may make at most {count:,} calls into the notebook, which move at most {size} MB",
    "call_seconds": "your code must take at most {seconds} s in one test case",
    "call_argument": "a test case cannot pass {kind} to the notebook's code",
    "call_items": "it gives more than {limit:,} items",
    "call_result": "its result is too large",
    "call_values": "it gives too many values that cannot be recorded",
    "call_answer": "the kernel's answer to a call is malformed",
    "callback_over": "the test case's function can be called only while the test case waits",
    "call_answer_error": "the kernel's answer to a call is malformed ({error})",
}
