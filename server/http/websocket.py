"""Play the instrument over a WebSocket, and receive every change.

Both directions use text frames of JSON. The client sends ``{"knob": 1, "position": 0.5}``,
``{"parameter": "name", "unit": 0.5}``, ``{"x": 0.2, "y": 0.8}`` or ``{"step": "undo"}``. The server
sends ``{"knobs": [...], "parameters": [...]}`` and ``{"error": {"code", "message"}}``. Its first
messages hold all knobs and parameters. A slow client gets the newest value of each.
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

CONNECTIONS = 32  # open connections at a time
MOST_WRONG = 1000  # wrong messages in a row; then the connection is closed
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Update = dict[str, Any]


class LiveMessage(BaseModel):
    """Hold a message of a client; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class KnobMessage(LiveMessage):
    """Turn a knob to a position."""

    knob: int = Field(description="Number of the knob, from 1.")
    position: Unit = Field(description="New position, 0 to 1.")


class ParameterMessage(LiveMessage):
    """Set a parameter to a value."""

    parameter: str = Field(description="Name of the parameter.")
    unit: Unit = Field(description="New unit value, 0 to 1.")


class MorphMessage(LiveMessage):
    """Go to a point of the morph square."""

    x: Unit = Field(description="Horizontal position in the square, 0 to 1.")
    y: Unit = Field(description="Vertical position in the square, 0 to 1.")


class StepMessage(LiveMessage):
    """Undo, redo, or switch between A and B."""

    step: Literal["undo", "redo", "switch"] = Field(description="The step.")


MESSAGE: TypeAdapter[KnobMessage | ParameterMessage | MorphMessage | StepMessage] = TypeAdapter(
    KnobMessage | ParameterMessage | MorphMessage | StepMessage
)


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """Serve one client until its connection closes."""
    service: Service = socket.app.state.service
    if service.connections >= CONNECTIONS:
        full = error_answer(503, "busy", f"{CONNECTIONS} clients are connected: close one")
        return await socket.send_denial_response(full)
    await socket.accept()
    player = PlayerConnection(service)
    service.connections += 1
    service.listeners.append(player.send_changes)
    sending = asyncio.create_task(player.updates.deliver_until_dropped(socket, socket.send_json))
    try:
        player.send_changes(*await service.state(), None)
        with contextlib.suppress(WebSocketDisconnect):
            while player.wrong < MOST_WRONG:
                player.receive(await socket.receive_text())
                await asyncio.sleep(0)  # messages that have arrived already do not delay others
            await socket.close(1008, f"{MOST_WRONG} wrong messages in a row")
    except KeyError:
        await socket.close(1003, "send text frames of JSON")
    finally:
        service.listeners.remove(player.send_changes)
        service.connections -= 1
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


class PlayerConnection:
    """Serve the messages and the updates of one client."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.wrong = 0  # wrong messages in a row
        self.updates = ConnectionOutbox[Update]()

    def send_changes(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        """Queue changes for the client, except a knob that the client itself turned.

        Args:
            changes: Parameters that changed.
            knobs: Knobs that changed.
            origin: The client that caused the change, or None.
        """
        turned = [] if origin is self else knobs
        self.updates.put([(("knob", knob.index), {"knobs": [asdict(knob)]}) for knob in turned])
        self.updates.put(
            [(("parameter", change.name), {"parameters": [change._asdict()]}) for change in changes]
        )

    def receive(self, text: str) -> None:
        """Apply a message of the client, or send it an error."""
        try:
            self._follow(MESSAGE.validate_python(json.loads(text)))
            self.wrong = 0
        except (PatchwrightError, ValueError, RecursionError) as error:
            self.wrong += 1
            self._complain(error)

    def _follow(self, message: KnobMessage | ParameterMessage | MorphMessage | StepMessage) -> None:
        """Queue the command of a message."""
        service = self._service
        if isinstance(message, KnobMessage):
            service.instrument.check_knob(message.knob, message.position)
            turn = partial(service.turn, message.knob, message.position, origin=self)
            self._command(("knob", message.knob), turn)
        elif isinstance(message, ParameterMessage):
            service.instrument.check_parameter(message.parameter, message.unit)
            self._command(
                ("parameter", message.parameter),
                partial(service.set_parameter, message.parameter, message.unit),
            )
        elif isinstance(message, MorphMessage):
            self._command("square", partial(service.move, message.x, message.y))
        else:
            step = {"undo": service.undo, "redo": service.redo, "switch": service.switch}
            service.commands.add_step(step[message.step], self._complain)

    def _command(self, kind: Hashable, command: Command) -> None:
        """Queue a command; an error goes to the client."""
        self._service.commands.add(kind, command, self._complain)

    def _complain(self, error: Exception) -> None:
        """Send an error to the client; it replaces one that waits, as a knob's position does."""
        if isinstance(error, ValueError | RecursionError):
            error = ServeError(
                'the message is not one of /v1/live: send {"knob": 1, "position": 0.5}, for example'
            )
        code, text = error_report(error)
        self.updates.put([("error", {"error": {"code": code, "message": text}})])
