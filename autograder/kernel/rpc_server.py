"""Remote procedure calls from a test case to a student's functions and objects, answered in the kernel.

The test case runs in the checker, over remote objects (``autograder.checks.remote``). Each operation on one (a call, an
attribute, an item, …) comes here as a request, and its outcome goes back as evidence. A value without a form in
evidence stays here under a number, the same each time, and the checker gets a remote object for it. An operation may
call a function of the test case back: then the answer to the request is that call, and its outcome is the next request.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import math
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.evidence.inline import MAX_BYTES, MAX_PIECE, MORE, InlineReader
from autograder.evidence.nodes import Node
from autograder.evidence.random_state import random_state, set_random_state
from autograder.evidence.shared import Shared, is_container, may_be_kept, parts, places_of, update, with_originals
from autograder.kernel import event_loop
from autograder.kernel.call_limit import CallLimit
from autograder.kernel.conversation import Conversation
from autograder.kernel.printed import Printed
from autograder.kernel.rpc_errors import built_in, error_of
from autograder.kernel.rpc_operations import OPERATIONS
from autograder.kernel.rpc_values import Values
from autograder.messages import message
from autograder.test_case import CallTimeout, run_source

#: Warnings of an operation, and exceptions that led to one, of which the test case hears.
MAX_WARNINGS = 20
MAX_CAUSES = 5
#: References to a value that nothing has but the function that counts them.
ALONE = 2


class RpcServer:
    """Answers requests about the live values of questions, ``{question: {name: value}}``.

    ``reseed`` resets the random numbers before each test case, as before each cell. ``names`` are all names of the
    notebook as they were at the check of a question, and ``namespace`` what its functions find its names in. A test
    case may take so many ``seconds`` of processor time here.
    """

    def __init__(
        self,
        live: Mapping[str, Mapping[str, Any]],
        reseed: Callable[[], None],
        names: Mapping[str, Mapping[str, Any]],
        namespace: dict[str, Any],
        seconds: float = math.inf,
    ) -> None:
        self._limit = CallLimit(seconds)
        self._live = live
        self._names = names
        self._namespace = namespace
        self._turned_to: str | None = None
        self._reseed = reseed
        self.values = Values(live)
        self._waiting: list[Conversation] = []
        self._rest = ""
        self.test_case = 0
        #: What functions of the test case raised, by id, with its number there.
        self.raised_there: dict[int, tuple[Exception, int | None]] = {}
        self.current: _Reading | None = None
        self.shared = Shared(self.values.write, _Reading(self, None, Printed()).value)

    def answer(self, request: str) -> str:
        """The answer to a request, both JSON, or its first piece; the request for the ``rest`` gives the next one.

        An exception of the student's code is an outcome, too.
        """
        call = json.loads(request)
        if call["operation"] == "rest":
            return self._piece(self._rest)
        if call["operation"] in ("begin", "test"):
            self._limit.begin()
        with event_loop.set_aside(), self._limit.counting():
            return self._piece(self._answer(call))

    def _piece(self, text: str) -> str:
        piece, self._rest = text[:MAX_PIECE], text[MAX_PIECE:]
        return MORE + piece if self._rest else piece

    def _answer(self, call: dict[str, Any]) -> str:
        self.values.release(call.get("release", ()))
        if (state := call.get("random")) is not None:  # the test case has changed its own
            set_random_state(state)
        if call["operation"] in ("begin", "test"):
            self._waiting.clear()
            self.raised_there.clear()
            self.shared.clear()
            self.values.derived = call.get("derived", ())
            self.test_case += 1
            self._reseed()
            return json.dumps(self._test(call)) if call["operation"] == "test" else "{}"
        if call["operation"] == "return":
            conversation = self._waiting.pop()
            answer = conversation.tell(call)
        elif call.get("callbacks"):
            conversation = Conversation(lambda: self._outcome(call, conversation))
            answer = conversation.start()
        else:
            return self._outcome(call, None)
        if not conversation.is_over:
            self._waiting.append(conversation)
        return answer

    def _test(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Run a test case here, over a copy of the names: nothing but its status, a message and points goes back."""
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
                self._limit.interruptible(),
            ):
                names = self._defined(call["target"], call.get("given", ""))
                outcome = run_source(call["source"], call["name"], names)
        except BaseException as error:  # student code may have changed anything
            return {"status": "error", "message": f"{type(error).__name__}: {error}"[:2_000]}
        return {"status": outcome.status, "message": outcome.message, "points": outcome.points}

    def _defined(self, question: str, source: str) -> dict[str, Any]:
        """A copy of the names as they were at the check of a question, with what a source defines."""
        self._turn_to(question)
        names = dict(self._names[question])
        exec(compile(source, "<given>", "exec"), names)
        return names

    def _outcome(self, call: Mapping[str, Any], conversation: Conversation | None) -> str:
        printed = Printed()
        before, self.current = self.current, _Reading(self, conversation, printed)
        try:
            with (
                printed.redirected(),
                warnings.catch_warnings(record=True) as warned,
                self._limit.interruptible(),
            ):
                warnings.simplefilter("always")
                answer = self._do(call, self.current)
        except CallTimeout:
            answer = {"timeout": f"{self._limit.seconds:g}"}
        except BaseException as error:  # student code may raise anything
            answer = self._raised(error)
        finally:
            self.current = before
        if warned:
            answer["warned"] = [self._warned(one.message) for one in warned[:MAX_WARNINGS]]
        with contextlib.suppress(ValueError):  # too many values stay here
            answer["shared"] = self.shared.changes()
        text = json.dumps(answer | {"printed": printed.taken()})
        if len(text) > MAX_BYTES:
            return json.dumps(self._raised(ValueError(message("evidence.call_result"))))
        return text

    def _do(self, call: Mapping[str, Any], reading: _Reading) -> dict[str, Any]:
        if call["operation"] == "define":
            question, name = call["target"]
            return {"value": self.values.hold(self._defined(question, call["arguments"][0]["value"])[name])}
        value = self._value(call["target"])
        self.shared.take(call.get("shared", {}))
        if call["operation"] == "itself":
            is_collection = type(value) in (tuple, frozenset) or is_container(value)
            return {"value": self.values.write(value) if is_collection else self.values.hold(value)}
        arguments = [reading.value(node) for node in call["arguments"]]
        keywords = {name: reading.value(node) for name, node in call["keywords"].items()}
        originals = parts((*arguments, *keywords.values()))
        if len(originals) == call.get("parts"):  # else the test case has others in them
            reading.originals = originals
        nodes, given = (*call["arguments"], *call["keywords"].values()), (*arguments, *keywords.values())
        before, had = random_state(), [*map(sys.getrefcount, given)]
        outcome = OPERATIONS[call["operation"]](value, *arguments, **keywords)
        drew, has = random_state() != before, [*map(sys.getrefcount, given)]
        changed = [self._changed(*pair, reading.originals) for pair in zip(nodes, given, strict=True)]
        answer: dict[str, Any] = {"value": self.values.write(outcome), "arguments": changed, "drew": drew}
        is_object = answer["value"]["kind"] == "held"  # which may keep what it was given
        answer["kept"] = [
            self._shared_argument(node, one) if is_object or now > then + (one is outcome) else None
            for node, one, then, now in zip(nodes, given, had, has, strict=True)
        ]
        if (same := next((place for place, one in enumerate(given) if one is outcome), None)) is not None:
            answer["same"] = same
        elif is_container(outcome) and sys.getrefcount(outcome) > ALONE:
            answer["number"] = self.shared.number(outcome)
        if same is None:
            answer["places"] = places_of(reading.originals, outcome)
        return answer

    def _shared_argument(self, node: Node, argument: Any) -> int | None:
        """The number of a container that is shared from now on; functions of the test case are in none of them."""
        if not may_be_kept(argument) or '"callback"' in json.dumps(node):
            return None
        return self.shared.number(argument)

    def _value(self, target: Any) -> Any:
        if isinstance(target, int):
            return self.values[target]
        question, name = target
        self._turn_to(question)
        return self._live[question][name]

    def _turn_to(self, question: str) -> None:
        """Have functions find the names as they were at the check of a question: later cells may use them again.

        Names that were defined after it stay.
        """
        if question != self._turned_to:
            self._turned_to = question
            self._namespace.update(self._names.get(question, {}))

    def _changed(self, before: Node, argument: Any, originals: Sequence[Any]) -> Node | None:
        """An argument that the operation changed, as it is now; None of one that is as it came.

        ``originals`` are the containers in all arguments.
        """
        if before["kind"] in ("held", "callback", "plain", "library"):
            return None
        after = self.values.write(argument)
        if after == before:
            return None
        return after | {"places": places_of(originals, argument)}

    def _warned(self, warned: Any) -> list[Any]:
        """The built-in category of a warning, its text, and itself if it is of another one."""
        described: list[Any] = [built_in(type(warned)), str(warned)[:2_000], None]
        if type(warned).__module__ != "builtins":
            with contextlib.suppress(ValueError):  # too many values stay here
                described[2] = self.values.hold(warned)
        return described

    def _raised(self, error: BaseException, depth: int = 0) -> dict[str, Any]:
        raised: dict[str, Any] = {"raised": built_in(type(error)), "type": type(error).__name__[:100]}
        _, raised["own"] = self.raised_there.get(id(error), (error, None))
        with contextlib.suppress(BaseException):  # ``__str__`` of a student's exception may raise
            raised["message"] = str(error)[:2_000]
        with contextlib.suppress(BaseException):
            arguments = error.args
            if isinstance(error, OSError) and len(arguments) == 2 and error.filename is not None:
                arguments = (*arguments, error.filename)
            raised["arguments"] = [self.values.write(argument) for argument in arguments]
            if type(error).__module__ != "builtins":
                raised["value"] = self.values.hold(error)
            if error.__cause__ is not None and depth < MAX_CAUSES:
                raised["cause"] = self._raised(error.__cause__, depth + 1)
        return raised


class _Reading:
    """Reads the arguments of one operation, among them functions that call the test case back."""

    def __init__(self, server: RpcServer, conversation: Conversation | None, printed: Printed) -> None:
        self._server = server
        self._conversation = conversation
        self._printed = printed
        #: The containers in the arguments, as far as they are those that the test case has in them.
        self.originals: list[Any] = []

    def value(self, node: Node) -> Any:
        return InlineReader(("held", "callback", "exception"), self._refer).value(node)

    def _refer(self, node: Mapping[str, Any]) -> Any:
        if node["kind"] == "held":
            return self._server._value(node["number"])
        if node["kind"] == "exception":
            return getattr(builtins, node["type"])(node["message"])

        begun_in = self._server.test_case

        def callback(*arguments: Any, **keywords: Any) -> Any:
            # The function may be kept, and called by a later operation of the same test case.
            current = self._server.current
            if current is None or begun_in != self._server.test_case:
                raise RuntimeError(message("evidence.callback_over"))
            return current._call_back(node["number"], arguments, keywords)

        callback.__name__ = callback.__qualname__ = node["name"]
        callback.__doc__ = node["doc"]
        return callback

    def _call_back(self, number: int, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if self._conversation is None or self._conversation.is_over:
            raise RuntimeError(message("evidence.callback_over"))
        call = {
            "callback": number,
            "arguments": [
                self._server.values.write(argument) | {"places": places_of(self.originals, argument)}
                for argument in arguments
            ],
            "keywords": {name: self._server.values.write(value) for name, value in keywords.items()},
            "printed": self._printed.taken(),
        }
        with contextlib.suppress(ValueError):  # too many values stay here
            call["shared"] = self._server.shared.changes()
        reply = self._conversation.ask(json.dumps(call))
        self._server.shared.take(reply.get("shared", {}))
        if "raised" in reply:
            if "value" in reply:
                raise self._server._value(reply["value"]["number"])
            error = error_of(reply, [self.value(node) for node in reply["arguments"]])
            self._server.raised_there[id(error)] = error, reply.get("own")
            raise error
        for argument, node in zip(arguments, reply["arguments"], strict=True):
            if node is not None:
                update(argument, with_originals(self.value(node), node["places"], self.originals, changed=True))
        return with_originals(self.value(reply["value"]), reply["value"]["places"], self.originals, changed=False)
