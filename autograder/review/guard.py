"""The guard of the marking page: it serves only browsers that know the token, and only this server's own pages.

Any page in the same browser can send requests to 127.0.0.1, also by a host name of its own (DNS rebinding). So the Host
header must be this server's, each request needs the cookie that a browser gets for the token, and a request that
changes something must come from a page of this server (Origin).
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autograder.messages import message
from autograder.reports.pages import content_policy
from autograder.review.markers import Marker, Markers

#: Bytes of a request's body; a comment with the numbers of a whole class is smaller.
MAX_BODY = 1024**2
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def policy(style: str = "") -> str:
    """The Content-Security-Policy of a page; ``style`` is a further source of style sheets."""
    return content_policy(_POLICY | {"style-src": f"'self' {style}".strip()})


class Guard:
    """An application that passes requests on to ``app`` if their browser knows the token, with ``scope["marker"]``."""

    def __init__(self, app: ASGIApp, markers: Markers, port: int) -> None:
        self.app = app
        self.markers = markers
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        # Cookies are the same for all ports, so each server needs a name of its own.
        self.cookie = f"autograder_review_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (_HEADERS | {"Content-Security-Policy": policy()}).items():
                    headers.setdefault(name, value)
            await send(message)

        own_response = self._own_response(scope)
        await (self.app if own_response is None else own_response)(scope, receive, with_headers)

    def _own_response(self, scope: Scope) -> Response | None:
        """The response to a request that is refused, or that brings the token; None for one to pass on."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self.hosts:
            return _forbidden("host")
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if token and scope["path"] == "/" and scope["method"] == "GET":
            value = self.markers.admit(token[0])
            if value is None:
                return _forbidden("token")
            response = RedirectResponse("/", 303)
            response.set_cookie(self.cookie, value, httponly=True, samesite="strict")
            return response
        marker = self._marker(headers)
        if marker is None:
            return _forbidden("unknown")
        if scope["method"] not in ("GET", "HEAD"):
            if headers.get("origin") != f"http://{host}":
                return _forbidden("origin")
            length = headers.get("content-length", "")
            if not length.isdecimal() or len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
                return PlainTextResponse(message("marking.too_large", most=MAX_BODY), 413)
        scope["marker"] = marker
        return None

    def _marker(self, headers: Headers) -> Marker | None:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return None
        return None if cookie is None else self.markers.known(cookie.value)


def _forbidden(why: str) -> Response:
    return PlainTextResponse(message(f"marking.forbidden.{why}"), 403)
