"""The dependency of every route: the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from server.session.service import Service


def service_of(request: Request) -> Service:
    """The service behind the app."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(service_of)]
