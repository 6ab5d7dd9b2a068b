"""Whatever a request says, the answer is a page or a message that names the field, and the server goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, cast
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from review.conftest import Server

from autograder.gradebook.entries import entries
from autograder.gradebook.marking import answers
from autograder.review.app import application

#: Values that no page sends: numbers that no column or no float holds, depth, bytes that are not text.
VALUES = (
    *("", " ", "x", "-1", "1.5", "nan", "-inf", "1e400", "٣", "1_0", "0x10", "true", "null", "{}"),
    *("2147483648", "9223372036854775808", "9" * 30, "9" * 5_000, "-" + "9" * 30),
    *("[" * 600 + "]" * 600, "a" * 20_000, "\u200b\u2060", "\x00", "a\x00b", "../..", "%2e%2e/", "' or 1=1 --"),
    *("1.1.1", "1." + "9" * 30, f"{'9' * 30}.abc.1", f"1.abc.{'9' * 5_000}", "1.\x00.1"),
    *(b"\xff\xfe", b"\xed\xa0\x80"),
)
#: Something that the server takes, for the fields that are not tried.
GOOD = {"what": "give", "give": "1", "points": "1", "text": "t", "name": "Tess", "version": "0", "result": "1"}
GOOD |= {
    "student": "1",
    "id": "1",
    "item": "1",
    "question": "total",
    "seen": "1.0.x",
    "answer": "x",
    "reason": "because",
}


@dataclass(frozen=True)
class Request:
    """A request that the server knows: the names of its fields, by the place where they stand in it."""

    method: str
    path: str
    fields: Mapping[str, Sequence[str]]

    def send(self, client: httpx.Client, place: str, name: str, value: str | bytes) -> httpx.Response:
        """Send it with this value in one field, and something that the server takes in the others."""
        good = GOOD | ({"id": "why"} if self.path.startswith("/question") else {})
        at: dict[str, dict[str, str | bytes]] = {
            place: {one: good.get(one, "") for one in names} for place, names in self.fields.items()
        }
        at[place][name] = value
        path = self.path
        for one, filled in at["path"].items():
            path = path.replace(f"{{{one}}}", quote_plus(filled or " ").replace("+", "%20"))
        body = urlencode(at["form"]) if self.method == "POST" else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return client.request(self.method, f"{path}?{urlencode(at['query'])}", content=body, headers=headers)


def _requests() -> Iterator[Request]:
    described = application(cast(Any, None)).openapi()
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            parameters = one.get("parameters", [])
            fields = {place: [p["name"] for p in parameters if p["in"] == place] for place in ("path", "query")}
            content = one.get("requestBody", {}).get("content", {}).values()
            forms = [described["components"]["schemas"][form["schema"]["$ref"].split("/")[-1]] for form in content]
            fields["form"] = [name for form in forms for name in form["properties"]]
            yield Request(method.upper(), path, fields)


REQUESTS = list(_requests())
NAMES = [f"{one.method} {one.path}" for one in REQUESTS]
POSTS = [one.path for one in REQUESTS if one.method == "POST"]


@pytest.mark.parametrize("one", REQUESTS, ids=NAMES)
def test_no_value_of_a_field_brings_the_server_down(admitted: httpx.Client, one: Request) -> None:
    for place, name in ((place, name) for place, names in one.fields.items() for name in names):
        for value in VALUES:
            response = one.send(admitted, place, name, value)
            assert response.status_code in (200, 303, 404, 409, 422), (name, value[:40], response.text[:300])
            assert "detail" not in response.text[:20], (name, value[:40], response.text[:300])
    assert admitted.get("/").status_code in (200, 303)


def test_every_request_is_tried() -> None:
    assert {one.path for one in REQUESTS} >= {"/", "/name", "/undo", "/question/{id}/mark", "/submission/{id}"}
    known = {"points", "version", "seen", "item", "student", "name", "reason"}
    assert known <= {name for one in REQUESTS for names in one.fields.values() for name in names}


#: Bodies that no form sends, with their types.
BODIES = (
    ("application/json", b"[" * 600 + b"]" * 600),
    ("application/json", b'{"version": ' + b"9" * 5_000 + b"}"),
    ("application/x-www-form-urlencoded", b"item=1&" * 100_000),
    ("application/x-www-form-urlencoded", b"\xff%zz&=&&==;" * 1_000),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"no part"),
    ("multipart/form-data; boundary=x", b"--x\r\n" * 10_000),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="version"; filename="f"\r\n\r\n1\r\n--x--\r\n',
    ),
    ("text/plain", bytes(1_000)),
    ("", b""),
)


@pytest.mark.parametrize("path", POSTS)
def test_no_body_brings_the_server_down(admitted: httpx.Client, path: str) -> None:
    for name, value in {"id": "why" if "question/" in path else "1", "item": "1", "question": "total"}.items():
        path = path.replace(f"{{{name}}}", value)
    for kind, body in BODIES:
        response = admitted.post(path, content=body, headers={"Content-Type": kind})
        assert response.status_code in (200, 303, 400, 404, 409, 422), (kind, body[:40], response.text[:300])
        assert "detail" not in response.text[:20], (kind, body[:40], response.text[:300])


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        (
            "/submission/{submission}/override/total",
            {"version": "9" * 20, "points": "1", "reason": "oral"},
            "'version' must be a whole number from 0 to 2147483647 (got '99999999999999999999')",
        ),
        (
            "/submission/{submission}/override/total",
            {"points": "1", "reason": "oral"},
            "'version' must be in the request",
        ),
        (
            "/submission/{submission}/override/total",
            {"version": "0", "result": "1", "points": "1e400", "reason": "oral"},
            "points of 'total' must be from 0 to 1 (got inf)",
        ),
        (
            "/submission/{submission}/override/total",
            {"version": "0", "result": "1", "points": "1", "reason": "\u200b\u2060 \u3164"},
            "the reason of an override of 'total' must not be empty",
        ),
        (
            "/submission/{submission}/override/total",
            {"version": "0", "result": "1", "points": "1", "reason": "a\x00b"},
            "the reason of an override of 'total' must not have control characters (got '\\x00')",
        ),
        ("/name", {"name": "\ufeff\u200d"}, "the marker's name must not be empty"),
        ("/question/why/rubric", {"points": "1", "text": "\u2800"}, "the text of a rubric item must not be empty"),
        (
            "/question/why/mark",
            {"what": "items", "seen": "{seen}", "item": "9" * 20},
            "'item.0' must be a whole number",
        ),
        (
            "/question/why/mark",
            {"what": "give", "give": "1", "seen": "1." + "9" * 20 + ".x"},
            "'seen' must be as a card",
        ),
    ],
)
def test_a_wrong_field_is_named_and_nothing_changes(
    admitted: httpx.Client, server: Server, path: str, form: dict[str, str], words: str
) -> None:
    answer = answers(server.book, "why")[0]
    seen = f"{answer.student}.0.{answer.digest}"
    form = {name: value.replace("{seen}", seen) for name, value in form.items()}
    response = admitted.post(path.format(submission=answer.submission), data=form)

    assert response.status_code == 422
    assert words in unescape(response.text)
    assert not any(entry.overrides or entry.marks for entry in entries(server.book))


def test_an_address_that_there_is_not_is_said(admitted: httpx.Client) -> None:
    assert "there is no page '/nothing'" in unescape(admitted.get("/nothing").text)
    assert "there is no page '/undo'" in unescape(admitted.get("/undo").text)


def test_a_rubric_item_counts_once_however_often_a_form_has_it(admitted: httpx.Client, server: Server) -> None:
    answer = answers(server.book, "why")[0]
    form = {"what": "items", "seen": f"{answer.student}.0.{answer.digest}", "item": ["2", "1", "1", "2"]}
    response = admitted.post("/question/why/mark", data=form)
    assert response.status_code == 200, response.text
    mark = answers(server.book, "why", [answer.student])[0].mark
    assert mark is not None and mark.points == 1.0


def test_only_a_written_question_has_groups_to_take_apart(admitted: httpx.Client) -> None:
    assert admitted.post("/question/nothing/separate", data={"answer": "x"}).status_code == 422
