"""Only a browser that was given the token may speak to the page, and only from the page itself."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from review.conftest import Server

from autograder.gradebook.marking import progress


def test_the_token_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(server: Server) -> None:
    response = httpx.get(server.address, timeout=60)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"autograder_review_{urlsplit(server.address).port}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert parse_qs(urlsplit(server.address).query)["token"][0] not in cookie


@pytest.mark.parametrize(
    "path", ["/", "/?token=wrong", "/?token=", "/question/why", "/submissions", "/static/review.js", "/name", "/docs"]
)
def test_without_the_token_there_is_nothing(base: str, path: str) -> None:
    assert httpx.get(base + path, timeout=60).status_code == 403
    assert httpx.post(base + path, headers={"Origin": base}, timeout=60).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:{port}", "127.0.0.1:1"])
def test_another_name_that_leads_here_is_refused(admitted: httpx.Client, host: str) -> None:
    port = str(admitted.base_url.port)
    assert admitted.get("/").status_code == 200
    assert admitted.get("/", headers={"Host": host.format(port=port)}).status_code == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
def test_what_another_page_sends_is_refused(admitted: httpx.Client, server: Server, origin: str | None) -> None:
    del admitted.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin.format(port=admitted.base_url.port)}
    for path in ("/undo", "/names", "/name", "/question/why/mark", "/question/why/rubric"):
        assert admitted.post(path, headers=headers, data={"name": "Mallory"}).status_code == 403
    assert progress(server.book) == {"why": (0, 5)}


def test_too_much_is_not_read(admitted: httpx.Client) -> None:
    assert admitted.post("/name", content=b"x" * (1024**2 + 1)).status_code == 413
    assert admitted.post("/name", content=iter([b"x"])).status_code == 413


def test_pages_forbid_what_they_do_not_need(admitted: httpx.Client) -> None:
    headers = admitted.get("/question/why").headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_who_has_no_name_is_asked_first(server: Server, base: str) -> None:
    with httpx.Client(base_url=base, headers={"Origin": base}, timeout=60) as client:
        client.get(server.address)
        assert client.get("/question/why").headers["location"] == "/name"
        assert client.post("/undo").headers["location"] == "/name"
        response = client.post("/name", data={"name": "  "})
        assert (response.status_code, "the marker&#39;s name must not be empty" in response.text) == (422, True)


@pytest.mark.parametrize("seen", ["", "x", "1.2", "1.2.3.4", "one.0.abc"])
def test_a_mark_that_no_card_sent_is_refused(admitted: httpx.Client, server: Server, seen: str) -> None:
    response = admitted.post("/question/why/mark", data={"what": "give", "give": "1", "seen": seen})
    assert response.status_code == 422
    assert progress(server.book) == {"why": (0, 5)}
