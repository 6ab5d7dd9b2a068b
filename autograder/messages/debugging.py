"""What messages mean and what to do about them, for feedback, previews and ``docs/debugging.md``.

Each entry has a ``heading`` and a ``text``; entries about a run, and about errors with advice, have it in ``statuses``.
"""

TEXTS = {
    # your answer
    "heading.not_defined": "A name is not defined",
    "text.not_defined": (
        "The grader looks for your answer under the name that the question gives, and there is none. Look for a "
        "typing error, for upper and lower case, and for a name that exists only within a function. If the message "
        "suggests a name, rename your variable."
    ),
    "heading.placeholder": "An answer is still `...`",
    "text.placeholder": (
        "The name still has the `...` that it came with. Replace each `...` with your answer. If you did, perhaps a "
        "later cell sets the name to `...` again, or you did not save the notebook."
    ),
    "heading.cell_stopped": "An answer is missing because its cell stopped",
    "text.cell_stopped": (
        "The cell that gives the answer stopped with an error before it got there. Restart the kernel, run all cells "
        "from the top, and repair the cell that the message names."
    ),
    "heading.not_run": "An answer is not in a code cell",
    "text.not_run": (
        "Only code cells run. Select the cell, change its type to code (in Jupyter with the key Y), run all cells from "
        "the top, and save the notebook."
    ),
    "heading.not_reached": "The run did not get as far as the question",
    "text.not_reached": (
        "The run was stopped in an earlier cell, or the check cell below the question is gone. Repair what stopped "
        "the run; do not delete cells with `grader.check`."
    ),
    "heading.written": "A written answer",
    "text.written": (
        "A person reads written answers, so they have no points before that. Write in the cell that the question has "
        "for you; an answer between the question's text and the next question is found, too."
    ),
    "heading.nothing_written": "A written answer is empty",
    "text.nothing_written": (
        "Nothing stands where the answer should be. Write it in place of _Type your answer here, replacing this "
        "text._ and save the notebook. Text of yours that stands far from the question is not taken for its answer."
    ),
    "heading.wrong_value": "Another value was expected",
    "text.wrong_value": (
        "The name has a value of the right kind, but not the right one. Read the question again: which data, which "
        "unit, which rounding? Print the value in a cell of its own and compare it with what you expect for a small "
        "example."
    ),
    "heading.wrong_kind": "Another kind of value was expected",
    "text.wrong_kind": (
        "The answer is a text where a number was expected, several numbers where one was, or an array of another "
        "shape. Look at it with `type(x)`, `len(x)` and `x.shape`. Frequent causes: a missing index such as `[0]`, "
        "quotation marks around a number, a missing `reshape`."
    ),
    "heading.wrong_numbers": "Some of several numbers are wrong",
    "text.wrong_numbers": (
        "The message names the first wrong one, and how many there are. If only the order is wrong, sort as the "
        "question says. If all are wrong, look for one cause that they share: training data instead of test data, or "
        "another unit."
    ),
    "heading.not_finite": "A number is infinite or NaN",
    "text.not_finite": (
        "The answer holds `nan` or `inf`. Look for a division by 0, for a logarithm of 0, or for a training whose "
        "loss became `nan`: scale the input, or use a smaller learning rate."
    ),
    "heading.not_called": "A function or class was found, not its result",
    "text.not_called": (
        "The name holds a function or a class itself. Call it: `size = compute_size()` instead of `size = "
        "compute_size`, `model = build_model()` instead of `model = build_model`."
    ),
    "heading.test_failed": "A test did not pass",
    "text.test_failed": (
        "A test of the question found something that it did not expect. If the message says no more, the test is "
        "hidden, or only says which condition is not met: compare your answer with each sentence of the question."
    ),
    "heading.unusable": "The check could not work with the answer",
    "text.unusable": (
        "The test itself stopped with an error when it used your answer, mostly because the answer has another type "
        "or another shape than the question asks for. Compare it with the question; if it fits, tell your teacher."
    ),
    "heading.partly": "A part of the points",
    "text.partly": (
        "The test gives points for each part that is right. The other tests of the question say what is missing."
    ),
    "heading.rests": "A test that rests on another one",
    "text.rests": (
        "The test gives no points because the one that it names did not pass. Repair that one first; this one may "
        "then pass by itself."
    ),
    "heading.not_asked": "An accuracy is not asked for",
    "text.not_asked": (
        "In this run nothing is asked of the accuracy of the network, so the test gives no points. The other tests of "
        "the question give them. There is nothing to do."
    ),
    # values that cannot be read
    "heading.value_unreadable": "A value cannot be read back",
    "text.value_unreadable": (
        "The grader takes values out of your notebook as data: numbers, texts, lists, dicts, arrays, data frames and "
        "Keras models. Your value has something in it that is not plain data. Give what the question asks for, and no "
        "more: a list instead of a generator, an array instead of an object of your own."
    ),
    "heading.too_large": "A value is too large",
    "text.too_large": (
        "The value is larger than any answer needs to be, or nested too deep. Perhaps the name holds the whole "
        "dataset instead of a result, or a list that was appended to in a loop."
    ),
    "heading.own_layers": "A network has parts that only your notebook knows",
    "text.own_layers": (
        "The grader builds your network again from Keras's own layers, and does not run your code for that. Use "
        "Keras's layers and activations by their names, such as `activation='relu'`, instead of classes and functions "
        "of your own."
    ),
    "heading.never_called": "A network does not know its input yet",
    "text.never_called": (
        "Nobody has said what the network's input looks like. Put `keras.Input(shape=…)` first, or train the network "
        "or call it once on data."
    ),
    "heading.weights": "The weights of a network cannot be used",
    "text.weights": (
        "The weights are not finite numbers, do not fit the layers, or are too many. Build the network and train it "
        "again in a fresh kernel; if the loss becomes `nan`, use a smaller learning rate."
    ),
    "heading.function_call": "A test could not call your function",
    "text.function_call": (
        "The test calls your function or class in your notebook's kernel, after the last cell. The call took too "
        "long, gave too much, or the kernel had already ended. Call the function yourself on a small example, and see "
        "that no cell ends the kernel."
    ),
    # networks
    "heading.not_a_model": "A Keras model was expected",
    "text.not_a_model": (
        "The name holds something else: the history that `fit` gives, a prediction, or a layer. Give the name to the "
        "model itself, and the result of `fit` to another name."
    ),
    "heading.layers": "A layer is not as the question asks",
    "text.layers": (
        "The message names the first layer that differs, counted from 1 without the input. Compare kind, size, "
        "activation and order with the question, with `model.summary()` beside it. A different number of parameters "
        "has the same causes."
    ),
    "heading.shapes": "A network takes or gives data of another shape",
    "text.shapes": (
        "The input must have the shape of the data, and the output one number for each class. Look at "
        "`model.input_shape` and `model.output_shape`. Frequent causes: a missing `Flatten`, a missing channel as in "
        "`(28, 28, 1)`, a wrong number in the last layer."
    ),
    "heading.compiled": "A model is compiled differently",
    "text.compiled": (
        "Compare loss, optimizer and metrics in `compile` with the question. «Default settings» of an optimizer means "
        "its name alone, such as `optimizer='adam'`. A model that is compiled again has the last settings, and still "
        "the weights that it learnt with the first ones: build it anew and train it."
    ),
    "heading.same_network": "A second network was expected, not the first again",
    "text.same_network": (
        "Two names lead to the same network or the same weights. Build each network anew, best by a function that "
        "returns a new model, and train it from its own start: `b = a` copies nothing, and `fit` goes on where the "
        "last one stopped."
    ),
    "heading.untrained": "A network was not trained in this run",
    "text.untrained": (
        "The network has weights that no training in this run led to. Call `fit` on it in the notebook, after "
        "`compile`; weights loaded from a file do not count. Perhaps a later cell builds the network again, under the "
        "same name."
    ),
    "heading.training_asked": "A network was trained otherwise than asked",
    "text.training_asked": (
        "The grader counts the epochs that you asked `fit` for, in one call or in several; if a callback ends a "
        "training early, that is fine. If the question names a batch size, give it to `fit`: without, it is 32. The "
        "images that `fit` was given are compared with those that you prepared: train on these, not on the original "
        "ones, with the labels in the order of the images. The test set is there to measure what was learnt: do not "
        "train on it."
    ),
    "heading.accuracy": "A network does not reach what is required",
    "text.accuracy": (
        "The grader measured your network on its own test data. Was it trained on all of the training data, for as "
        "many epochs, with the optimizer and the batch size that the question gives? Is the test data scaled as the "
        "training data was? A right answer hardly ever misses what is required by chance."
    ),
    "heading.score": "A score is not that of the network",
    "text.score": (
        "The score must be what `evaluate` gives for this very network on the test set. Evaluate again after the last "
        "training, on the test images, scaled as they were for training. A number typed by hand goes stale."
    ),
    "heading.predictions": "Predictions are not those of the network",
    "text.predictions": (
        "The predictions must be what `predict` gives for this very network on all test images, in their order: a row "
        "for each image, a column for each class. Predict again after the last training; do not round, sort or take "
        "`argmax` where the question does not ask for it."
    ),
    # errors of cells with advice
    "heading.missing_file": "A file is not there",
    "heading.input_typed": "A cell waits for somebody to type",
    "text.input_typed": (
        "Nobody can type an answer while the notebook is graded. Assign the value in the code, as in `x = 3`."
    ),
    "heading.missing_package": "A package is not there",
    "heading.gpu": "A GPU is not there",
    "heading.memory": "A cell needed too much memory",
    "heading.merge_conflict": "A cell holds a merge conflict",
    "heading.dataset": "A dataset is not there",
    "text.dataset": (
        "The grader has no network, and only the datasets that the assignment names. Use the dataset of the question, "
        "by the name that the message gives. If the question asks for the one that is missing, tell your teacher."
    ),
    "heading.training_stopped": "A training was stopped",
    "text.training_stopped": (
        "One call of `fit` passed a limit: it takes too long, or trains too many epochs, samples or parameters. Train "
        "as long as the question asks, and no longer."
    ),
    # what was handed in
    "heading.file_changes": "Your file was taken with a change",
    "text.file_changes": (
        "The notebook was graded, and the note says what the grader did to read it: it converted an old format, left "
        "out saved outputs, or passed over cells and files. Save the notebook in Jupyter as `.ipynb` to avoid it."
    ),
    "heading.which_file": "One of several files was taken",
    "text.which_file": (
        "You handed in more than one notebook, or other files with it, and the note says which one was graded. If "
        "that is the wrong one, tell your teacher, and hand in exactly one file the next time."
    ),
    "heading.beside": "Files beside the notebook",
    "text.beside": (
        "The assignment lets you hand in files beside the notebook. The note says which of them were there in the run, "
        "which are missing, and which were not taken, and why. Hand them in under the names that the assignment gives."
    ),
    # notes on a run
    "heading.capped": "Training was capped",
    "text.capped": (
        "The run trains fewer epochs or images than your notebook asks for, so its accuracies are lower than yours. "
        "What is required of accuracies takes this into account."
    ),
    "heading.figures": "Figures were not drawn",
    "text.figures": (
        "Your teacher grades without drawing figures, because that takes less time. Your notebook did make them, and "
        "this costs no points."
    ),
    "heading.outputs_cut": "Outputs were cut",
    "text.outputs_cut": (
        "The notebook displays more than fits on the page, so later outputs are missing there. This costs no points. "
        "To see them all, print less: `verbose=2` in `fit`, no whole arrays. Of a written answer the grader keeps the "
        "first 100,000 characters, pictures not counted."
    ),
    "heading.skipped": "A command was not run",
    "text.skipped": (
        "Commands that install, download or start something, and calls that end the kernel, do nothing while the "
        "notebook is graded. The cells after them run as usual. If an answer needs the command, do it another way, or "
        "ask your teacher."
    ),
    "heading.recorded": "A check says «recorded for grading»",
    "text.recorded": (
        "In the notebook as it ran, `grader.check` shows no results: your answers are noted there and tested later. "
        "There is nothing to do."
    ),
    "heading.isolation": "The run was not isolated",
    "text.isolation": "This note is for your teachers. It says nothing about your answers.",
    "heading.teacher": "The test itself has a mistake",
    "text.teacher": (
        "The message is about the test and how it is set up, not about your answer. Tell your teacher the question "
        "and the message: once it is mended, your notebook can be graded again."
    ),
    # previews
    "heading.no_preview": "The preview cannot begin",
    "text.no_preview": (
        "The preview needs the public tests that stand in the notebook as you received it. Your editor may have "
        "removed them, or the folder holds too much. Name a folder with what you received with `--assignment FOLDER`: "
        "fetch it once more if you have worked in it. Your answers are not lost."
    ),
}
