"""Give every route access to the service, and notice clients that have gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from server.session.service import Service

CLIENT_GONE = 499  # only the log shows it: the client is gone
T = TypeVar("T")


def service_of(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(service_of)]


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Await work for a client; cancel the work when the client closes its connection.

    Args:
        request: The request, with its body already read.
        work: The work.

    Returns:
        The result of the work.

    Raises:
        HTTPException: The client has gone.
    """
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise HTTPException(CLIENT_GONE, "the client closed its connection before the answer")
        return working.result()
    finally:
        working.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    """Return once the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
