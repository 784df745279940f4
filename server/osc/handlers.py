"""Handle every OSC message, and send changes to subscribers.

Datagrams are decoded by python-osc, but not dispatched by it: its dispatcher compiles a pattern
and scans every mapped address per message, and sleeps until a bundle's date. A dict does neither.
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
from server.jobs.match_queue import BusyError, answer
from server.osc.auth import TokenGate
from server.osc.messages import encode, packets_of, progress_of, request_id, result_of
from server.osc.subscribers import Sender, Subscribers
from server.session.service import Service
from server.updates.command_queue import Command

log = logging.getLogger(__name__)

MOST_NEIGHBOURS, MOST_PRESETS = 64, 20  # in one result, which has to fit a packet
REQUESTS = 64  # of one kind under way at most, matches aside

Handler = Callable[[Message, Sender], None]


class OscApi:
    """The OSC side of a service; packets come to ``receive``, and go out by ``subscribers``."""

    def __init__(self, service: Service, subscribers: Subscribers, gate: TokenGate) -> None:
        self.service, self.subscribers, self.gate = service, subscribers, gate
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: dict[tuple[Sender, int], MatchJob] = {}  # under way, by sender and request
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
        service.listeners.append(self._tell)
        service.metrics.subscribers.set_function(lambda: len(subscribers.subscribed))

    async def close(self) -> None:
        """Tell nothing more, and end what is under way."""
        self.service.listeners.remove(self._tell)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def receive(self, packet: bytes, sender: Sender) -> None:
        """Handle each message of a packet; what is not OSC is dropped."""
        try:
            messages = decode(packet)
        except ValueError as error:
            # No answer: whoever sends this does not read OSC, and two servers could talk forever.
            log.debug("not OSC, from %s: %s", sender, error)
            self._count("not OSC")
            return
        for message in messages:
            # An error is never answered by an error, or a client that echoes would never stop.
            if message.address != protocol.ERROR.path:
                self._follow(message.address, message.params, sender)

    def _follow(self, path: str, args: Sequence[object], sender: Sender) -> None:
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
            if self.gate.admits(sender.ip):  # a stranger's address may be forged
                self._complain(sender, error, request_id(path, args))

    def _count(self, outcome: str) -> None:
        self.service.metrics.osc_messages.labels(outcome).inc()

    # -- continuous controls ---------------------------------------------------------------------

    def _on_macro(self, message: Message, sender: Sender) -> None:
        number, position = message.number, float(message.values[0])
        self.service.instrument.check_knob(number, position)
        turn = partial(self.service.turn, number, position, origin=sender)
        self._wish((protocol.MACRO, number), turn, sender)

    def _on_set_parameter(self, message: Message, sender: Sender) -> None:
        self._set(str(message.values[0]), float(message.values[1]), sender)

    def _on_set_number(self, message: Message, sender: Sender) -> None:
        names = self.service.instrument.spec.names
        if not 1 <= message.number <= len(names):
            raise ServeError(f"no parameter {message.number}: there are 1 to {len(names)}")
        self._set(names[message.number - 1], float(message.values[0]), sender)

    def _set(self, name: str, unit: float, sender: Sender) -> None:
        self.service.instrument.check_parameter(name, unit)
        set_parameter = partial(self.service.set_parameter, name, unit)
        self._wish((protocol.SET_PARAMETER, name), set_parameter, sender)

    def _on_morph(self, message: Message, sender: Sender) -> None:
        x, y = float(message.values[0]), float(message.values[1])
        self._wish(protocol.MORPH, partial(self.service.move, x, y), sender)

    def _on_neighbour(self, message: Message, sender: Sender) -> None:
        place = int(message.values[0])
        self._wish(protocol.NEIGHBOUR, partial(self.service.visit, place), sender)

    # -- subscriptions ---------------------------------------------------------------------------

    def _on_subscribe(self, message: Message, sender: Sender) -> None:
        port, ttl_s, pace_hz = message.values
        self.subscribers.subscribe(sender, int(port), float(ttl_s), float(pace_hz))
        if float(ttl_s) > 0:
            self._on_refresh(message, sender)

    def _on_refresh(self, message: Message, sender: Sender) -> None:
        tell, failed = partial(self._send_state, sender), partial(self._complain, sender)
        self.service.commands.add((protocol.REFRESH, sender), tell, failed, last=True)

    # -- steps -----------------------------------------------------------------------------------

    def _on_step(self, step: Command, message: Message, sender: Sender) -> None:
        self.service.commands.add_step(step, partial(self._complain, sender))

    def _on_lock(self, message: Message, sender: Sender) -> None:
        name, on = str(message.values[0]), message.values[1] != 0
        self.service.instrument.check_parameter(name, 0.0)
        self._wish((protocol.LOCK, name), partial(self.service.lock, [name], on), sender)

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
            raise ServeError("a path is only read for this machine: upload the sound over HTTP")
        number, path, budget, method = message.values
        options = MatchOptions(str(budget), method=str(method))
        key = sender, int(number)
        if key in self._jobs:
            raise ServeError(f"request {int(number)} is under way: give another id")
        self._jobs[key] = self.service.match(Path(str(path)), options)
        self._spawn(self._watch(self._jobs[key], int(number), sender))

    def _on_cancel(self, message: Message, sender: Sender) -> None:
        number = int(message.values[0])
        if (sender, number) not in self._jobs:
            raise ServeError(f"no match {number} of yours is under way")
        self._jobs[sender, number].cancel()

    def _on_neighbours(self, message: Message, sender: Sender) -> None:
        number, count, distance = message.values
        if not 1 <= int(count) <= MOST_NEIGHBOURS:
            raise ServeError(f"{count} neighbours: ask for 1 to {MOST_NEIGHBOURS}")
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
        """Answer a question with a result or an error, besides the controls."""
        if len(self._tasks) >= REQUESTS:
            raise BusyError(f"{REQUESTS} requests are under way: wait for their results")

        async def answered() -> None:
            try:
                text = json.dumps(await ask())
            except Exception as error:  # every request ends in a result or an error
                self._complain(sender, error, number)
            else:
                self._send(protocol.RESULT.path, protocol.RESULT, [number, text], sender)

        self._spawn(answered())

    async def _watch(self, job: MatchJob, number: int, sender: Sender) -> None:
        try:
            async for now in job.changes():
                if not now.ended:
                    values = progress_of(now, number)
                    self._send(protocol.PROGRESS.path, protocol.PROGRESS, values, sender)
            values = result_of(answer(job), number)
        except Exception as error:  # every request ends in a result or an error
            self._complain(sender, error, number)
        else:
            self._send(protocol.RESULT.path, protocol.RESULT, values, sender)
        finally:
            del self._jobs[sender, number]

    # -- telling ---------------------------------------------------------------------------------

    def _wish(self, kind: Hashable, command: Command, sender: Sender) -> None:
        self.service.commands.add(kind, command, partial(self._complain, sender))

    async def _send_state(self, sender: Sender) -> None:
        packets = packets_of(*await self.service.state())
        for box in self.subscribers.answering(sender):
            box.put(packets)

    def _tell(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        # A knob is not sent back to the hand that turns it: a motor fader would fight it.
        turning = self.subscribers.home_of(origin)
        boxes = self.subscribers.subscribed
        packets = packets_of(changes, knobs) if boxes else []
        for home, box in boxes.items():
            box.put(packets[len(knobs) :] if home == turning else packets)

    def _complain(self, sender: Sender, error: Exception, number: int = protocol.NO_ID) -> None:
        code, text = error_report(error)
        self._send(protocol.ERROR.path, protocol.ERROR, [number, code, text], sender)

    def _send(self, path: str, address: Address, values: Sequence[Value], sender: Sender) -> None:
        packet = encode(path, address, values)
        for box in self.subscribers.answering(sender):
            box.put([(object(), packet)])  # nothing overtakes an answer

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop alone would let it be collected
        task.add_done_callback(self._tasks.discard)
