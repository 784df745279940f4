"""Play the live host on the system's sound card."""

from __future__ import annotations

from typing import Any

from plugin_bridge.host.block_buffer import BlockBuffer
from plugin_bridge.host.player import Player
from plugin_bridge.sync.target import TargetError


class SoundCard:
    """Run a stream of the sound card that plays until it is closed."""

    urgent, away = False, ""

    def __init__(self, player: Player, device: str = "", frames: int = 256, ahead: int = 0) -> None:
        """Start the stream.

        Args:
            player: Player to render.
            device: Name of the sound card, or a part of it; empty for the system's default.
            frames: Frames per block.
            ahead: Number of blocks to render in advance.

        Raises:
            TargetError: There is no sound card, or it cannot play at the synth's sample rate.
        """
        self.trouble, self._late = "", 0
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise TargetError(
                f"no sound card can be used ({error}): run pip install patchwright[host], and on "
                "Linux install the package libportaudio2; or play to JACK (--output jack)"
            ) from error
        self._ahead = BlockBuffer(player, ahead)
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=player.sample_rate,
                blocksize=frames,
                device=device or None,
                channels=player.channels,
                dtype="float32",
                latency="low",
                callback=self._play,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self._ahead.close()
            raise TargetError(
                f"sound card {device!r}: cannot play {player.channels} channels at "
                f"{player.sample_rate} Hz ({error}); give another --device, or --output jack"
            ) from error

    @property
    def description(self) -> str:
        """Describe the output for the user."""
        stream = self._stream
        return (
            f"sound card {stream.device}, {stream.samplerate:g} Hz, {stream.latency:.3f} s latency"
        )

    @property
    def xruns(self) -> int:
        """Return the number of late blocks: those the system reported, and those of the buffer."""
        return self._late + self._ahead.late

    def rejoin(self) -> bool:
        """Return False: the system gives no sound card back."""
        return False

    def close(self) -> None:
        """Stop playing."""
        self._stream.stop()
        self._stream.close()
        self._ahead.close()

    def _play(self, out: Any, frames: int, time: object, status: Any) -> None:  # noqa: ANN401
        """Render one block in the sound card's callback."""
        if status.output_underflow:
            self._late += 1
        try:
            out[:] = self._ahead.block(frames).T
        except Exception as error:  # an error must not leave the callback
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"
            out.fill(0)
