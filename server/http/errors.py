"""Answer every error with its status and ``{"error": {"code", "message"}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from datasets.errors import MissingError, PatchwrightError, ServeError
from server.errors import error_report
from server.jobs.short_requests import BusyError
from server.presets.collection_errors import CollectionError


class ErrorDetail(BaseModel):
    """Describe an error."""

    code: str = Field(
        description='One word, for example "audio", "spec", "missing", "busy" or "request".'
    )
    message: str = Field(description="One line: what is wrong, and how to fix it.")


class ErrorBody(BaseModel):
    """Describe the body of every response that reports an error."""

    error: ErrorDetail = Field(description="The error.")


def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Return the response to an error of any kind."""
    if isinstance(error, RequestValidationError):
        return error_answer(422, "request", _first_complaint(error))
    if isinstance(error, HTTPException):
        return error_answer(error.status_code, "http", str(error.detail), error.headers)
    code, text = error_report(error)
    if isinstance(error, BusyError | CollectionError):
        return error_answer(503, code, text)
    if isinstance(error, MissingError):
        return error_answer(404, code, text)
    if isinstance(error, PatchwrightError):
        return error_answer(400 if isinstance(error, ServeError) else 422, code, text)
    # After an error that nothing handles, uvicorn closes the connection: a client must not use it.
    return error_answer(500, code, text, {"connection": "close"})


def _first_complaint(error: RequestValidationError) -> str:
    """Return the first fault of a request, as one line that begins with the field."""
    first: dict[str, Any] = error.errors()[0]
    field = str(first["loc"][-1])
    if field == "sound":
        return "sound: missing. Send the file in the field 'sound' of a multipart form"
    return f"{field}: {first['msg']}"


def error_answer(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the response for a code and a message.

    Args:
        status: HTTP status.
        code: Code word of the error.
        message: One line: what is wrong, and how to fix it.
        headers: Headers of the response; none by default.

    Returns:
        The response.
    """
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
