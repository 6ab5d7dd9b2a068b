"""The entries that explain messages to students: which messages each one is about, and how to find it.

    find("`mlp` is not defined; did you mean `model`?").id        # not_defined

An entry's ``id`` is its anchor in ``docs/debugging.md`` and on a feedback page, and stays when texts change. Results
hold messages as texts, so ``find`` looks for the text that fits: values between its words may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter

from autograder.messages import STAGES, forms, message
from autograder.messages.language import spoken

#: Characters of a line that are looked at, and the places in it where another message may begin.
MAX_LINE, MAX_TAILS = 2_000, 20
#: How many characters a text must have beside its values to be told from others.
MIN_WORDS = 8


@dataclass(frozen=True)
class Explanation:
    """What a kind of message means; ``covers`` are the keys of its messages, a ``*`` for any ending."""

    id: str
    covers: tuple[str, ...]

    @property
    def heading(self) -> str:
        if f"trouble.{self.id}" in STAGES["statuses"]:
            return message(f"statuses.trouble.{self.id}")
        return message(f"debugging.heading.{self.id}")

    @property
    def text(self) -> str:
        if f"advice.{self.id}" in STAGES["statuses"]:
            return message(f"statuses.advice.{self.id}")
        if f"error_advice.{self.id}" in STAGES["statuses"]:
            return message(f"statuses.error_advice.{self.id}")
        return message(f"debugging.text.{self.id}")

    @property
    def keys(self) -> list[str]:
        """The keys of the messages that this entry is about, in the order of the modules."""
        beginnings = tuple(covered.removesuffix("*") for covered in self.covers if covered.endswith("*"))
        return [key for key in _keys() if key in self.covers or key.startswith(beginnings)]


#: The entries, by the headings under which the page has them.
SECTIONS: Mapping[str, tuple[Explanation, ...]] = {
    "Your answer": (
        Explanation("not_defined", ("checks.not_defined", "statuses.question_alone.not_answered")),
        Explanation("placeholder", ("checks.placeholder", "checks.placeholders")),
        Explanation("cell_stopped", ("checks.never_defined", "checks.still_placeholder", "checks.raised")),
        Explanation("not_run", ("checks.not_run",)),
        Explanation(
            "not_reached", ("checks.not_reached", "checks.nothing_recorded", "statuses.question_alone.not_reached")
        ),
        Explanation("nothing_written", ("checks.nothing_written", "checks.written_elsewhere")),
        Explanation("written", ("checks.to_mark", "checks.found_outside", "statuses.question_alone.to_mark")),
        Explanation("wrong_value", ("expect.value", "checks.wrong_output")),
        Explanation(
            "wrong_kind",
            (
                *("expect.whole", "expect.not.*", "expect.one_number", "expect.count"),
                *("expect.length", "expect.shape"),
            ),
        ),
        Explanation("wrong_numbers", ("expect.wrong_*",)),
        Explanation("not_finite", ("expect.not_finite", "expect.outputs_not_finite")),
        Explanation("not_called", ("checks.uncalled", "expect.model_class")),
        Explanation(
            "test_failed",
            ("checks.untrue*", "statuses.question_alone.failed", "statuses.question_alone.partly"),
        ),
        Explanation("unusable", ("checks.unusable", "statuses.question_alone.error")),
        Explanation("partly", ("checks.part",)),
        Explanation("rests", ("checks.required",)),
        Explanation("not_asked", ("checks.not_asked",)),
    ),
    "Values that cannot be read": (
        Explanation(
            "value_unreadable",
            (
                *("checks.unreadable", "checks.unknown_type", "checks.uncheckable", "evidence.records"),
                *("evidence.module", "evidence.column", "evidence.malformed"),
            ),
        ),
        Explanation(
            "too_large",
            (
                *(
                    "evidence.too_deep",
                    "evidence.large",
                    "evidence.array",
                    "evidence.digits",
                    "evidence.string",
                    "evidence.bytes",
                ),
                *("evidence.range", "evidence.arrays", "evidence.read_depth"),
            ),
        ),
        Explanation(
            "own_layers",
            (
                *("evidence.own_class", "evidence.other_class", "evidence.activation", "evidence.untraceable"),
                *("evidence.needs_numbers", "evidence.always_drops", "evidence.own_kernels", "evidence.layers"),
                "evidence.configuration_*",
            ),
        ),
        Explanation("never_called", ("evidence.never_called", "evidence.input_unknown", "expect.not_built")),
        Explanation("weights", ("evidence.parameters", "evidence.weights*", "evidence.outputs", "evidence.started")),
        Explanation(
            "function_call",
            (
                *("evidence.array_in_call", "evidence.call_*", "evidence.callback_over"),
                *("checks.kernel_gone", "checks.no_kernel", "checks.kernel_needed", "runs.call_*"),
            ),
        ),
    ),
    "Networks": (
        Explanation("not_a_model", ("expect.model",)),
        Explanation(
            "layers",
            (
                *("expect.layer", "expect.missing_layer", "expect.further_layer", "expect.parameters"),
                *("expect.outputs", "expect.inputs"),
            ),
        ),
        Explanation(
            "shapes",
            ("expect.input_size", "expect.vectors", "expect.classes", "expect.numbers", "expect.samples.shape"),
        ),
        Explanation(
            "compiled",
            (
                *("expect.not_compiled", "expect.optimizer", "expect.optimizer_settings"),
                *("expect.trained_by", "expect.trained_by_hand"),
                "expect.loss",
            ),
        ),
        Explanation("same_network", ("expect.same_model", "expect.same_weights", "expect.learnt_weights")),
        Explanation(
            "untrained", ("expect.untrained", "expect.unchanged", "expect.not_led_to", "expect.samples.not_built")
        ),
        Explanation("training_asked", ("expect.epochs", "expect.batch_size", "expect.trained_on*")),
        Explanation("accuracy", ("expect.accuracy",)),
        Explanation("score", ("expect.score", "expect.score_with", "expect.score_count")),
        Explanation("predictions", ("expect.predictions*", "expect.rounded")),
    ),
    "The run of your notebook": (
        Explanation("cell_errors", ("runs.cell_errors",)),
        Explanation("missing_file", ("statuses.error_advice.missing_file",)),
        Explanation("input_typed", ("statuses.error_advice.input", "statuses.error_advice.raw_input")),
        Explanation("missing_package", ("statuses.error_advice.missing_package",)),
        Explanation("gpu", ("statuses.error_advice.gpu",)),
        Explanation("memory", ("statuses.error_advice.memory",)),
        Explanation("merge_conflict", ("statuses.error_advice.merge_conflict", "intake.merge_conflict")),
        Explanation("dataset", ("training.other_dataset", "training.no_words")),
        Explanation(
            "training_stopped",
            ("training.stopped", "training.seconds", "training.epochs", "training.samples", "training.passes"),
        ),
        Explanation("cell_timeout", ("runs.cell_seconds", "runs.cell_stopped")),
        Explanation("run_timeout", ("runs.run_seconds",)),
        Explanation("kernel_died", ("runs.died", "runs.protocol")),
        Explanation("memory_limit", ("runs.memory*",)),
        Explanation("cpu_limit", ("runs.processor",)),
        Explanation("process_limit", ("runs.processes*",)),
        Explanation("disk_limit", ("runs.disk", "runs.files", "runs.answer_files", "runs.answers")),
        Explanation("output_limit", ("runs.output", "runs.outputs")),
        Explanation("grader_error", ("runs.not_started", "runs.check*", "runs.no_disk", "runs.grader_failed")),
    ),
    "What you handed in": (
        Explanation(
            "no_notebook",
            (
                *("intake.no_notebook", "intake.empty_place", "intake.several.*", "intake.many_*"),
                *("intake.suffix", "intake.online_text", "intake.text_or_link", "intake.nothing"),
            ),
        ),
        Explanation(
            "unreadable",
            (
                *(
                    "intake.link",
                    "intake.not_plain",
                    "intake.not_read",
                    "intake.not_zip",
                    "intake.not_text",
                    "intake.not_json",
                    "intake.gone",
                    "intake.too_large*",
                    "intake.size",
                ),
                *("intake.encrypted", "intake.compression", "intake.zip_directory", "intake.empty"),
                *("intake.values", "intake.no_format", "intake.format", "intake.language", "intake.no_cells"),
                *("intake.cells", "intake.cell"),
            ),
        ),
        Explanation("other_assignment", ("runs.other_assignment",)),
        Explanation("not_handed_in", ()),
        Explanation(
            "file_changes",
            (
                *("intake.converted", "intake.disguised", "intake.without_outputs", "intake.unknown_cells"),
                "intake.ignored_cells",
            ),
        ),
        Explanation("which_file", ("intake.newest", "intake.named", "intake.unused")),
        Explanation("beside", ("intake.beside.*",)),
    ),
    "Notes, and previews": (
        Explanation("capped", ("training.capped",)),
        Explanation("figures", ("runs.no_figures",)),
        Explanation("outputs_cut", ("runs.outputs_cut", "runs.output_too_large", "runs.characters_left_out")),
        Explanation("skipped", ("runs.skipped", "runs.exit")),
        Explanation("recorded", ("runs.recorded",)),
        Explanation("isolation", ("runs.no_sandbox", "runs.no_isolation")),
        Explanation(
            "teacher",
            (
                *(
                    "checks.no_such_dataset",
                    "checks.which_dataset",
                    "checks.too_many_points",
                    "checks.kernel_refused",
                    "checks.test_file",
                ),
                *("expect.none_of_keras", "expect.no_classes", "expect.no_numbers", "expect.prepared"),
                *("expect.other_dataset", "expect.not_finite_labels"),
            ),
        ),
        Explanation("no_preview", ("preview.no_*", "preview.too_many_files")),
    ),
}
EXPLANATIONS = {entry.id: entry for entries in SECTIONS.values() for entry in entries}


def find(text: str) -> list[Explanation]:
    """The entries that explain a message of one or more lines, each once; none for a test case's own words."""
    found = (_find(line[:MAX_LINE], spoken().code) for line in text.splitlines())
    return list(dict.fromkeys(entry for entry in found if entry is not None))


@lru_cache(maxsize=4_096)
def _find(line: str, language: str) -> Explanation | None:
    """The entry of the message that says most of a line; a message may also begin after a colon in it."""
    tails = [line, *(line[at.end() :] for at in list(re.finditer(": ", line))[:MAX_TAILS])]
    return next((entry for words, entry in _texts(language) if any(_fits(words, tail) for tail in tails)), None)


def _fits(words: tuple[str, ...], text: str) -> bool:
    """Whether a text begins with the first of these and has the others in it, in order."""
    if not text.startswith(words[0]):
        return False
    place = len(words[0])
    for part in words[1:]:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


@cache
def _texts(_language: str) -> list[tuple[tuple[str, ...], Explanation]]:
    """The texts of all explained messages as ``_words``, longest first, remembered for each language of ``spoken``."""
    texts = [(_words(form), entry) for entry in EXPLANATIONS.values() for key in entry.keys for form in forms(key)]
    long_enough = [each for each in texts if _length(each[0]) >= MIN_WORDS]
    return sorted(long_enough, key=lambda each: -_length(each[0]))


def _words(form: str) -> tuple[str, ...]:
    """The parts of a text between its values; the first is empty where it begins with a value."""
    return tuple(literal for literal, *_ in Formatter().parse(form))


def _length(words: tuple[str, ...]) -> int:
    return sum(map(len, words))


@cache
def _keys() -> tuple[str, ...]:
    return tuple(f"{stage}.{name}" for stage, texts in STAGES.items() for name in texts)
