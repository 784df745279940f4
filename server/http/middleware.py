"""Refuse foreign pages, missing tokens and large bodies before anything is read."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.errors import error_answer
from server.jobs.match_queue import SOUND_BYTES

BODY_BYTES = SOUND_BYTES  # of a whole request, its form included
COLLECTION = "/v1/collection"  # takes exports, which hold whole preset files of a megabyte each
COLLECTION_BYTES = 8 * BODY_BYTES


Admits = Callable[[Scope], bool]


def guarded(app: ASGIApp, hosts: Sequence[str], admits: Admits) -> ASGIApp:
    """An application behind a guard, called by these names only: ``("*",)`` allows any.

    A page that rebinds its own name to this machine is refused by its Host.
    """
    return TrustedHostMiddleware(Guard(app, admits), list(hosts), www_redirect=False)


def by_token(token: str | None) -> Admits:
    """Whoever sends the token as a bearer; everybody when there is none."""
    return lambda scope: token is None or _has_token(Headers(scope=scope), token)


class Guard:
    """Turns away foreign pages, who is not admitted, and bodies that are too large."""

    def __init__(self, app: ASGIApp, admits: Admits) -> None:
        self.app, self._admits = app, admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refusal = self._refusal(scope)
        if refusal is not None:
            return await refusal(scope, receive, send)
        await self.app(scope, _capped(receive, _most_bytes(scope)), send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if _is_foreign(headers):
            return error_answer(403, "origin", "requests from other sites' pages are refused")
        if not self._admits(scope):
            return error_answer(401, "token", "send the token: Authorization: Bearer TOKEN")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _most_bytes(scope):
            return _too_large(_most_bytes(scope))
        return None


def _most_bytes(scope: Scope) -> int:
    """Return how large a body may be."""
    return COLLECTION_BYTES if scope["path"] == COLLECTION else BODY_BYTES


def _is_foreign(headers: Headers) -> bool:
    # A multipart POST needs no CORS preflight: only this stops any web page from sending one.
    # "null" is what a sandboxed page sends, and is foreign like any other.
    origin = headers.get("origin")
    own = (f"http://{headers.get('host')}", f"https://{headers.get('host')}")
    return headers.get("sec-fetch-site") == "cross-site" or (
        origin is not None and origin not in own
    )


def _has_token(headers: Headers, token: str) -> bool:
    given = headers.get("authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {token}".encode())


def _too_large(most: int) -> JSONResponse:
    return error_answer(413, "http", f"the request is over {most // 1024**2} MiB: cut it shorter")


def _capped(receive: Receive, most: int) -> Receive:
    """Count a body that came without its length; over the cap, reading it fails with 413."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise HTTPException(413, f"the request is over {most // 1024**2} MiB")
        return message

    return counted
