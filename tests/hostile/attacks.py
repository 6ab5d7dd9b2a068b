"""Read the attacks, and put them into notebooks: what each tries, and what it must get."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.assignment.answer_cells import fill, question_of
from autograder.results import RunStatus

FOLDER = Path(__file__).parent / "submissions"
KINDS = ("forging", "spying", "escaping", "exhausting", "dying", "markup")
KEYS = {"tries", "code", "markdown", "where", "answers", "base", "must", "limits"}

#: Stands at the top of each hostile cell, so that it runs nowhere else.
GUARD = """\
import os, socket
if (socket.gethostname(), os.getuid()) != ("sandbox", 1000):
    raise SystemExit("a hostile cell runs only inside the sandbox")
"""
#: What several attacks share, put before those that use it; each may use those above it.
HELPERS = {
    "reached": """
import time

def reached():
    print("REACHED" + ":", flush=True)
    time.sleep(0.3)
""",
    "escaped": """
def escaped(what):
    print("ESCAPED" + ":", what, flush=True)
""",
    "refused": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

def refused(name, number, *arguments):
    ctypes.set_errno(0)
    if libc.syscall(number, *arguments) != -1 or ctypes.get_errno() not in (1, 38, 97):  # EPERM ENOSYS EAFNOSUPPORT
        print("ESCAPED" + ":", name, "gives", ctypes.get_errno(), flush=True)
""",
    "forge": """
import json
from autograder.kernel import otter as shim

def forge(question, values, arrays=(), /, more=False, **document):
    document = {"format": 1, "question": question, "values": values, "others": {}} | document
    files = {f"{number}.npy": [data] for number, data in enumerate(arrays)}
    shim._recorder.send(question, files | {"evidence.json": [json.dumps(document).encode()]}, more=more)
""",
    "iopub": """
def iopub(kind, content):
    kernel = get_ipython().kernel
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
""",
    "iopub_raw": """
def iopub_raw(kind, content):
    kernel = get_ipython().kernel
    session = kernel.session
    parts = [session.pack(session.msg_header(kind)), session.pack(kernel.get_parent()["header"]), b"{}", content]
    kernel.iopub_thread.send_multipart([kind.encode(), b"<IDS|MSG>", session.sign(parts), *parts])
""",
    "trainer_client": """
import gc
from autograder.evidence import wire
from autograder.kernel import trainer_client as trainer_module

def trainer_client():
    return next(one for one in gc.get_objects() if type(one) is trainer_module.Client)
""",
    "watch_trainer": """
def watch_trainer():
    ask = trainer_module.Client.ask
    def asking(self, head, arrays):
        reached()
        return ask(self, head, arrays)
    trainer_client()
    trainer_module.Client.ask = asking
""",
    "raw_request": """
def raw_request(head, arrays, layouts=None):
    client = trainer_client()
    layouts = layouts or [wire.describe(array) for array in arrays]
    digests = [wire.digest(array) for array in arrays]
    client._connection.sendall(wire.pack({**head, "digests": digests, "arrays": layouts}))
    reply = wire.read_head(client._connection.makefile("rb", buffering=0))
    if "refused" not in reply:
        for place in reply["need"]:
            client._connection.sendall(wire.raw(arrays[place]))
        reply, _ = wire.read(client._connection.makefile("rb", buffering=0), 1 << 30)
    return reply
""",
    "reached_if_refused": """
def reached_if_refused(reply, why):
    print(str(reply)[:300])
    if "refused" not in reply:
        escaped(f"what must be refused: {why}")
    elif why in reply["refused"]:
        reached()
""",
}
#: What an attack prints that got what it must not get.
ESCAPED = "ESCAPED:"
#: What each attack prints at its decisive step: just after it, or before it where that step ends the process.
REACHED = "REACHED:"
REACHING = ("reached(", "reached_if_refused(", "watch_trainer(", "REACHED")

_NETWORK = """
import keras
network = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
"""
_SCORE = """
(_, _), (x_test, y_test) = keras.datasets.mnist.load_data()
network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
score_network = network.evaluate(x_test, y_test, batch_size=1000, verbose=0)
"""
#: Answers that notebooks begin with; ``right`` leaves the network out.
BASES: Mapping[str, Mapping[str, str]] = {
    "wrong": {
        "total": "total = 7",
        "table": "import numpy as np\n\ntable = np.ones((2, 3))",
        "words": "words = {}",
        "square": "def square(x):\n    return 0",
        "network": 'network = "a network"',
        "score_network": "score_network = [0.5, 0.5]",
    },
    "right": {
        "total": "total = 6",
        "table": "import numpy as np\n\ntable = np.arange(6).reshape(2, 3)",
        "words": 'words = {"even": ["two", "four"], "odd": ["one", "three"]}',
        "square": "def square(x):\n    return [n * n for n in x] if isinstance(x, list) else x * x",
    },
}
NETWORK: Mapping[str, str] = {"network": _NETWORK, "score_network": _SCORE}


@dataclass(frozen=True)
class Must:
    """What a submission must get: one of these statuses, this score, and a message in which the pattern is found.

    ``notes`` are the kinds of its notes to the marker; None: whatever they are. ``may_lose`` are points of the score that
    an attack costs itself, or not, by when it strikes.
    """

    status: tuple[RunStatus, ...]
    score: float = 0.0
    message: str = ""
    notes: tuple[str, ...] | None = None
    may_lose: float = 0.0

    def __str__(self) -> str:
        return f"{self.score:g} {'/'.join(self.status)}"


@dataclass(frozen=True)
class Attack:
    """A hostile notebook: cells (``# %%`` parts them) put at the ``start``, the ``end`` or before a question's answer.

    Its ``limits`` are those of the suite, or with ``default`` the limits of a profile that sets none.
    """

    kind: str
    name: str
    tries: str
    must: Must
    code: str = ""
    markdown: str = ""
    where: str = "start"
    base: str = "wrong"
    answers: Mapping[str, str] = field(default_factory=dict)
    limits: str = "suite"

    @property
    def folder(self) -> str:
        """The name of the folder that it is handed in, and of its student."""
        return f"{self.kind}-{self.name}"

    def make(self, folder: Path, student: NotebookNode, places: Mapping[str, str]) -> None:
        """Write its notebook; ``places`` are put in where the code names them, as in ``@PORT@``."""
        own = {question: text if question == "why" else guarded(text) for question, text in self.answers.items()}
        notebook = fill(student, {id: _placed(text, places) for id, text in {**BASES[self.base], **own}.items()})
        cells = [nbformat.v4.new_markdown_cell(self.markdown)] if self.markdown else []
        cells += [nbformat.v4.new_code_cell(_placed(guarded(code), places)) for code in _cells(self.code)]
        position = {"start": 0, "end": len(notebook.cells)}.get(self.where)
        if position is None:
            position = next(i for i, cell in enumerate(notebook.cells) if question_of(cell) == self.where)
        notebook.cells[position:position] = cells
        nbformat.write(notebook, folder / "hostile.ipynb")


def load(chosen: Collection[str] = ()) -> list[Attack]:
    """The attacks, or those of the chosen kinds and names."""
    found = []
    for kind in KINDS:
        document = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
        found += [_attack(kind, name, entry) for name, entry in document.items()]
    return [one for one in found if not chosen or {one.kind, one.name, one.folder} & set(chosen)]


def guarded(code: str) -> str:
    """Code that refuses to run outside the sandbox, with the helpers that it uses."""
    for name in reversed(HELPERS):
        if f"{name}(" in code:
            code = HELPERS[name] + code
    return GUARD + code


def _cells(code: str) -> list[str]:
    return [part for part in re.split(r"^# %%\n", code, flags=re.MULTILINE) if part.strip()]


def _placed(code: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        code = code.replace(f"@{name}@", value)
    return code


def _attack(kind: str, name: str, entry: Mapping[str, Any]) -> Attack:
    assert entry.keys() <= KEYS, f"{kind} {name}: keys {entry.keys() - KEYS} are unknown"
    assert any(word in str(entry) for word in REACHING), f"{kind} {name}: it must say when it has reached its target"
    must = entry["must"]
    return Attack(
        kind,
        name,
        entry["tries"],
        Must(
            tuple(map(RunStatus, must["status"])),
            must.get("score", 0.0),
            must.get("message", ""),
            tuple(must["notes"]) if "notes" in must else None,
            must.get("may_lose", 0.0),
        ),
        entry.get("code", ""),
        entry.get("markdown", ""),
        entry.get("where", "start"),
        entry.get("base", "wrong"),
        entry.get("answers", {}),
        entry.get("limits", "suite"),
    )
