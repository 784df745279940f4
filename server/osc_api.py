"""OSC over UDP: one handler per address, subscribers, and never more than the newest value.

Datagrams are decoded by python-osc, but not dispatched by it: its dispatcher compiles a pattern
and scans every mapped address per message, and sleeps until a bundle's date. A dict does neither.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import math
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from datasets.errors import PatchwrightError, ServeError
from plugin_bridge import protocol
from plugin_bridge.protocol import Address, Message, ProtocolError, Value
from server.inference import MatchOptions
from server.instrument import Change, Knob
from server.jobs import Found, Job
from server.matching import BusyError, answer
from server.service import Service, error_report

log = logging.getLogger(__name__)

Host = tuple[str, int]  # IP and UDP port
Wish = Callable[[], Awaitable[None]]
RECEIVE_BUFFER = 4 * 1024 * 1024  # bytes; the usual 208 kB lose all but 256 messages of a burst
SUBSCRIBERS = 32  # each is sent every change: more would be an amplifier
LONGEST_TTL_S = 24 * 3600.0
DEEPEST_BUNDLE = 8
WISHES = 4096  # that wait at most: every knob and parameter, and some steps back
TAGS = {"int": "i", "float": "f", "string": "s"}


class OscApi(asyncio.DatagramProtocol):
    """The OSC side of a service, on a socket that is already bound."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._subscribers: dict[Host, float] = {}  # where to send -> monotonic time it ends
        self._homes: dict[Host, Host] = {}  # where a subscription came from -> where it goes
        # The newest wish per knob or parameter, oldest first; the sender hears of its errors.
        self._wishes: dict[Hashable, tuple[Wish, Host]] = {}
        self._era = 0  # wishes of one era replace each other
        self._wished = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: dict[tuple[Host, int], Job] = {}  # under way, by sender and request
        self._handlers: dict[Address, Callable[[Message, Host], None]] = {
            protocol.MACRO: self._on_macro,
            protocol.SET_PARAMETER: self._on_set_parameter,
            protocol.SUBSCRIBE: self._on_subscribe,
            protocol.REFRESH: self._on_refresh,
            protocol.UNDO: partial(self._on_step, service.undo),
            protocol.REDO: partial(self._on_step, service.redo),
            protocol.SWITCH: partial(self._on_step, service.switch),
            protocol.LOCK: self._on_lock,
            protocol.MATCH: self._on_match,
            protocol.CANCEL: self._on_cancel,
        }

    async def start(self, bound: socket.socket) -> None:
        """Answer on this socket until ``close``."""
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        bound.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=bound)
        self._service.listeners.append(self._tell)
        self._service.metrics.subscribers.set_function(lambda: len(self.subscribers))
        self._spawn(self._follow_wishes())

    async def close(self) -> None:
        """Stop listening and end what is under way."""
        self._service.listeners.remove(self._tell)
        self._transport.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def subscribers(self) -> list[Host]:
        """Who is told of changes now."""
        now = time.monotonic()
        self._subscribers = {host: end for host, end in self._subscribers.items() if end > now}
        return list(self._subscribers)

    def datagram_received(self, data: bytes, addr: Host) -> None:
        """Handle each message of a packet; what is not OSC is dropped."""
        sender = (addr[0], addr[1])
        try:
            check_framing(data)
            messages = [timed.message for timed in OscPacket(data).messages]
        except Exception as error:  # python-osc lets UnicodeDecodeError and others through
            # No answer: whoever sends this does not read OSC, and two servers could talk forever.
            log.debug("not OSC, from %s: %s", sender, error)
            self._count("not OSC")
            return
        for message in messages:
            # An error is never answered by an error, or a client that echoes would never stop.
            if message.address != protocol.ERROR.path:
                self._receive(message.address, message.params, sender)

    def error_received(self, exc: Exception) -> None:
        """A subscriber's port is closed: it may come back, and its time runs out by itself."""
        log.debug("a message was not delivered: %s", exc)

    def _receive(self, path: str, args: Sequence[object], sender: Host) -> None:
        try:
            message = protocol.check(path, args)
            self._handlers[message.address](message, sender)
            self._count("followed")
        except (PatchwrightError, ProtocolError) as error:
            self._count("refused")
            self._complain(sender, error, request_id(path, args))

    def _count(self, outcome: str) -> None:
        self._service.metrics.osc_messages.labels(outcome).inc()

    def _on_macro(self, message: Message, sender: Host) -> None:
        number, position = message.number, float(message.values[0])
        self._service.instrument.check_knob(number, position)
        turn = partial(self._service.turn, number, position, origin=sender)
        self._wish((protocol.MACRO, number), turn, sender)

    def _on_set_parameter(self, message: Message, sender: Host) -> None:
        name, unit = str(message.values[0]), float(message.values[1])
        self._service.instrument.check_parameter(name, unit)
        set_parameter = partial(self._service.set_parameter, name, unit)
        self._wish((protocol.SET_PARAMETER, name), set_parameter, sender)

    def _on_subscribe(self, message: Message, sender: Host) -> None:
        port, ttl_s = int(message.values[0]), float(message.values[1])
        if not 1 <= port <= 65535:
            raise ServeError(f"{message.address.path}: port {port} is outside 1..65535")
        if not 0 <= ttl_s <= LONGEST_TTL_S:
            raise ServeError(f"{message.address.path}: ttl_s {ttl_s} is outside 0..{LONGEST_TTL_S}")
        home = (sender[0], port)
        if home not in self.subscribers and len(self._subscribers) >= SUBSCRIBERS:
            raise ServeError(f"{SUBSCRIBERS} subscribers already: let one end with ttl_s 0")
        self._subscribers[home] = time.monotonic() + ttl_s
        # Senders whose subscription is over are forgotten here, so the dict cannot grow.
        self._homes = {s: h for s, h in self._homes.items() if h in self.subscribers}
        if ttl_s > 0:
            self._homes[sender] = home
            self._on_refresh(message, sender)

    def _on_refresh(self, message: Message, sender: Host) -> None:
        self._wish((protocol.REFRESH, sender), partial(self._send_state, sender), sender)

    def _on_step(self, step: Wish, message: Message, sender: Host) -> None:
        self._era += 1  # each counts, and what is turned afterwards comes afterwards
        self._wish(None, step, sender)
        self._era += 1

    def _on_lock(self, message: Message, sender: Host) -> None:
        name, on = str(message.values[0]), message.values[1] != 0
        self._service.instrument.check_parameter(name, 0.0)
        self._wish((protocol.LOCK, name), partial(self._service.lock, [name], on), sender)

    def _on_match(self, message: Message, sender: Host) -> None:
        if not ipaddress.ip_address(sender[0]).is_loopback:
            raise ServeError("a path is only read for this machine: upload the sound over HTTP")
        number, path, budget = message.values
        options = MatchOptions(str(budget))
        key = sender, int(number)
        if key in self._jobs:
            raise ServeError(f"request {int(number)} is under way: give another id")
        self._jobs[key] = self._service.matching.submit(Path(str(path)), options)
        self._spawn(self._follow(self._jobs[key], int(number), sender))

    def _on_cancel(self, message: Message, sender: Host) -> None:
        number = int(message.values[0])
        if (sender, number) not in self._jobs:
            raise ServeError(f"no match {number} of yours is under way")
        self._jobs[sender, number].cancel()

    def _wish(self, key: Hashable, wish: Wish, sender: Host) -> None:
        if len(self._wishes) >= WISHES:
            raise BusyError(f"{WISHES} messages wait to be followed: send fewer")
        self._wishes[self._era, key] = (wish, sender)
        self._wished.set()

    async def _follow_wishes(self) -> None:
        while True:
            await self._wished.wait()
            while self._wishes:
                wish, sender = self._wishes.pop(next(iter(self._wishes)))
                try:
                    await wish()
                except Exception as error:  # knobs must live on, whatever one of them meets
                    self._complain(sender, error)
            self._wished.clear()

    async def _follow(self, job: Job, number: int, sender: Host) -> None:
        try:
            async for now in job.changes():
                if not now.ended:
                    self._send(protocol.PROGRESS.path, protocol.PROGRESS, told(now, number), sender)
            text = json.dumps(summary(answer(job)))
        except Exception as error:  # every request ends in a result or an error
            self._complain(sender, error, number)
        else:
            self._send(protocol.RESULT.path, protocol.RESULT, [number, text], sender)
        finally:
            del self._jobs[sender, number]

    async def _send_state(self, sender: Host) -> None:
        changes, knobs = await self._service.state()
        for home in self._homes_of(sender):
            self._send_changes(changes, knobs, home)

    def _tell(self, changes: Sequence[Change], knobs: Sequence[Knob], origin: object) -> None:
        # A knob is not sent back to the hand that turns it: a motor fader would fight it.
        turning = self._homes.get(origin) if isinstance(origin, tuple) else None
        for home in self.subscribers:
            self._send_changes(changes, [] if home == turning else knobs, home)

    def _send_changes(self, changes: Sequence[Change], knobs: Sequence[Knob], home: Host) -> None:
        for knob in knobs:
            state = protocol.MACRO_STATE
            self._send_to(home, state.at(knob.index), state, [knob.position, knob.name])
        for change in changes:
            values = change.name, change.unit, change.native, change.text, change.steps
            self._send_to(home, protocol.PARAMETER.path, protocol.PARAMETER, values)

    def _complain(self, sender: Host, error: Exception, number: int = protocol.NO_ID) -> None:
        code, text = error_report(error)
        self._send(protocol.ERROR.path, protocol.ERROR, [number, code, text], sender)

    def _send(self, path: str, address: Address, values: Sequence[Value], sender: Host) -> None:
        for home in self._homes_of(sender):
            self._send_to(home, path, address, values)

    def _send_to(self, home: Host, path: str, address: Address, values: Sequence[Value]) -> None:
        self._transport.sendto(encode(path, address, values), home)

    def _homes_of(self, sender: Host) -> list[Host]:
        """Where a sender's answers go: its own subscription, else its machine's, else itself."""
        alive = self.subscribers
        home = self._homes.get(sender)
        if home is not None and home in alive:
            return [home]
        return [host for host in alive if host[0] == sender[0]] or [sender]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop alone would let it be collected
        task.add_done_callback(self._tasks.discard)


def encode(path: str, address: Address, values: Sequence[Value]) -> bytes:
    """A datagram with the type tags that the protocol states for an address."""
    builder = OscMessageBuilder(path)
    for argument, value in zip(address.arguments, values, strict=True):
        builder.add_arg(value, TAGS[argument.kind])
    return builder.build().dgram


def told(job: Job, number: int) -> list[Value]:
    """What a progress message says."""
    if job.progress is None:
        return [number, 0, 0, -1.0]
    distance = job.progress.distance if math.isfinite(job.progress.distance) else -1.0
    return [number, job.progress.renders, job.progress.of, distance]


def summary(found: Found) -> dict[str, object]:
    """The short account of a match: a datagram does not hold all candidates."""
    account = found.to_dict()
    wanted = ("model", "note", "distance", "renders", "seed", "timings_ms")
    return {key: account[key] for key in wanted if key in account}


def request_id(path: str, args: Sequence[object]) -> int:
    """The id that a request was sent with, or -1."""
    if path in (protocol.MATCH.path, protocol.CANCEL.path) and args and type(args[0]) is int:
        return args[0]
    return protocol.NO_ID


def check_framing(data: bytes, depth: int = 0) -> None:
    """ValueError unless bundle elements fill the packet.

    python-osc 1.10 trusts an element's size: one of -4 takes it back to where it was, forever.
    """
    if not data.startswith(b"#bundle\0"):
        return
    if depth == DEEPEST_BUNDLE:
        raise ValueError(f"bundles are nested more than {DEEPEST_BUNDLE} deep")
    at = 16
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big", signed=True)
        if size <= 0 or at + 4 + size > len(data):
            raise ValueError(f"a bundle element of {size} bytes does not fit")
        check_framing(data[at + 4 : at + 4 + size], depth + 1)
        at += 4 + size
