"""Refuse other sites' pages, missing tokens and large bodies before anything is read."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.errors import error_answer
from server.jobs.match_queue import SOUND_BYTES

BODY_BYTES = SOUND_BYTES  # Largest form with a sound.
JSON_BYTES = 1024 * 1024  # Largest other body: the parsed JSON takes up to 50 times its size.
COLLECTION = "/v1/collection"  # Exports may hold whole preset files of one megabyte each.
COLLECTION_BYTES = 8 * BODY_BYTES
SOUNDS = ("/v1/match", "/v1/neighbours", "/v1/instrument/patch")  # a file is the body
BODY_PAUSE_S = 30.0  # Longest pause of a client that sends a body.


Admits = Callable[[Scope], bool]


def guarded(app: ASGIApp, hosts: Sequence[str], admits: Admits) -> ASGIApp:
    """Return an application behind the checks of its host name, its clients and its bodies.

    The check of the host name stops web pages that point their own host name to this machine.

    Args:
        app: The application.
        hosts: Host names that requests may use; ("*",) allows any.
        admits: Returns whether a client has access.

    Returns:
        The guarded application.
    """
    return TrustedHostMiddleware(Guard(app, admits), list(hosts), www_redirect=False)


def by_token(token: str | None) -> Admits:
    """Return a check that admits clients with the right bearer token, or all without a token."""
    return lambda scope: token is None or _has_token(Headers(scope=scope), token)


class Guard:
    """Refuse other sites' pages, clients without access, and bodies that are too large."""

    def __init__(self, app: ASGIApp, admits: Admits) -> None:
        self.app, self._admits = app, admits

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
        if _is_foreign(headers):
            return error_answer(
                403,
                "origin",
                "the page of another site sent this request: use a page of this server",
            )
        if not self._admits(scope):
            return error_answer(
                401, "token", "no valid token: send the header Authorization: Bearer TOKEN"
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _most_bytes(scope):
            return _too_large(_most_bytes(scope))
        return None


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
