"""Handle every OSC message, and send changes to the subscribers.

python-osc decodes the datagrams, but does not dispatch them. Its dispatcher compiles a pattern and
scans every mapped address for each message, and it sleeps until the time of a bundle. We use a
dict.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from datasets.errors import PatchwrightError, ServeError
from models.instrument.instrument import Knob, ParameterValue
from models.matching.options import MatchOptions
from plugin_bridge import protocol
from plugin_bridge.osc_datagram import decode
from plugin_bridge.protocol import Address, Message, ProtocolError, Value
from server.errors import error_report
from server.jobs.job import MatchJob
from server.jobs.match_queue import answer
from server.jobs.short_requests import BusyError
from server.osc.auth import TokenGate
from server.osc.messages import encode, packets_of, progress_of, request_id, result_of
from server.osc.subscribers import Sender, Subscribers
from server.session.service import Service
from server.updates.command_queue import Command

log = logging.getLogger(__name__)

MOST_NEIGHBOURS, MOST_PRESETS = 64, 20  # in one result, which must fit a packet
REQUESTS = 64  # requests in progress at a time, matches included

Handler = Callable[[Message, Sender], None]


class OscApi:
    """Handle the OSC messages of a service.

    Packets come in through ``receive`` and go out through ``subscribers``.
    """

    def __init__(self, service: Service, subscribers: Subscribers, gate: TokenGate) -> None:
        self.service, self.subscribers, self.gate = service, subscribers, gate
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: dict[tuple[Sender, int], MatchJob] = {}  # in progress, by sender and request
        self._handlers: dict[Address, Handler] = {
            protocol.MACRO: self._on_macro,
            protocol.SET_PARAMETER: self._on_set_parameter,
            protocol.SET_NUMBER: self._on_set_number,
            protocol.SUBSCRIBE: self._on_subscribe,
            protocol.REFRESH: self._on_refresh,
            protocol.UNDO: partial(self._on_step, service.undo),
            protocol.REDO: partial(self._on_step, service.redo),
            protocol.SWITCH: partial(self._on_step, service.switch),
            protocol.LOCK: self._on_lock,
            protocol.MATCH: self._on_match,
            protocol.CANCEL: self._on_cancel,
            protocol.NEIGHBOURS: self._on_neighbours,
            protocol.NEIGHBOUR: self._on_neighbour,
            protocol.WANDER: self._on_wander,
            protocol.CORNER: self._on_corner,
            protocol.MORPH: self._on_morph,
            protocol.MODEL: self._on_model,
            protocol.KEEP: self._on_keep,
            protocol.PRESETS: self._on_presets,
            protocol.LOAD: self._on_load,
        }
        service.listeners.append(self._send_changes)
        service.metrics.subscribers.set_function(lambda: len(subscribers.subscribed))

    async def close(self) -> None:
        """Stop sending changes, and cancel the requests in progress."""
        self.service.listeners.remove(self._send_changes)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def receive(self, packet: bytes, sender: Sender) -> None:
        """Handle each message of a packet; drop a packet that is not OSC."""
        try:
            messages = decode(packet)
        except ValueError as error:
            # No reply: the sender does not read OSC, and two servers could reply to each other
            # without end.
            log.debug("a packet from %s is not OSC: %s", sender, error)
            self._count("not OSC")
            return
        for message in messages:
            # Never reply to an error with an error: a client that echoes would do so without end.
            if message.address != protocol.ERROR.path:
                self._follow(message.address, message.params, sender)

    def _follow(self, path: str, args: Sequence[object], sender: Sender) -> None:
        """Check a message and call its handler; report an error to the sender."""
        try:
            message = protocol.check(path, args)
            if message.address is protocol.TOKEN:
                self.gate.open(sender.ip, str(message.values[0]))
            else:
                self.gate.check(sender.ip)
                self._handlers[message.address](message, sender)
            self._count("followed")
        except (PatchwrightError, ProtocolError) as error:
            self._count("refused")
            if self.gate.admits(sender.ip):  # the address of an unknown machine may be forged
                self._complain(sender, error, request_id(path, args))

    def _count(self, outcome: str) -> None:
        """Count a message by its outcome."""
        self.service.metrics.osc_messages.labels(outcome).inc()

    # -- continuous controls ---------------------------------------------------------------------

    def _on_macro(self, message: Message, sender: Sender) -> None:
        number, position = message.number, float(message.values[0])
        self.service.instrument.check_knob(number, position)
        turn = partial(self.service.turn, number, position, origin=sender)
        self._command((protocol.MACRO, number), turn, sender)

    def _on_set_parameter(self, message: Message, sender: Sender) -> None:
        self._set(str(message.values[0]), float(message.values[1]), sender)

    def _on_set_number(self, message: Message, sender: Sender) -> None:
        names = self.service.instrument.spec.names
        if not 1 <= message.number <= len(names):
            raise ServeError(f"parameter {message.number}: there are 1 to {len(names)}")
        self._set(names[message.number - 1], float(message.values[0]), sender)

    def _set(self, name: str, unit: float, sender: Sender) -> None:
        """Set a parameter."""
        self.service.instrument.check_parameter(name, unit)
        set_parameter = partial(self.service.set_parameter, name, unit)
        self._command((protocol.SET_PARAMETER, name), set_parameter, sender)

    def _on_morph(self, message: Message, sender: Sender) -> None:
        x, y = float(message.values[0]), float(message.values[1])
        self._command(protocol.MORPH, partial(self.service.move, x, y), sender)

    def _on_neighbour(self, message: Message, sender: Sender) -> None:
        place = int(message.values[0])
        self._command(protocol.NEIGHBOUR, partial(self.service.visit, place), sender)

    # -- subscriptions ---------------------------------------------------------------------------

    def _on_subscribe(self, message: Message, sender: Sender) -> None:
        port, ttl_s, pace_hz = message.values
        self.subscribers.subscribe(sender, int(port), float(ttl_s), float(pace_hz))
        if float(ttl_s) > 0:
            self._on_refresh(message, sender)

    def _on_refresh(self, message: Message, sender: Sender) -> None:
        send, failed = partial(self._send_state, sender), partial(self._complain, sender)
        self.service.commands.add((protocol.REFRESH, sender), send, failed, last=True)

    # -- steps -----------------------------------------------------------------------------------

    def _on_step(self, step: Command, message: Message, sender: Sender) -> None:
        self.service.commands.add_step(step, partial(self._complain, sender))

    def _on_lock(self, message: Message, sender: Sender) -> None:
        name, on = str(message.values[0]), message.values[1] != 0
        self.service.instrument.check_parameter(name, 0.0)
        self._command((protocol.LOCK, name), partial(self.service.lock, [name], on), sender)

    def _on_wander(self, message: Message, sender: Sender) -> None:
        length, seed = float(message.values[0]), secrets.randbits(32)
        self._on_step(partial(self.service.wander, length, seed), message, sender)

    def _on_corner(self, message: Message, sender: Sender) -> None:
        corner = int(message.values[0])
        put = partial(self.service.explore, lambda exploration: exploration.put(corner))
        self._on_step(put, message, sender)

    def _on_keep(self, message: Message, sender: Sender) -> None:
        name = str(message.values[0])

        async def keep() -> None:
            await self.service.keep(name, {"by": "hand"})

        self._on_step(keep, message, sender)

    def _on_model(self, message: Message, sender: Sender) -> None:
        self._on_step(partial(self.service.change_model, str(message.values[0])), message, sender)

    def _on_load(self, message: Message, sender: Sender) -> None:
        self._on_step(partial(self.service.load_kept, str(message.values[0])), message, sender)

    # -- requests --------------------------------------------------------------------------------

    def _on_match(self, message: Message, sender: Sender) -> None:
        if not sender.is_here:
            raise ServeError(
                f"{str(message.values[1])[:100]}: the server reads paths for clients of its own "
                "machine only. Upload the sound over HTTP"
            )
        number, path, budget, method = message.values
        options = MatchOptions(str(budget), method=str(method))
        key = sender, int(number)
        if key in self._jobs:
            raise ServeError(f"request {int(number)} is in progress: use another id")
        self._jobs[key] = self.service.match(Path(str(path)), options)
        self._spawn(self._watch(self._jobs[key], int(number), sender))

    def _on_cancel(self, message: Message, sender: Sender) -> None:
        number = int(message.values[0])
        if (sender, number) not in self._jobs:
            raise ServeError(f"match {number}: you have no match in progress with this id")
        self._jobs[sender, number].cancel()

    def cancel_matches(self, sender: Sender) -> None:
        """Cancel the matches of a client whose connection has closed."""
        for (owner, _), job in self._jobs.items():
            if owner == sender:
                job.cancel()

    def _on_neighbours(self, message: Message, sender: Sender) -> None:
        number, count, distance = message.values
        if not 1 <= int(count) <= MOST_NEIGHBOURS:
            raise ServeError(f"{count} neighbours: must be 1 to {MOST_NEIGHBOURS}")
        asked = None if float(distance) == -1 else float(distance)

        async def ask() -> object:
            found = await self.service.neighbours(int(count), asked, secrets.randbits(32))
            return {"distances": [round(one.distance, 3) for one in found]}

        self._request(int(number), ask, sender)

    def _on_presets(self, message: Message, sender: Sender) -> None:
        number, text = int(message.values[0]), str(message.values[1])

        async def ask() -> object:
            found = await self.service.collected(lambda kept: kept.search(text, count=MOST_PRESETS))
            return {"presets": [{"id": one.id, "name": one.name} for one in found]}

        self._request(number, ask, sender)

    def _request(
        self, number: int, ask: Callable[[], Coroutine[Any, Any, object]], sender: Sender
    ) -> None:
        """Answer a request with a result or an error, while the controls continue."""
        if len(self._tasks) >= REQUESTS:
            raise BusyError(f"{REQUESTS} requests are in progress: wait for their results")

        async def answered() -> None:
            try:
                text = json.dumps(await ask())
            except Exception as error:  # every request ends in a result or an error
                self._complain(sender, error, number)
            else:
                self._send(protocol.RESULT.path, protocol.RESULT, [number, text], sender)

        self._spawn(answered())

    async def _watch(self, job: MatchJob, number: int, sender: Sender) -> None:
        """Send the progress of a match, then its result or its error."""
        try:
            async for now in job.changes():
                if not now.ended:
                    values = progress_of(now, number)
                    self._send(protocol.PROGRESS.path, protocol.PROGRESS, values, sender)
            values = result_of(answer(job), number, job.warning)
        except Exception as error:  # every request ends in a result or an error
            self._complain(sender, error, number)
        else:
            self._send(protocol.RESULT.path, protocol.RESULT, values, sender)
        finally:
            del self._jobs[sender, number]

    # -- sending ---------------------------------------------------------------------------------

    def _command(self, kind: Hashable, command: Command, sender: Sender) -> None:
        """Queue a command; report an error to the sender."""
        self.service.commands.add(kind, command, partial(self._complain, sender))

    async def _send_state(self, sender: Sender) -> None:
        """Send all parameters and knobs to a client."""
        packets = packets_of(*await self.service.state())
        for box in self.subscribers.answering(sender):
            box.put(packets)

    def _send_changes(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        """Send changes to all subscribers."""
        # Do not send a knob back to the client that turns it: its motor fader would fight the hand.
        turning = self.subscribers.home_of(origin)
        boxes = self.subscribers.subscribed
        packets = packets_of(changes, knobs) if boxes else []
        for home, box in boxes.items():
            box.put(packets[len(knobs) :] if home == turning else packets)

    def _complain(self, sender: Sender, error: Exception, number: int = protocol.NO_ID) -> None:
        """Send an error to a client."""
        code, text = error_report(error)
        self._send(protocol.ERROR.path, protocol.ERROR, [number, code, text], sender)

    def _send(self, path: str, address: Address, values: Sequence[Value], sender: Sender) -> None:
        """Send a message to a client."""
        packet = encode(path, address, values)
        for box in self.subscribers.answering(sender):
            box.put([(object(), packet)])  # a unique kind: no later message replaces it

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task and keep a reference to it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the event loop alone does not keep a task alive
        task.add_done_callback(self._tasks.discard)
