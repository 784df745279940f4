"""Refuse other sites' pages, missing tokens and large bodies before anything is read."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plugin_bridge.addresses import ip_of
from plugin_bridge.protocol import LONGEST_SHOWN
from server.http.errors import error_answer
from server.jobs.match_queue import SOUND_BYTES

BODY_BYTES = SOUND_BYTES  # Largest form with a sound.
JSON_BYTES = 1024 * 1024  # Largest other body: the parsed JSON takes up to 50 times its size.
COLLECTION = "/v1/collection"  # Exports may hold whole preset files of one megabyte each.
COLLECTION_BYTES = 8 * BODY_BYTES
SOUNDS = ("/v1/match", "/v1/neighbours", "/v1/instrument/patch")  # a file is the body
BODY_PAUSE_S = 30.0  # Longest pause of a client that sends a body.


@dataclass(frozen=True)
class Access:
    """Describe which requests a server accepts; HTTP and OSCQuery use the same rules.

    A web page can point its own host name to this machine (DNS rebinding), and its requests then
    come from this machine. So a request without the token must use an IP address or one of the
    names, and a server with a token trusts no page without it.
    """

    names: Collection[str]  # host names of the server, in lower case; IP addresses need no entry
    token: str | None  # admits a request from anywhere
    trusts: Callable[[Scope], bool]  # returns whether a client needs no token

    def admits(self, scope: Scope) -> bool:
        """Return whether a client has access."""
        headers = Headers(scope=scope)
        if self.has_token(headers):
            return True
        return self.trusts(scope) and (self.token is None or "origin" not in headers)

    def has_token(self, headers: Headers) -> bool:
        """Return whether a request has the server's token."""
        return self.token is not None and _has_token(headers, self.token)

    def knows(self, headers: Headers) -> bool:
        """Return whether a request uses a host name of this server, or has the token."""
        host = _host_name(headers.get("host", ""))
        return ip_of(host) is not None or host in self.names or self.has_token(headers)


def guarded(app: ASGIApp, access: Access) -> ASGIApp:
    """Return an application behind the checks of its host name, its clients and its bodies."""
    return Guard(app, access)


class Guard:
    """Refuse other sites' pages, clients without access, and bodies that are too large."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refusal = self._refusal(scope)
        if refusal is not None:
            return await refusal(scope, receive, send)
        if scope["type"] == "http":
            receive = _capped(receive, _most_bytes(scope))
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """Return the response to a request that is refused, or None."""
        headers = Headers(scope=scope)
        if not self._access.knows(headers):
            name = _host_name(headers.get("host", ""))[:LONGEST_SHOWN]
            return error_answer(
                400,
                "host",
                f"{name!r}: not a host name of this server: use its IP address, or send the token",
            )
        if _is_foreign(headers):
            return error_answer(
                403,
                "origin",
                "the page of another site sent this request: use a page of this server",
            )
        if not self._access.admits(scope):
            return error_answer(
                401, "token", "no valid token: send the header Authorization: Bearer TOKEN"
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _most_bytes(scope):
            return _too_large(_most_bytes(scope))
        return None


def _host_name(header: str) -> str:
    """Return the name or IP address in a Host header, without the port, in lower case."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().removesuffix(".")


def _most_bytes(scope: Scope) -> int:
    """Return the largest size of a request's body, in bytes."""
    if scope["path"] == COLLECTION:
        return COLLECTION_BYTES
    return BODY_BYTES if scope["path"] in SOUNDS else JSON_BYTES


def _is_foreign(headers: Headers) -> bool:
    # A multipart POST needs no CORS preflight: without this check any web page could send one.
    # A sandboxed page sends the origin "null", which is foreign too.
    """Return whether a request comes from a page of another site."""
    origin = headers.get("origin")
    own = (f"http://{headers.get('host')}", f"https://{headers.get('host')}")
    return headers.get("sec-fetch-site") == "cross-site" or (
        origin is not None and origin not in own
    )


def _has_token(headers: Headers, token: str) -> bool:
    """Return whether a request has the token; the comparison takes constant time."""
    # Starlette decodes headers as Latin-1; clients send a token as UTF-8.
    scheme, _, given = headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("latin-1"), token.encode())
    return same and scheme.lower() == "bearer"


def _too_large(most: int) -> JSONResponse:
    """Return the response to a body that is too large."""
    message = f"the request is over {most // 1024**2} MiB: send a shorter sound or a smaller file"
    return error_answer(413, "http", message)


def _capped(receive: Receive, most: int) -> Receive:
    """Count a body without a declared length; reading it fails with 413 once it is too large.

    It fails with 408 if the client makes a long pause before the body is complete.
    """
    total, complete = 0, False

    async def counted() -> Message:
        nonlocal total, complete
        try:
            # After the body this waits until the client goes, which may take long.
            async with asyncio.timeout(None if complete else BODY_PAUSE_S):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, "the request stopped: send the whole body") from error
        complete = not message.get("more_body", False)
        total += len(message.get("body", b""))
        if total > most:
            raise HTTPException(413, f"the request is over {most // 1024**2} MiB: send less")
        return message

    return counted
