"""Answer any error as ``{"error": {"code", "message"}}`` with its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from datasets.errors import MissingError, PatchwrightError, ServeError
from server.errors import error_report
from server.jobs.match_queue import BusyError


class Told(BaseModel):
    """What is wrong."""

    code: str  # one word: serve, audio, spec, missing, busy, request, ...
    message: str  # and how to fix it


class ErrorBody(BaseModel):
    """Any answer that is not what was asked for."""

    error: Told


def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Any error as ``{"error": {"code", "message"}}`` and its status."""
    if isinstance(error, RequestValidationError):
        return error_answer(422, "request", _first_complaint(error))
    if isinstance(error, HTTPException):
        return error_answer(error.status_code, "http", str(error.detail), error.headers)
    code, text = error_report(error)
    if isinstance(error, BusyError):
        return error_answer(503, code, text)
    if isinstance(error, MissingError):
        return error_answer(404, code, text)
    if isinstance(error, PatchwrightError):
        return error_answer(400 if isinstance(error, ServeError) else 422, code, text)
    return error_answer(500, code, text)


def _first_complaint(error: RequestValidationError) -> str:
    first: dict[str, Any] = error.errors()[0]
    field = str(first["loc"][-1])
    if field == "sound":
        return "send the sound as a file, in a multipart form's field 'sound'"
    return f"{field}: {first['msg']}"


def error_answer(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer itself."""
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
