"""Knobs over a WebSocket: every change, or the newest of each when the client is slow.

Text frames of JSON both ways. In: ``{"knob": 1, "position": 0.5}``, ``{"parameter": "name", "unit":
0.5}``, ``{"x": 0.2, "y": 0.8}``, ``{"step": "undo"}``. Out: ``{"knobs": [...], "parameters":
[...]}``, at first all of them, and ``{"error": {"code", "message"}}``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Hashable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.websockets import WebSocketDisconnect

from datasets.errors import PatchwrightError, ServeError
from models.instrument.instrument import Knob, ParameterValue
from server.errors import error_report
from server.http.errors import error_answer
from server.session.service import Service
from server.updates.command_queue import Command
from server.updates.outbox import ConnectionOutbox

router = APIRouter()

CONNECTIONS = 32  # at a time
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
News = dict[str, Any]


class LiveMessage(BaseModel):
    """A message of a player; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class KnobMessage(LiveMessage):
    """A knob, counted from 1, goes to a position."""

    knob: int
    position: Unit


class ParameterMessage(LiveMessage):
    """A parameter goes to a value."""

    parameter: str
    unit: Unit


class MorphMessage(LiveMessage):
    """A point of the square between the corners."""

    x: Unit
    y: Unit


class StepMessage(LiveMessage):
    """A gesture back, on again, or from A to B."""

    step: Literal["undo", "redo", "switch"]


MESSAGE: TypeAdapter[KnobMessage | ParameterMessage | MorphMessage | StepMessage] = TypeAdapter(
    KnobMessage | ParameterMessage | MorphMessage | StepMessage
)


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """One player, until the connection closes."""
    service: Service = socket.app.state.service
    if service.connections >= CONNECTIONS:
        full = error_answer(503, "busy", f"{CONNECTIONS} players are connected already")
        return await socket.send_denial_response(full)
    await socket.accept()
    player = PlayerConnection(service)
    service.connections += 1
    service.listeners.append(player.tell)
    telling = asyncio.create_task(player.news.deliver(socket.send_json))
    try:
        player.tell(*await service.state(), None)
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                player.hear(await socket.receive_text())
    except KeyError:
        await socket.close(1003, "send text frames of JSON")
    finally:
        service.listeners.remove(player.tell)
        service.connections -= 1
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


class PlayerConnection:
    """One end of a connection."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.news = ConnectionOutbox[News]()

    def tell(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        """Pass on what has changed; a knob is not sent back to the hand that turns it."""
        turned = [] if origin is self else knobs
        self.news.put([(("knob", knob.index), {"knobs": [asdict(knob)]}) for knob in turned])
        self.news.put(
            [(("parameter", change.name), {"parameters": [change._asdict()]}) for change in changes]
        )

    def hear(self, text: str) -> None:
        """Follow a message; what is wrong with it is answered."""
        try:
            said = MESSAGE.validate_python(json.loads(text))
            self._follow(said)
        except (PatchwrightError, ValueError, RecursionError) as error:
            self._complain(error)

    def _follow(self, said: KnobMessage | ParameterMessage | MorphMessage | StepMessage) -> None:
        service = self._service
        if isinstance(said, KnobMessage):
            service.instrument.check_knob(said.knob, said.position)
            turn = partial(service.turn, said.knob, said.position, origin=self)
            self._wish(("knob", said.knob), turn)
        elif isinstance(said, ParameterMessage):
            service.instrument.check_parameter(said.parameter, said.unit)
            self._wish(
                ("parameter", said.parameter),
                partial(service.set_parameter, said.parameter, said.unit),
            )
        elif isinstance(said, MorphMessage):
            self._wish("square", partial(service.move, said.x, said.y))
        else:
            step = {"undo": service.undo, "redo": service.redo, "switch": service.switch}
            service.commands.add_step(step[said.step], self._complain)

    def _wish(self, kind: Hashable, command: Command) -> None:
        self._service.commands.add(kind, command, self._complain)

    def _complain(self, error: Exception) -> None:
        if isinstance(error, ValueError | RecursionError):
            error = ServeError('say {"knob": 1, "position": 0.5} or another message of /v1/live')
        code, text = error_report(error)
        self.news.put([(object(), {"error": {"code": code, "message": text}})])
