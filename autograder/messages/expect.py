"""What hidden test cases expected of an answer, and what they found: numbers, arrays, networks, their results."""

TEXTS = {
    # numbers and arrays; what a test case calls a class where the numbers of classes begin with 0
    "class": "class",
    "whole": "`{name}`: expected a whole number, found {found}",
    "value": "`{name}`: expected {expected}, found {found}",
    "not.number": "`{name}`: expected a number, found {found}",
    "not.numbers": "`{name}`: expected numbers, found {found}",
    "not.array": "`{name}`: expected an array of numbers, found {found}",
    "one_number": "`{name}`: expected one number, found {count} of them",
    "count": "`{name}`: expected at most {limit:,} numbers, found {count:,}",
    "length": "`{name}`: expected {expected} numbers, one per {each}, found {found}",
    "wrong_numbers": "`{name}`: {each} {number}: expected {expected}, found {found}; {wrong} of {of} are wrong",
    "wrong_order": (
        "`{name}`: {each} {number}: expected {expected}, found {found}; {wrong} of {of} are wrong (the right "
        "numbers, in another order)"
    ),
    "shape": "`{name}`: expected shape {expected}, found {found}",
    "outputs_not_finite": "`{name}`: expected a model with finite outputs, found some that are not",
    "not_finite": "`{name}`: expected ordinary numbers, found one that is not finite",
    "between": ", ",
    # networks
    "the_model": "the model",
    "special_convolution": "Conv2D({filters}, dilated or grouped)",
    "model": "`{name}`: expected a Keras model, found {found}",
    "model_class": "`{name}`: expected a Keras model, found the class {found}: call it",
    "outputs": "`{name}`: expected one chain of layers, found a model with {count} outputs",
    "inputs": "`{name}`: expected one chain of layers, found layer `{layer}` with several inputs",
    "layer": "`{name}`, layer {number}: expected {expected}, found {found}",
    "missing_layer": "`{name}`, layer {number}: expected {expected}, but the model ends after {count} layers",
    "further_layer": "`{name}`, layer {number}: expected no further layer, found {found}",
    "input_size": "`{name}`: expected a model on {expected} inputs, found input shape {found}",
    "vectors": "`{name}`: expected one vector for each image, found outputs of shape {found}",
    "parameters": "`{name}`: expected {expected:,} parameters, found {found:,}",
    "not_compiled": "`{name}`: expected a model compiled with {expected}, found one that was never compiled",
    "optimizer": "`{name}`: expected the optimizer {expected}, found {found}",
    "loss": "`{name}`: expected the loss {expected}, found {found}",
    "optimizer_settings": "`{name}`: expected {expected} in its default settings, found {settings}",
    "trained_by": (
        "`{name}`: expected a training with {expected}, found one with {found} (to compile a network again does not "
        "change what it learnt before)"
    ),
    "trained_by_hand": "`{name}`: expected a training with {expected}, found steps that no optimizer of Keras took",
    "setting": "{key} = {found} instead of {expected}",
    "same_model": "`{name}`: expected a network that is built from scratch, found a second name for `{other}`",
    "same_weights": (
        "`{name}`: expected a network that is built and trained from scratch, found exactly the weights of `{other}`"
    ),
    "learnt_weights": (
        "`{name}`: expected a network that starts its training from fresh weights, found one that started from what "
        "`{other}` had learnt"
    ),
    "not_built": "`{name}`: expected a model that knows its input, found one that was never built",
    "untrained": "`{name}`: expected a trained network, found one that was not trained in this run: `fit` it first",
    "unchanged": (
        "`{name}`: expected a trained network, found one whose training has changed nothing (was it one of no epochs, "
        "with a learning rate of 0, or with a loss that does not depend on the network?)"
    ),
    "not_led_to": (
        "`{name}`: expected a trained network, found weights that no training in this run led to (were they set after "
        "the training, or is this another network?)"
    ),
    "epochs": "`{name}`: expected a training of at least {expected} epochs, found {found}",
    "trained_on_test": "`{name}`: expected a training on the training set, found one on the test set",
    "trained_on_labels": (
        "`{name}`: expected a training with the labels of the images, found one with {share:.0%} of its labels right "
        "(are they in the order of the images?)"
    ),
    "batch_size": "`{name}`: expected a training with batches of {expected}, found one with batches of {found}",
    "trained_on": (
        "`{name}`: expected a training on the images with {expected}, found one with {found} (was `fit` given the "
        "images that you prepared?)"
    ),
    # results of networks
    "samples.images": "{height}×{width} images",
    "samples.others": "samples of shape {shape}",
    "samples.not_built": (
        "`{name}`: expected a model that takes {samples}, flat or not, found one that was never built"
    ),
    "samples.shape": (
        "`{name}`: expected a model that takes {samples}, flat or not, found one that takes inputs of shape {found}"
    ),
    "none_of_keras": "load_data: '{name}' is none of Keras's datasets; use its arrays x_train, y_train, x_test, y_test",
    "no_classes": (
        "{file}: to measure an accuracy, {name} must hold a whole number from 0 for each sample, its class; or, for a "
        "regression, y_train and y_test must hold floating-point numbers"
    ),
    "not_finite_labels": "{file}: to measure an accuracy, y_train and y_test must hold finite numbers",
    "noun.image": "image",
    "noun.pixels": "pixels",
    "noun.sample": "sample",
    "noun.values": "values",
    "no_numbers": "{file}: its samples are texts or sequences; a test case must prepare them and give them as `inputs`",
    "of_shape": "{kind} of shape {shape}",
    "prepared": "`{name}`: `inputs` must be numbers for each of {count} test samples (found {found})",
    "other_dataset": "threshold '{name}' is of a different dataset: the profile has none of that name for this one",
    "classes": (
        "`{name}`: expected {expected} outputs for each {sample}, one per class, found outputs of shape {found}"
    ),
    "numbers": (
        "`{name}`: expected as many outputs for each {sample} as it has labels, {expected}, found outputs of shape "
        "{found}"
    ),
    "accuracy": (
        "`{name}`: expected {measure} of at least {expected:.4f}, measured {found:.4f} with {pixels}; was it "
        "trained on the training set, with the settings that the question asks for?"
    ),
    "r2": "R² on the test set",
    "test_accuracy": "a test accuracy",
    "figures.classes": "loss {loss:.4g}, accuracy {accuracy:.4f}",
    "figures.real": "mean squared error {loss:.4g}, mean absolute error {error:.4g}, R² {accuracy:.4f}",
    "score_count": "`{name}`: expected what `evaluate` gives, the loss and the metrics: at most {limit} numbers, "
    "found {count:,}",
    "score": (
        "`{name}`: expected what `evaluate` gives for this model on the test set, {pixels} ({figures}), found {found}"
    ),
    "score_with": "{problem}, which it gives for the test set, {pixels}",
    "score_capped": "{problem}; {capped}",
    "pixels.as_given": "its {values} as they were given",
    "pixels.divided": "its {values} divided by {factor:g}",
    "pixels.shifted": "its {values} less {offset:g}, then divided by {factor:g}",
    "pixels.inverted": "its {values} taken from {offset:g}, then divided by {factor:g}",
    "pixels.unseen": (
        "{pixels} (the grader did not see which {sample}s this network was given: it tried those of the dataset as "
        "they are, and divided by 255)"
    ),
    "pixels.own.standardized": "each image less its own mean, divided by its own standard deviation",
    "pixels.own.length": "each image divided by its own length",
    "pixels.own.columns": "each column of an image divided by its own length",
    "pixels.own.rows": "each row of an image divided by its own length",
    "pixels.own.largest": "each image divided by its own largest pixel",
    "pixels.each": "each of its {values} scaled by itself",
    "predictions_shape": (
        "`{name}`: expected one row per test {sample} and one column per output, shape {expected}, found shape {found}"
    ),
    "rounded": "`{name}`: expected probabilities as `predict` gives them, found only zeros and ones",
    "predictions": (
        "`{name}`: expected what `predict` gives for this model on the test set, {pixels}, found other values for "
        "{share:.1%} of its {sample}s"
    ),
    "predictions_order": (
        "`{name}`: expected what `predict` gives for this model on the test set, {pixels}, found other values for "
        "{share:.1%} of its {sample}s (the same rows in another order)"
    ),
}
