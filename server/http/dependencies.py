"""Give every route access to the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from server.session.service import Service


def service_of(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(service_of)]
