"""Create the HTTP application: routes, middleware and error handlers."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from datasets.errors import PatchwrightError
from server.http import docs, instrument, matches, presets, sound_output, websocket
from server.http.dependencies import Served
from server.http.errors import ErrorBody, answer_error
from server.http.middleware import Access, guarded
from server.http.replies import HealthReply
from server.session.service import Service
from server.telemetry import CONTENT_TYPE

OWN_NAMES = ("localhost",)
DESCRIPTION = """
Match sounds, play the synth's knobs and keep presets.

- Unit values and knob positions are numbers from 0 to 1.
- Distances are in dB, times in seconds and notes are MIDI notes (60 is middle C).
- The WebSocket `/v1/live` sends every change of the current preset.
- A server with a token needs the header `Authorization: Bearer TOKEN`.
"""
ERROR = "The error: its code word, and a line that says what is wrong and how to fix it."
TAGS = [
    {"name": "match", "description": "Find presets that sound like a sound."},
    {"name": "instrument", "description": "Play and change the current preset."},
    {"name": "collection", "description": "Save, find, load and exchange presets."},
    {"name": "server", "description": "Ask the server for its state."},
]

router = APIRouter(tags=["server"])


def create_app(
    service: Service, hosts: Sequence[str] = OWN_NAMES, token: str | None = None
) -> ASGIApp:
    """Return the HTTP application of a service.

    Args:
        service: The service.
        hosts: Host names that requests may use; they may also use any IP address. This stops web
            pages that point their own host name to this machine.
        token: Token that every client must send; none by default.

    Returns:
        The ASGI application.
    """
    app = FastAPI(
        title="patchwright",
        version=version(),
        summary="Steer a synthesizer by sound.",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # `server.http.docs` serves the page without a CDN
        redoc_url=None,
        responses={"default": {"model": ErrorBody, "description": ERROR}},
    )
    app.state.service = service
    for part in (matches, instrument, sound_output, presets, websocket, docs):
        app.include_router(part.router)
    app.include_router(router)
    for kind in (PatchwrightError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer_error)
    return guarded(app, Access(hosts, token, lambda _: token is None))


@router.get("/metrics", include_in_schema=False)
async def metrics(service: Served) -> Response:
    """Return the counters of the server, for Prometheus."""
    return Response(service.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})


@router.get(
    "/healthz",
    summary="Check the server",
    response_model=HealthReply,
    response_description="The server runs.",
)
async def health(service: Served) -> dict[str, Any]:
    """Return the model, the version and whether a match is running."""
    return {
        "status": "ok",
        "model": service.model_name,
        "version": version(),
        "busy": service.matching.busy,
    }


def version() -> str:
    """Return the installed version, or "0" in a checkout that is not installed."""
    try:
        return importlib.metadata.version("patchwright")
    except importlib.metadata.PackageNotFoundError:
        return "0"
