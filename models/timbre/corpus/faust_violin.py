"""Play notes of a violin's physical model: `python -m models.timbre.corpus.faust_violin FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from datasets.spec import NotePolicy, SynthSpec
from models.timbre.corpus.note import RATE, Note, Report
from renderer.engines.faust import FaustEngine

PROGRAM = Path(__file__).with_name("violin.dsp")
PRESSURE, POSITION = (0.75, 0.95), (0.62, 0.78)  # Of the bow. Outside them, overtones speak.
VIBRATO = 0.1
SHIPPED_VELOCITIES = (40, 90)  # Of the notes of the shipped model.


@dataclass(frozen=True)
class FaustViolin:
    """Give notes of Faust's violin, bowed with random pressure and position.

    Attributes:
        low: Lowest MIDI note.
        high: Highest MIDI note.
        velocities: MIDI velocity of each instance of a note.
        bowing: True for random pressure and position of the bow; otherwise their middle.
        hold_s: Seconds from key-down to key-up.
        tail_s: Seconds after key-up.
        seed: Of the bowing.
    """

    low: int = 55
    high: int = 88
    velocities: tuple[int, ...] = (40, 65, 90)
    bowing: bool = True
    hold_s: float = 1.5
    tail_s: float = 0.5
    seed: int = 0

    @property
    def source(self) -> str:
        """Return the program and the notes."""
        return f"Faust's pm.violin_ui_MIDI, MIDI {self.low} to {self.high}, seed {self.seed}"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield the notes (see ``Corpus``)."""
        length_s = self.hold_s + self.tail_s
        policy = NotePolicy(self.low, self.high, 100, self.hold_s, length_s)
        spec = SynthSpec(
            name="faust-violin",
            version=1,
            engine="faust",
            description="A violin's physical model",
            sample_rate=RATE,
            channels=1,
            note=policy,
            template={},
            parameters=(),
            plugin=(str(PROGRAM),),
        )
        engine = FaustEngine(spec)
        random = np.random.Generator(np.random.Philox(self.seed))
        for midi in range(self.low, self.high + 1):
            for number, velocity in enumerate(self.velocities):
                shares = random.uniform(size=2) if self.bowing else np.full(2, 0.5)
                pressure, position = (
                    low + (high - low) * share
                    for (low, high), share in zip((PRESSURE, POSITION), shares, strict=True)
                )
                engine.set({"pressure": pressure, "position": position, "vibratoGain": VIBRATO})
                audio = engine.render(midi, velocity, self.hold_s, length_s)
                name = f"violin_{midi:03d}_{number}_v{velocity}"
                yield Note(name, audio[0].astype(np.float64), midi)


def main(folder: Path) -> None:
    """Write the notes as WAV files whose names state their pitch."""
    folder.mkdir(parents=True, exist_ok=True)
    for note in FaustViolin(velocities=SHIPPED_VELOCITIES).notes(Report()):
        soundfile.write(folder / f"{note.name}.wav", note.samples, RATE, subtype="FLOAT")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
