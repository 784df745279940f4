"""Create the HTTP app: routes, middleware and error handlers."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from datasets.errors import PatchwrightError
from server.http import instrument, matches, presets, websocket
from server.http.dependencies import Served
from server.http.errors import ErrorBody, answer_error
from server.http.middleware import by_token, guarded
from server.session.service import Service
from server.telemetry import CONTENT_TYPE

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")

router = APIRouter()


def create_app(
    service: Service, hosts: Sequence[str] = LOOPBACK_HOSTS, token: str | None = None
) -> ASGIApp:
    """The HTTP side of a service.

    ``hosts`` are the names it may be called by: a page that rebinds its own name to this machine is
    refused. ``("*",)`` allows any; then a token should be asked.
    """
    app = FastAPI(
        title="patchwright",
        version=version(),
        summary="Steer a synthesizer by sound.",
        responses={"default": {"model": ErrorBody, "description": "What is wrong, and its code."}},
    )
    app.state.service = service
    for routes in (router, matches.router, instrument.router, presets.router, websocket.router):
        app.include_router(routes)
    for kind in (PatchwrightError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer_error)
    return guarded(app, hosts, by_token(token))


@router.get("/metrics", include_in_schema=False)
async def metrics(service: Served) -> Response:
    """What the server has done, for Prometheus."""
    return Response(service.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})


@router.get("/healthz")
async def health(service: Served) -> dict[str, object]:
    """Whether the server is up, and with what."""
    return {
        "status": "ok",
        "model": service.model_name,
        "version": version(),
        "busy": service.matching.busy,
    }


def version() -> str:
    """The installed version; ``0`` in a checkout that was never installed."""
    try:
        return importlib.metadata.version("patchwright")
    except importlib.metadata.PackageNotFoundError:
        return "0"
