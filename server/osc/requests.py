"""Handle OSC requests: messages with an id, each answered by a result or an error."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from datasets.errors import ServeError
from datasets.foreign_files import file_content
from models.matching.options import MatchOptions
from plugin_bridge import protocol
from plugin_bridge.protocol import Address, Message, Value
from renderer.plugins.patch_template import MOST_BYTES
from server.jobs.job import MatchJob
from server.jobs.match_queue import answer
from server.jobs.short_requests import BusyError
from server.osc.messages import in_parts, progress_of, result_of
from server.osc.subscribers import Sender
from server.session.service import Service

MOST_NEIGHBOURS, MOST_PRESETS = 64, 20  # in one answer
REQUESTS = 64  # requests in progress at a time, matches included

Send = Callable[[Address, Sequence[Value], Sender], None]
Complain = Callable[[Sender, Exception, int], None]


class OscRequests:
    """Run the requests of all clients while the controls continue."""

    def __init__(self, service: Service, send: Send, complain: Complain) -> None:
        """Set the service and the way to the clients.

        Args:
            service: The service.
            send: Sends a message to a client.
            complain: Sends an error to a client, with the id of its request.
        """
        self.service, self._send, self._complain = service, send, complain
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: dict[tuple[Sender, int], MatchJob] = {}  # in progress, by sender and request

    async def close(self) -> None:
        """Cancel the requests in progress."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def on_match(self, message: Message, sender: Sender) -> None:
        """Start a match of a sound file of this machine.

        Raises:
            ServeError: The sender is on another machine, or its request id is in use.
        """
        _check_here(sender, str(message.values[1]), "sound")
        number, path, budget, method = message.values
        options = MatchOptions(str(budget), method=str(method))
        key = sender, int(number)
        self._check_free(*key)
        self._jobs[key] = self.service.match(Path(str(path)), options)
        self._spawn(self._watch(self._jobs[key], int(number), sender))

    def on_rebuild(self, message: Message, sender: Sender) -> None:
        """Start a match of the current sound with another model.

        Raises:
            ServeError: The note is out of range.
            SpecError: The budget or the method does not exist.
        """
        number, model, note, budget, method = message.values
        if not 0 <= int(note) <= 127:
            raise ServeError(f"note {note}: must be 0 to 127")
        options = MatchOptions(str(budget), method=str(method))
        self._check_free(sender, int(number))

        async def rebuilt() -> None:
            try:
                job = await self.service.rebuild(str(model), int(note), options)
                self._check_free(sender, int(number))
            except Exception as error:  # every request ends in a result or an error
                self._complain(sender, error, int(number))
                return
            self._jobs[sender, int(number)] = job
            await self._watch(job, int(number), sender)

        self._spawn(rebuilt())

    def _check_free(self, sender: Sender, number: int) -> None:
        """Check that no match of a client has a request id; ServeError if one has."""
        if (sender, number) in self._jobs:
            raise ServeError(f"request {number} is in progress: use another id")

    def on_patch(self, message: Message, sender: Sender) -> None:
        """Play the model on a preset file of this machine; an empty path leaves the patch.

        Raises:
            ServeError: The sender is on another machine.
        """
        number, path = int(message.values[0]), str(message.values[1])
        _check_here(sender, path, "preset file")

        async def ask() -> Sequence[object]:
            if not path:
                await self.service.leave_patch()
                return [{"file": None, "missing": [], "idle_knobs": []}]
            file = Path(path)
            content = await asyncio.to_thread(file_content, file, MOST_BYTES)
            template = await self.service.use_patch(content, file.name)
            _, knobs = await self.service.state()
            idle = [knob.index for knob in knobs if knob.idle]
            about = {"file": template.file.name, "idle_knobs": idle}
            return [about | part for part in in_parts("missing", template.notes)]

        self._request(number, ask, sender)

    def on_cancel(self, message: Message, sender: Sender) -> None:
        """Cancel a match of the sender.

        Raises:
            ServeError: The sender has no match with this id.
        """
        number = int(message.values[0])
        if (sender, number) not in self._jobs:
            raise ServeError(f"match {number}: you have no match in progress with this id")
        self._jobs[sender, number].cancel()

    def cancel_matches(self, sender: Sender) -> None:
        """Cancel the matches of a client whose connection has closed."""
        for (owner, _), job in self._jobs.items():
            if owner == sender:
                job.abandon()

    def on_neighbours(self, message: Message, sender: Sender) -> None:
        """Find presets that sound like the current one.

        Raises:
            ServeError: The count is out of range.
        """
        number, count, distance = message.values
        if not 1 <= int(count) <= MOST_NEIGHBOURS:
            raise ServeError(f"{count} neighbours: must be 1 to {MOST_NEIGHBOURS}")
        asked = None if float(distance) == -1 else float(distance)

        async def ask() -> Sequence[object]:
            found = await self.service.neighbours(int(count), asked, secrets.randbits(32), sender)
            names = {"names": [one.name for one in found]} if any(o.name for o in found) else {}
            return [{"distances": [round(one.distance, 3) for one in found]} | names]

        self._request(int(number), ask, sender)

    def on_presets(self, message: Message, sender: Sender) -> None:
        """List saved presets."""
        number, text = int(message.values[0]), str(message.values[1])

        async def ask() -> Sequence[object]:
            found = await self.service.collected(lambda kept: kept.search(text, count=MOST_PRESETS))
            return in_parts("presets", [{"id": one.id, "name": one.name} for one in found])

        self._request(number, ask, sender)

    def _request(
        self, number: int, ask: Callable[[], Coroutine[Any, Any, Sequence[object]]], sender: Sender
    ) -> None:
        """Answer a request with its results or an error, while the controls continue."""
        if len(self._tasks) >= REQUESTS:
            raise BusyError(f"{REQUESTS} requests are in progress: wait for their results")

        async def answered() -> None:
            try:
                texts = [json.dumps(part) for part in await ask()]
            except Exception as error:  # every request ends in a result or an error
                self._complain(sender, error, number)
            else:
                for text in texts:
                    self._send(protocol.RESULT, [number, text], sender)

        self._spawn(answered())

    async def _watch(self, job: MatchJob, number: int, sender: Sender) -> None:
        """Send the progress of a match, then its result or its error."""
        try:
            async for now in job.changes():
                if not now.ended:
                    self._send(protocol.PROGRESS, progress_of(now, number), sender)
            values = result_of(answer(job), number, job.warning)
        except Exception as error:  # every request ends in a result or an error
            self._complain(sender, error, number)
        else:
            self._send(protocol.RESULT, values, sender)
        finally:
            del self._jobs[sender, number]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task and keep a reference to it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the event loop alone does not keep a task alive
        task.add_done_callback(self._tasks.discard)


def _check_here(sender: Sender, path: str, what: str) -> None:
    """Check that a path comes from this machine.

    Args:
        sender: The client.
        path: The path that it sent.
        what: Kind of the file.

    Raises:
        ServeError: The sender is on another machine.
    """
    if not sender.is_here:
        raise ServeError(
            f"{path[:100]}: the server reads paths for clients of its own machine only. Upload "
            f"the {what} over HTTP"
        )
