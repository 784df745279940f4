"""Write the sound that the live host plays as preset files, while it plays on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from datasets.atomic_write import replace_file
from renderer.engines.stream import PresetMaker

LONGEST_NAME = 100
SUFFIX = ".vital"
FORBIDDEN = r'\/:*?"<>|'  # in file names on one system or another
WAITING = 8  # Most presets that wait; each takes less than a second.


class PresetWriter:
    """Write Vital presets into one folder, in a thread of its own."""

    def __init__(self, stream: PresetMaker, folder: Path, tell: Callable[[str], None]) -> None:
        """Set what to write and where.

        Args:
            stream: What plays.
            folder: Folder of the presets; it is created.
            tell: Receives a line for each preset.
        """
        self._stream, self._folder, self._tell = stream, folder, tell
        self._thread = ThreadPoolExecutor(1, "preset writer")
        self._waiting = 0

    def write(self, name: str) -> None:
        """Write the current sound as ``NAME.vital``, soon.

        Raises:
            ValueError: The name is no plain file name, a file has it, or too many presets wait.
        """
        is_plain = name.isprintable() and not set(name) & set(FORBIDDEN) and name[:1] != "."
        if not is_plain or not 1 <= len(name.strip()) <= len(name) <= LONGEST_NAME:
            raise ValueError(
                f"preset {name[:40]!r}: give a file name of 1 to {LONGEST_NAME} letters, without "
                f"{FORBIDDEN} and without . at its start"
            )
        path = self._folder / f"{name}{SUFFIX}"
        if path.exists():
            raise ValueError(f"preset {name[:40]!r}: {path.name} exists; choose another name")
        if self._waiting >= WAITING:
            raise ValueError(f"preset {name[:40]!r}: {WAITING} presets wait; send it again later")
        self._waiting += 1
        self._thread.submit(self._write, path, name)

    def close(self) -> None:
        """Write the presets that wait, then end the thread."""
        self._thread.shutdown()

    def _write(self, path: Path, name: str) -> None:
        """Make a preset and write it; report both success and failure."""
        try:
            content = self._stream.preset(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)
        except Exception as error:  # a thread's traceback is lost
            self._tell(f"preset {name!r} was not written ({type(error).__name__}: {error})")
        else:
            self._tell(f"wrote {path}")
        finally:
            self._waiting -= 1
