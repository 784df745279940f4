"""HTTP: upload a sound, get a preset. Guarded first, then as thin as OSC."""

from __future__ import annotations

import hmac
import importlib.metadata
import json
import re
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datasets.errors import AudioError, PatchwrightError, ServeError
from server.inference import MatchOptions
from server.service import SOUND_BYTES, BusyError, Service, error_report

BODY_BYTES = SOUND_BYTES  # of a whole request, its form included
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")

router = APIRouter()


def create_app(
    service: Service, hosts: Sequence[str] = LOOPBACK_HOSTS, token: str | None = None
) -> FastAPI:
    """The HTTP side of a service.

    ``hosts`` are the names it may be called by: a page that rebinds its own name to this machine is
    refused. ``("*",)`` allows any; then a token should be asked.
    """
    app = FastAPI(title="patchwright", version=version(), summary="Steer a synthesizer by sound.")
    app.state.service = service
    app.include_router(router)
    for kind in (PatchwrightError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer_error)
    app.add_middleware(Guard, token=token)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    return app


@router.get("/healthz")
async def health(request: Request) -> dict[str, object]:
    """Whether the server is up, and with what."""
    service: Service = request.app.state.service
    return {
        "status": "ok",
        "model": service.model_name,
        "version": version(),
        "busy": service.busy,
    }


@router.get("/v1/instrument")
async def instrument(request: Request) -> dict[str, object]:
    """The present parameters and knobs."""
    service: Service = request.app.state.service
    changes, knobs = await service.state()
    parameters = {change.name: asdict(change) for change in changes}
    for parameter in parameters.values():
        del parameter["name"]
    knob_list = [asdict(knob) for knob in knobs]
    return {"model": service.model_name, "parameters": parameters, "knobs": knob_list}


@router.post("/v1/match")
async def match(
    request: Request,
    sound: Annotated[UploadFile, File(description="the sound, as WAV, FLAC, OGG, MP3 or AIFF")],
    budget: Annotated[Literal["instant", "quick", "refine", "deep"], Form()] = "quick",
    seed: Annotated[int, Form(ge=0, lt=2**63)] = 0,
    note: Annotated[int | None, Form(ge=0, le=127, description="MIDI")] = None,
    start_s: Annotated[float | None, Form(ge=0, allow_inf_nan=False)] = None,
    end_s: Annotated[float | None, Form(gt=0, allow_inf_nan=False)] = None,
) -> dict[str, object]:
    """Find the preset that sounds most like a sound, and load it into the instrument."""
    service: Service = request.app.state.service
    options = MatchOptions(budget=budget, seed=seed, start_s=start_s, end_s=end_s, note=note)
    # In a folder of its own, under a name that is made safe: it becomes the preset's title.
    with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
        path = Path(folder) / _safe_name(sound)
        await run_in_threadpool(_save, sound, path)
        try:
            found = await service.match(path, options)
        except PatchwrightError as error:
            text = str(error).replace(str(path), path.name).replace(path.name, _name(sound))
            raise type(error)(text) from error
    preset = json.loads(found.preset)
    return {"id": uuid.uuid4().hex, "result": found.to_dict(), "preset": preset}


def _save(sound: UploadFile, path: Path) -> None:
    if not sound.size:
        raise AudioError(f"{_name(sound)} is empty")
    with path.open("wb") as file:
        shutil.copyfileobj(sound.file, file)


def _name(sound: UploadFile) -> str:
    """The file's own name for messages, without a path and of bounded length."""
    return (sound.filename or "").replace("\\", "/").rpartition("/")[2][:100] or "the sound"


def _safe_name(sound: UploadFile) -> str:
    # The ending is ours: the sender's could be one that a decoder takes for an order.
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", _name(sound).rpartition(".")[0] or _name(sound))
    return f"{stem[:60]}.audio"


def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Any error as ``{"error": {"code", "message"}}`` and its status."""
    if isinstance(error, RequestValidationError):
        return _error(422, "request", _first_complaint(error))
    if isinstance(error, HTTPException):
        return _error(error.status_code, "http", str(error.detail))
    code, text = error_report(error)
    if isinstance(error, BusyError):
        return _error(503, code, text)
    if isinstance(error, PatchwrightError):
        return _error(400 if isinstance(error, ServeError) else 422, code, text)
    return _error(500, code, text)


def _first_complaint(error: RequestValidationError) -> str:
    first: dict[str, Any] = error.errors()[0]
    field = str(first["loc"][-1])
    if field == "sound":
        return "send the sound as a file, in a multipart form's field 'sound'"
    return f"{field}: {first['msg']}"


def _error(status: int, code: str, message: str) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


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
            return _error(403, "origin", "requests from other sites' pages are refused")
        if self.token is not None and not _has_token(headers, self.token):
            return _error(401, "token", "send the server's token: Authorization: Bearer TOKEN")
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
    return _error(413, "http", f"the request is over {BODY_BYTES // 1024**2} MiB: cut the sound")


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


def version() -> str:
    """The installed version; ``0`` in a checkout that was never installed."""
    try:
        return importlib.metadata.version("patchwright")
    except importlib.metadata.PackageNotFoundError:
        return "0"
