"""Handle every OSC message, and send changes to the subscribers.

We do not use python-osc's dispatcher. It compiles a pattern and scans every mapped address for each
message, and it sleeps until the time of a bundle. We use a dict.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Hashable, Sequence
from functools import partial

from datasets.errors import PatchwrightError, ServeError
from models.instrument.instrument import Knob, ParameterValue
from plugin_bridge import protocol
from plugin_bridge.answer_limit import AnswerLimit
from plugin_bridge.osc_datagram import OscError, decode
from plugin_bridge.protocol import Address, Message, ProtocolError, UnknownAddressError, Value
from server.errors import error_report
from server.osc.auth import TokenGate
from server.osc.messages import Packet, encode, missing_knobs, packets_of, request_id
from server.osc.requests import OscRequests
from server.osc.subscribers import Sender, Subscribers
from server.session.service import Service
from server.updates.command_queue import Command

log = logging.getLogger(__name__)

Handler = Callable[[Message, Sender], None]


class OscApi:
    """Handle the OSC messages of a service.

    Packets come in through ``receive`` and go out through ``subscribers``.
    """

    def __init__(self, service: Service, subscribers: Subscribers, gate: TokenGate) -> None:
        self.service, self.subscribers, self.gate = service, subscribers, gate
        self._limit = AnswerLimit()
        self._most_knobs = 0  # of the instruments that played so far
        self._requests = OscRequests(service, self._send, self._complain)
        self.cancel_matches = self._requests.cancel_matches
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
            protocol.MATCH: self._requests.on_match,
            protocol.PATCH: self._requests.on_patch,
            protocol.CANCEL: self._requests.on_cancel,
            protocol.NEIGHBOURS: self._requests.on_neighbours,
            protocol.NEIGHBOUR: self._on_neighbour,
            protocol.WANDER: self._on_wander,
            protocol.CORNER: self._on_corner,
            protocol.MORPH: self._on_morph,
            protocol.MODEL: self._on_model,
            protocol.REBUILD: self._requests.on_rebuild,
            protocol.KEEP: self._on_keep,
            protocol.PRESETS: self._requests.on_presets,
            protocol.LOAD: self._on_load,
        }
        service.listeners.append(self._send_changes)
        service.metrics.subscribers.set_function(lambda: len(subscribers.subscribed))

    async def close(self) -> None:
        """Stop sending changes, and cancel the requests in progress."""
        self.service.listeners.remove(self._send_changes)
        await self._requests.close()

    def receive(self, packet: bytes, sender: Sender) -> None:
        """Handle each message of a packet; drop a packet that is not OSC."""
        if not self.gate.reads(sender.ip, packet):
            self._count("refused")
            return
        try:
            messages = decode(packet, partial(self._refuse, sender))
        except OscError as error:
            self._refuse(sender, error)
            return
        for message in messages:
            # Never reply to an error with an error: a client that echoes would do so without end.
            if message.address != protocol.ERROR.path:
                self._follow(message.address, message.params, sender)

    def _refuse(self, sender: Sender, error: OscError) -> None:
        """Count a message that is not OSC; answer it if its address is one of ours.

        Other senders get no answer: they may not read OSC, and two servers could reply to each
        other without end.
        """
        log.debug("a packet from %s is not OSC: %s", sender, error)
        self._count("not OSC")
        if error.address.startswith(protocol.PREFIX) and error.address != protocol.ERROR.path:
            self.answer_seldom(sender, ProtocolError(str(error)))

    def answer_seldom(self, sender: Sender, error: ProtocolError) -> None:
        """Report an error to the sender, unless too many were reported in this second."""
        if self.gate.admits(sender.ip) and (text := self._limit.answer(error)) is not None:
            self._complain(sender, ProtocolError(text))

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
        except UnknownAddressError as error:
            self._count("refused")
            self.answer_seldom(sender, error)
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
        names = self.service.instrument.names
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
        self._command(protocol.NEIGHBOUR, partial(self.service.visit, place, sender), sender)

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

    # -- sending ---------------------------------------------------------------------------------

    def _command(self, kind: Hashable, command: Command, sender: Sender) -> None:
        """Queue a command; report an error to the sender."""
        self.service.commands.add(kind, command, partial(self._complain, sender))

    async def _send_state(self, sender: Sender) -> None:
        """Send all parameters and knobs to a client."""
        changes, knobs = await self.service.state()
        packets = self._missing_knobs(knobs) + packets_of(changes, knobs)
        for box in self.subscribers.answering(sender):
            box.put(packets)

    def _missing_knobs(self, knobs: Sequence[Knob]) -> list[Packet]:
        """Return packets that clear the knobs which an earlier instrument had and this one lacks.

        Args:
            knobs: All knobs of the instrument, or one that was turned.
        """
        if len(knobs) != self.service.instrument.knob_count:
            return []
        self._most_knobs = max(self._most_knobs, len(knobs))
        return missing_knobs(len(knobs) + 1, self._most_knobs)

    def _send_changes(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        """Send changes to all subscribers."""
        # Do not send a knob back to the client that turns it: its motor fader would fight the hand.
        turning = self.subscribers.home_of(origin)
        boxes = self.subscribers.subscribed
        missing = self._missing_knobs(knobs)
        packets = packets_of(changes, knobs) if boxes else []
        for home, box in boxes.items():
            box.put(missing + (packets[len(knobs) :] if home == turning else packets))

    def _complain(self, sender: Sender, error: Exception, number: int = protocol.NO_ID) -> None:
        """Send an error to a client."""
        self._send(protocol.ERROR, [number, *error_report(error)], sender)

    def _send(self, address: Address, values: Sequence[Value], sender: Sender) -> None:
        """Send a message to a client."""
        packet = encode(address.path, address, values)
        # Newer progress of a request replaces older progress; no other message is replaced.
        kind: Hashable = (address, values[0]) if address is protocol.PROGRESS else object()
        for box in self.subscribers.answering(sender):
            box.put([(kind, packet)])
