"""What HTTP and OSC share: one matcher, one instrument, and those who want to hear of changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from datasets.errors import PatchwrightError, ServeError
from datasets.spec import FloatArray
from plugin_bridge.protocol import ProtocolError
from server.course import Course
from server.inference import MatchOptions
from server.instrument import Change, Instrument, Knob
from server.playable import Playable

log = logging.getLogger(__name__)

WAITING_MATCHES = 8  # a match takes up to seconds: more in line would only time out
SOUND_BYTES = 32 * 1024 * 1024  # of a file, before anything decodes it

T = TypeVar("T")
Listener = Callable[[Sequence[Change], Sequence[Knob], object], None]


class BusyError(ServeError):
    """Too many matches wait already."""


class Found(Protocol):
    """The part of ``server.inference.MatchResult`` that is passed on."""

    @property
    def unit(self) -> FloatArray: ...
    @property
    def preset(self) -> bytes: ...
    def to_dict(self) -> dict[str, Any]: ...


class Matcher(Protocol):
    """The part of ``server.inference.Inference`` that is used."""

    def match(self, sound: Path, options: MatchOptions) -> Found: ...
    def close(self) -> None: ...


class Service:
    """The calls behind every adapter; all are for one event loop, none blocks it.

    Matching and the instrument have a thread each: neither is made for two threads at once, and a
    knob must answer while a match runs.
    """

    def __init__(self, checkpoint: Playable, matcher: Matcher) -> None:
        self.model_name = checkpoint.name
        self.instrument = Instrument(checkpoint)
        self.course = Course(self.instrument)
        self.listeners: list[Listener] = []
        self._matcher = matcher
        self._matching = ThreadPoolExecutor(1, "patchwright-match")
        self._playing = ThreadPoolExecutor(1, "patchwright-instrument")
        self._matches = 0

    @property
    def busy(self) -> bool:
        """Whether a match is under way."""
        return self._matches > 0

    async def match(self, sound: Path, options: MatchOptions) -> Found:
        """Match a sound file and load the winner into the instrument.

        Raises BusyError when too many wait, ServeError for a file that is too large, and what the
        matcher raises (AudioError, ...).
        """
        if self._matches >= WAITING_MATCHES:
            raise BusyError(f"{self._matches} matches are waiting already: try again shortly")
        self._matches += 1
        try:
            found = await self._in(self._matching, lambda: self._match(sound, options))
            await self._in(self._playing, lambda: self._load(found.unit))
        finally:
            self._matches -= 1
        await self.tell_all()
        return found

    async def turn(self, n: int, position: float, origin: object = None) -> None:
        """Turn a knob and tell the listeners; ``origin`` is whoever turned it."""

        def turn() -> tuple[list[Change], list[Knob]]:
            self.instrument.check_knob(n, position)
            self.course.mark(("knob", n))
            changes = self.instrument.turn(n, position)
            return changes, [self.instrument.knobs[n - 1]]

        self._tell(*await self._in(self._playing, turn), origin)

    async def set_parameter(self, name: str, unit: float) -> None:
        """Set a parameter by hand and tell the listeners it and the knobs' new places of rest."""

        def set_parameter() -> tuple[list[Change], list[Knob]]:
            self.instrument.check_parameter(name, unit)
            self.course.mark(("parameter", name))
            return self.instrument.set_parameter(name, unit), self.instrument.knobs

        self._tell(*await self._in(self._playing, set_parameter), None)

    async def undo(self) -> None:
        """Take the last gesture back and tell the listeners; ServeError when there is none."""
        await self._go(self.course.undo)

    async def redo(self) -> None:
        """Make the gesture that was undone last again; ServeError when there is none."""
        await self._go(self.course.redo)

    async def switch(self) -> None:
        """From A to B or back."""
        await self._go(self.course.switch)

    async def lock(self, name: str, on: bool) -> None:
        """Lock a parameter where it is, or free it; SpecError for a name."""
        await self._in(self._playing, lambda: self.instrument.lock([name], on))

    async def state(self) -> tuple[list[Change], list[Knob]]:
        """All parameters and all knobs."""
        return await self._in(
            self._playing, lambda: (self.instrument.refresh(), self.instrument.knobs)
        )

    async def tell_all(self) -> None:
        """Tell the listeners everything."""
        self._tell(*await self.state(), None)

    def close(self) -> None:
        """Let what runs end, drop what waits, and free the matcher."""
        self._playing.shutdown(cancel_futures=True)
        self._matching.shutdown(cancel_futures=True)
        self._matcher.close()

    async def _go(self, step: Callable[[], list[Change]]) -> None:
        changes, knobs = await self._in(self._playing, lambda: (step(), self.instrument.knobs))
        self._tell(changes, knobs, None)

    def _load(self, unit: FloatArray) -> None:
        self.course.mark(object())  # a step of its own, always
        self.instrument.load(unit)

    def _match(self, sound: Path, options: MatchOptions) -> Found:
        if sound.is_file() and sound.stat().st_size > SOUND_BYTES:
            raise ServeError(f"{sound} is over {SOUND_BYTES // 1024**2} MiB: cut it shorter")
        return self._matcher.match(sound, options)

    def _tell(self, changes: Sequence[Change], knobs: Sequence[Knob], origin: object) -> None:
        for listener in self.listeners:
            listener(changes, knobs, origin)

    async def _in(self, thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, call)


def error_report(error: Exception) -> tuple[str, str]:
    """The word and the line that stand for an error on the wire: AudioError is ``audio``.

    What is not the caller's to mend is logged with its traceback and told as ``internal``.
    """
    if isinstance(error, PatchwrightError | ProtocolError):
        text = " ".join(str(error).split())[:1000]
        return type(error).__name__.removesuffix("Error").lower(), text
    log.error("a request failed", exc_info=error)
    return "internal", "the server failed on this request: its log says why"
