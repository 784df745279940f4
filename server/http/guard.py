"""Who is turned away before anything is read: foreign pages, strangers, too large bodies."""

from __future__ import annotations

import hmac

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.errors import error_answer
from server.matching import SOUND_BYTES

BODY_BYTES = SOUND_BYTES  # of a whole request, its form included


class Guard:
    """Turns away foreign pages, callers without the token, and bodies that are too large."""

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            return await refusal(scope, receive, send)
        await self.app(scope, _capped(receive), send)

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if _is_foreign(headers):
            return error_answer(403, "origin", "requests from other sites' pages are refused")
        if self.token is not None and not _has_token(headers, self.token):
            return error_answer(401, "token", "send the token: Authorization: Bearer TOKEN")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_BYTES:
            return _too_large()
        return None


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


def _too_large() -> JSONResponse:
    return error_answer(
        413, "http", f"the request is over {BODY_BYTES // 1024**2} MiB: cut the sound"
    )


def _capped(receive: Receive) -> Receive:
    """Count a body that came without its length; over the cap, reading it fails with 413."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > BODY_BYTES:
            raise HTTPException(413, f"the request is over {BODY_BYTES // 1024**2} MiB")
        return message

    return counted
