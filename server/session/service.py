"""Join all that the transports share: the instrument, the matcher and the saved presets."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from datasets.errors import MissingError
from models.instrument.patch_instrument import patch_playable
from models.instrument.patched_model import PatchedModel
from models.instrument.protocols import Playable
from models.matching.options import PARAMETERS, MatchOptions
from plugin_bridge.protocol import LOOPBACK
from renderer.plugins.patch_template import PatchTemplate
from server.errors import error_report
from server.jobs.job import MatchJob, MatchOutcome, chosen_distance
from server.jobs.match_queue import MatchQueue
from server.jobs.matcher_interface import MatcherLike
from server.jobs.short_requests import BusyError
from server.presets.saved_preset import LONGEST_NAME
from server.session.file_session import FileSession
from server.session.stage import Stage
from server.updates.command_queue import CommandQueue

log = logging.getLogger(__name__)
Opener = Callable[[], tuple[Playable, MatcherLike]]


class Service(FileSession):
    """Offer every call that a transport needs; no call blocks the event loop.

    Matching and the instrument have one thread each. Neither supports two threads, and a knob must
    respond while a match runs. A service is for one event loop.
    """

    def __init__(
        self,
        checkpoint: Playable,
        matcher: MatcherLike,
        collection: str | Path = ":memory:",
        models: Mapping[str, Opener] | None = None,
        template: PatchTemplate | None = None,
    ) -> None:
        """Open the saved presets and the model's instrument.

        Args:
            checkpoint: The model to play.
            matcher: The matcher of the model.
            collection: File of the saved presets; by default in memory, lost when the process ends.
            models: Models that a client can change to, by name; each value opens one.
            template: A player's own patch to play on; by default the model's own template.

        Raises:
            ServeError: The file of the saved presets cannot be used.
        """
        super().__init__(checkpoint, collection)
        self.models = dict(models or {})
        self.commands = CommandQueue()
        self.connections = 0  # open WebSockets
        self.matching = MatchQueue(matcher, self._landed, self.metrics)
        if template is not None:
            patched = PatchedModel(checkpoint, template)
            self._playing.submit(self._stage.play, patched).result()

    async def change_model(self, name: str) -> None:
        """Change to another model, load its start preset and send all values to the listeners.

        This clears the undo history and keeps the saved presets. After an error the old model
        still plays.

        Raises:
            MissingError: No model has this name.
            BusyError: A match is running or waiting.
            CheckpointError: The model cannot be loaded.
            RenderError: The synth cannot be loaded.
        """
        self._check_model(name)
        self._changing_to = name
        try:
            await self._change_model(self.models[name])
        finally:
            self._changing_to = ""
        self._notify(*await self.state(), None)

    def _check_model(self, name: str) -> None:
        """Check that the model can be changed to another one.

        Raises:
            MissingError: No model has this name.
            BusyError: A match is running or waiting, or the model is being changed.
        """
        if name not in self.models:
            known = ", ".join(sorted(self.models)) or "none"
            raise MissingError(f"{name[:100]!r}: no model of this name. Available: {known}")
        self._check_settled()
        if self.matching.busy:
            raise BusyError(f"{name}: a match is running. Wait for it, or cancel it")

    async def _change_model(self, open_: Opener) -> None:
        """Open another model and play it."""

        def opened() -> tuple[tuple[Playable, Stage], MatcherLike]:
            checkpoint, matcher = open_()
            return (checkpoint, self._playing.submit(Stage, checkpoint).result()), matcher

        checkpoint, stage = await self.matching.exchange(opened)

        def play() -> None:
            self._stage.close()
            self._play(checkpoint.name, stage)

        await self._in(self._playing, play)

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        name: str = "",
        then: Callable[[], object] | None = None,
        client: str = LOOPBACK,
    ) -> MatchJob:
        """Start a match of a sound file.

        The search also starts from the current preset and keeps its locked parameters. While a
        whole preset file plays, the search starts from the sound alone. A player's own patch stays
        the template of the match until it ends, even if another patch is loaded meanwhile.

        Args:
            sound: The sound file.
            options: Budget, method and part of the sound.
            name: Name of the sound in messages; by default the name of the file.
            then: Called when the job has ended.
            client: Address of the client; each client has a limited number of places.

        Returns:
            The job.

        Raises:
            BusyError: Too many matches wait, or the model is being changed.
        """
        self._check_settled()
        here, template = self._model, self.template
        if self._stage.model_is_current or template is not None:
            present = tuple(here.instrument.unit.tolist())
            locked = tuple(dict.fromkeys((*here.instrument.locked, *here.instrument.idle)))
            options = replace(options, present=present, locked=locked)
        if template is not None and options.method == "auto":  # a resynthesis drops the patch
            options = replace(options, method=PARAMETERS)
        job = self.matching.submit(sound, options, name, then, client, template)
        job.playable = here.playable
        return job

    async def rebuild(
        self, name: str, note: int, options: MatchOptions, client: str = LOOPBACK
    ) -> MatchJob:
        """Make a preset of another model from the current sound.

        The server renders a note, saves the current preset, changes to the model, and matches the
        note with it. So a sound of a timbre model becomes a preset of a synth.

        Args:
            name: Name of the model.
            note: MIDI note to render, 0..127.
            options: Budget and method of the match; the note is set.
            client: Address of the client; each client has a limited number of places.

        Returns:
            The job of the match.

        Raises:
            MissingError: No model has this name.
            BusyError: A match is running or waiting, or the model is being changed.
            RenderError: The current sound cannot be rendered, or the synth cannot be loaded.
        """
        self._check_model(name)
        title = f"{self.patch_title or self.model_name} {note}"[:LONGEST_NAME]
        clip = await self.hear(note)
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="patchwright-")
        clear = partial(shutil.rmtree, folder, ignore_errors=True)
        try:
            sound = Path(folder) / "note.wav"
            await asyncio.to_thread(sound.write_bytes, clip)
            await self.keep(title, {"rebuilt": name})
            await self.change_model(name)
            return self.match(sound, replace(options, note=note), title, clear, client)
        except BaseException:
            clear()
            raise

    def close(self) -> None:
        """Finish the running match, cancel the queued matches and close the matcher."""
        self.commands.close()
        self.matching.close()
        # A synth in DawDreamer hangs if another thread than its own closes it.
        self._playing.submit(self._stage.close)
        self._playing.shutdown()
        self._kept.close()

    async def _landed(self, job: MatchJob, found: MatchOutcome) -> None:
        """Load the chosen answer of a match and save it; a failure becomes a warning of the job."""
        title = f"match {job.title}"[:LONGEST_NAME]
        missing = "not loaded"
        try:
            origin: dict[str, object] = {"match": job.title, "distance": chosen_distance(found)}
            await self._load_answer(job, found, title)
            if found.method == "resynthesis":
                origin["method"] = found.method
            missing = "not saved"
            await self.keep(title, origin)
        except Exception as error:  # the answer itself is there
            _, text = error_report(error)
            job.warning = f"the result is {missing}: {text}"
            log.warning("match %s: %s", job.id, job.warning)

    async def _load_answer(self, job: MatchJob, found: MatchOutcome, title: str) -> None:
        """Load the chosen answer of a match."""
        if found.method == "resynthesis":  # the matcher has rendered it: no second try is needed
            patch = await asyncio.to_thread(patch_playable, found.preset, title)
            await self._load_patch(patch, patch.start, ("match", job.id))
        else:
            on = job.playable or self._model.playable
            await self._load_on(on, found.unit, ("match", job.id))
