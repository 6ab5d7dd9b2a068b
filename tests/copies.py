"""A made-up class over the MNIST lab: right answers that were found alone, and copies made to be hard to see."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping

from nbformat import NotebookNode

#: Written answers of a student's own, and the same in other words: each sentence has a word or two changed.
OWN = {
    "mlp_comment": "Roughly nineteen digits in twenty come out correctly, which surprised me for two plain layers. When I "
    "looked at the matrix the sevens with a crossbar were read as twos, and sloppy fours as nines. Training for longer "
    "moved neither figure by much on my laptop.",
    "lenet_comment": "LeNet needs a third of the weights and still wins, because each filter slides over the whole "
    "picture and does not care where the stroke begins. Adadelta barely got off the ground in the epochs we had, "
    "whereas Adam was already there after the second one.",
}
PARAPHRASED = {
    "mlp_comment": "About nineteen digits in twenty come out right, which surprised me for two simple layers. When I "
    "looked at the matrix, sevens with a crossbar were taken as twos, and sloppy fours as nines. Training longer "
    "moved neither figure very much on my computer.",
    "lenet_comment": "LeNet needs one third of the weights and still wins, since each filter slides over the entire "
    "picture and doesn't care where a stroke begins. Adadelta hardly got off the ground in the epochs we had, "
    "while Adam was already there after the second.",
}
CODE = {
    "balance": "tally = {}\nfor label in y_train.tolist():\n    tally[label] = tally.get(label, 0) + 1\n"
    "train_counts = [tally[key] for key in sorted(tally)]\nseen = {}\nfor label in y_test.tolist():\n"
    "    seen[label] = seen.get(label, 0) + 1\ntest_counts = [seen[key] for key in sorted(seen)]\n"
    "ranked = sorted(train_counts, reverse=True)\nimbalance = ranked[0] / ranked[-1]\n"
    "figure, pair = plt.subplots(1, 2, sharey=True)\nfor axis, heights in zip(pair, (train_counts, test_counts)):\n"
    "    axis.barh(range(10), heights)\n    axis.invert_yaxis()\n    axis.set_xlabel('images')\nfigure.tight_layout()",
    "examples": "example_index, wanted, position = [], 0, 0\nwhile wanted < 10:\n    if y_train[position] == wanted:\n"
    "        example_index.append(position)\n        wanted += 1\n        position = -1\n    position += 1\n"
    "for place, chosen in enumerate(example_index, start=1):\n    axis = plt.subplot(5, 2, place)\n"
    "    axis.matshow(255 - x_train[chosen])\n    axis.set_xticks([])\n    axis.set_yticks([])\n"
    "    axis.set_ylabel(str(y_train[chosen]), rotation=0)\nplt.gcf().set_size_inches(3, 8)\nplt.show()",
}
_NAMES = re.compile(r"\b(tally|label|key|seen|ranked|figure|pair|axis|heights|wanted|position|place|chosen)\b")


def renamed(code: Mapping[str, str]) -> dict[str, str]:
    """The code with other names for what is the student's own, remarks, and other strings."""
    changed = {id: _NAMES.sub(lambda found: f"my_{found[0][::-1]}", source) for id, source in code.items()}
    return {id: "# this one took me an hour\n" + text.replace("'images'", "'count'") for id, text in changed.items()}


def reordered(notebook: NotebookNode) -> NotebookNode:
    """The same cells in another order."""
    mixed = copy.deepcopy(notebook)
    random.Random(5).shuffle(mixed.cells)
    return mixed
