"""Render presets, and write them as files."""

from __future__ import annotations

import asyncio

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray
from models.instrument.patch_instrument import PatchPlayable
from models.instrument.patched_model import PatchedModel
from models.instrument.protocols import OwnSynth, Playable
from server.session.preset_session import PresetSession

OWN_FORMAT = "preset"  # the synth's own format


class FileSession(PresetSession):
    """Render presets of the model and whole preset files, and write both as files."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Return the names of the current preset's file formats, the default first."""
        return formats_of(self._stage.current.playable)

    async def hear(self, note: int, id_: str = "") -> bytes:
        """Render the current preset, or a saved one.

        Args:
            note: MIDI note, 0..127.
            id_: Id of a saved preset; the current preset by default.

        Returns:
            A WAV file.

        Raises:
            MissingError: The id is unknown.
            BusyError: Too many requests wait for the synth, or the model is being changed.
            RenderError: The synth fails.
        """
        unit, playable, title = await self._preset(id_)
        self._check_settled()
        if isinstance(playable, PatchPlayable | PatchedModel):
            file, _ = await self._file_of(unit, playable, title)
            return await self.matching.hear_preset(file, note)
        return await self.matching.hear(unit, note)

    async def preset_file(self, id_: str = "", form: str = "") -> tuple[bytes, str]:
        """Return a preset as a file.

        Args:
            id_: Id of a saved preset; the current preset by default.
            form: Format of the file; by default the synth's own one. A timbre model has several.

        Returns:
            The content, and the suffix of the file name.

        Raises:
            MissingError: The id is unknown.
            ServeError: The preset has no such format.
        """
        unit, playable, title = await self._preset(id_)
        known = formats_of(playable)
        if form and form not in known:
            raise ServeError(f"format {form[:40]!r}: {title} has {', '.join(known)}")
        return await self._file_of(unit, playable, title, form)

    async def _file_of(
        self, unit: FloatArray, playable: Playable, title: str, form: str = ""
    ) -> tuple[bytes, str]:
        """Return a preset as a file of a format that it has, and the suffix of its name."""
        if isinstance(playable, OwnSynth):
            return await asyncio.to_thread(
                playable.export, unit, title, form or playable.formats[0]
            )
        if isinstance(playable, PatchPlayable):
            return playable.preset(unit, title), ".vital"
        return await self._in(
            self._playing, lambda: self._stage.open(playable).instrument.preset(unit, title)
        )

    async def _preset(self, id_: str) -> tuple[FloatArray, Playable, str]:
        """Return unit values, instrument and title of a saved preset, or of the current one."""
        if not id_:
            loaded, unit = await self._in(self._playing, self._present)
            return unit, loaded.playable, loaded.playable.name
        kept = await self._kept.get(id_)
        patch = await self._kept.patch_of(kept)
        if patch is not None:
            return np.array(kept.unit, np.float32), patch, kept.name
        template, unit = await self._kept_on(kept)
        return unit, template, kept.name


def formats_of(playable: Playable) -> tuple[str, ...]:
    """Return the names of a playable's file formats, the default first.

    A model of a synth has one: the synth's own format.
    """
    return playable.formats if isinstance(playable, OwnSynth) else (OWN_FORMAT,)
