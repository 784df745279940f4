"""Store the saved presets and the history in one SQLite file.

Every change is on the disk when its call returns: each call is a transaction, with a write-ahead
log and synchronous FULL. A change that a client knows about therefore survives a killed process.
Use a connection in one thread only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from datasets.errors import MissingError, ServeError
from renderer.plugins.patch_template import PatchFile
from server.presets.collection_errors import collection_error
from server.presets.export_file import exported, imported
from server.presets.rows import stored_origin, stored_text, stored_time, stored_unit
from server.presets.saved_preset import (
    LONGEST_NOTE,
    SavedPreset,
    checked,
    checked_tags,
    now,
)
from server.presets.schema import prepare

LOCKED_S = 2.0  # wait for another program that writes; every other request waits too
MOST_WORDS = 50  # of a search; SQLite limits the depth of a condition


class PresetStore:
    """Hold the open database; use it as a context manager."""

    def __init__(self, path: str | Path) -> None:
        """Open the file, or create it.

        Raises:
            CollectionError: The file cannot be opened or written.
            ServeError: The file is not a preset database.
        """
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=LOCKED_S)
            self._db.text_factory = stored_text  # a listing must not fail on one foreign row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            with self._writing():
                prepare(self._db, str(self.path))
        except (sqlite3.Error, OSError) as error:
            raise collection_error(self.path, error) from error

    # -- changes ---------------------------------------------------------------------------------

    def add(self, kept: SavedPreset, file: PatchFile | None = None) -> SavedPreset:
        """Save a preset and make it the newest of the history.

        Args:
            kept: The preset.
            file: The file with the digest ``kept.patch`` or ``kept.template``, if it has one.

        Returns:
            The preset.
        """
        with self._writing():
            self._keep_files([file] if file else [])
            self._insert(kept)
            self._visit(kept.id)
        return kept

    def get(self, id_: str) -> SavedPreset:
        """Return a preset by its id.

        Raises:
            MissingError: The id is unknown.
        """
        row = self._db.execute(f"{_SELECT} WHERE id = ?", (id_,)).fetchone()
        if row is None:
            raise MissingError(
                f"preset {id_[:64]!r}: no preset with this id. List them for the ids"
            )
        return self._kept(row)

    def file(self, digest: str) -> PatchFile:
        """Return a preset file by its digest; a whole preset file has no name.

        Raises:
            MissingError: The digest is unknown.
        """
        row = self._db.execute(
            "SELECT name, content FROM file WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            raise MissingError(
                f"preset file {digest[:64]!r}: not in the collection. Import it again"
            )
        return PatchFile(row[0], bytes(row[1]))

    def change(
        self,
        id_: str,
        name: str | None = None,
        note: str | None = None,
        starred: bool | None = None,
        tags: Sequence[str] | None = None,
    ) -> SavedPreset:
        """Change some fields of a preset.

        Args:
            id_: Id of the preset.
            name: New name; None keeps the old one.
            note: New note; None keeps the old one.
            starred: New star; None keeps the old one.
            tags: New tags, which replace all old ones; None keeps the old ones.

        Returns:
            The changed preset.

        Raises:
            MissingError: The id is unknown.
            ServeError: The name, the note or a tag is empty or too long.
        """
        self.get(id_)
        with self._writing():
            for column, value in (
                ("name", None if name is None else checked(name)),
                ("note", None if note is None else checked(note, LONGEST_NOTE)),
                ("starred", None if starred is None else int(starred)),
            ):
                if value is not None:
                    self._db.execute(f"UPDATE preset SET {column} = ? WHERE id = ?", (value, id_))
            if tags is not None:
                self._db.execute("DELETE FROM tag WHERE preset = ?", (id_,))
                self._tag(id_, tags)
        return self.get(id_)

    def remove(self, id_: str) -> None:
        """Delete a preset, its history entries, and its preset file if no other preset uses it."""
        kept = self.get(id_)
        with self._writing():
            self._db.execute("DELETE FROM preset WHERE id = ?", (id_,))
            self._db.execute(
                "DELETE FROM file WHERE digest = ? AND NOT EXISTS "
                "(SELECT 1 FROM preset WHERE patch = file.digest OR template = file.digest)",
                (kept.patch or kept.template,),
            )

    def visit(self, id_: str) -> SavedPreset:
        """Make a preset the newest of the history."""
        kept = self.get(id_)
        with self._writing():
            self._visit(id_)
        return kept

    # -- queries ---------------------------------------------------------------------------------

    def history(self, count: int = 100) -> list[SavedPreset]:
        """Return the most recent presets, newest first; a preset may occur several times."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM history JOIN preset ON preset.id = history.preset "
            "ORDER BY number DESC LIMIT ?",
            (count,),
        )
        return [self._kept(row) for row in rows]

    def search(
        self,
        text: str = "",
        tags: Iterable[str] = (),
        starred: bool = False,
        digest: str | None = None,
        count: int = 100,
    ) -> list[SavedPreset]:
        """Search presets; the newest comes first.

        Args:
            text: Words that must all occur in the name, the note or a tag; "" for no condition.
            tags: Tags that a preset must all have.
            starred: Return only presets with a star.
            digest: Return only presets of the spec with this digest; None for any spec.
            count: Largest number of presets.

        Returns:
            The presets.

        Raises:
            ServeError: There are too many words.
        """
        words = list(dict.fromkeys(text.split()))
        if len(words) > MOST_WORDS:
            raise ServeError(f"a search of {len(words)} words: use {MOST_WORDS} at most")
        clauses, values = ["1"], list[object]()
        for word in words:
            clauses.append(
                "(name LIKE ? ESCAPE '\\' OR note LIKE ? ESCAPE '\\' OR EXISTS "
                "(SELECT 1 FROM tag WHERE preset = id AND tag LIKE ? ESCAPE '\\'))"
            )
            values += [f"%{_literal(word)}%"] * 3
        for tag in tags:
            clauses.append("EXISTS (SELECT 1 FROM tag WHERE preset = id AND tag = ?)")
            values.append(tag)
        if starred:
            clauses.append("starred")
        if digest is not None:
            clauses.append("digest = ?")
            values.append(digest)
        where = " AND ".join(clauses)
        order = "ORDER BY made DESC, preset.rowid DESC LIMIT ?"
        rows = self._db.execute(f"{_SELECT} WHERE {where} {order}", (*values, count))
        return [self._kept(row) for row in rows]

    # -- files -----------------------------------------------------------------------------------

    def export(self) -> bytes:
        """Return all presets as JSON, oldest first, without the history."""
        rows = self._db.execute(f"{_SELECT} ORDER BY made, preset.rowid")
        presets = [self._kept(row) for row in rows]
        digests = {k.patch or k.template for k in presets} - {""}
        return exported(presets, {digest: self.file(digest) for digest in sorted(digests)})

    def import_(self, data: bytes) -> int:
        """Add the presets of an export that are not saved yet: all of them, or none after an error.

        Returns:
            The number of new presets.

        Raises:
            ServeError: The document is not an export, or a part of it is wrong or missing.
        """
        presets, files = imported(data)
        known = {row[0] for row in self._db.execute("SELECT id FROM preset")}
        new = {kept.id: kept for kept in presets if kept.id not in known}
        with self._writing():
            digests = {kept.patch or kept.template for kept in new.values()} - {""}
            self._keep_files([files[digest] for digest in sorted(digests)])
            for kept in new.values():
                self._insert(kept)
        return len(new)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _insert(self, kept: SavedPreset) -> None:
        unit = np.asarray(kept.unit, "<f4").tobytes()
        origin = json.dumps(kept.origin)
        row = kept.id, kept.spec, kept.digest, unit, kept.name, kept.note, int(kept.starred)
        self._db.execute(
            "INSERT INTO preset (id, spec, digest, unit, name, note, starred, origin, made, "
            "patch, template) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, origin, kept.made, kept.patch, kept.template),
        )
        self._tag(kept.id, kept.tags)

    def _keep_files(self, files: Iterable[PatchFile]) -> None:
        self._db.executemany(
            "INSERT INTO file (digest, content, name) VALUES (?, ?, ?) "
            "ON CONFLICT (digest) DO UPDATE SET name = excluded.name WHERE name = ''",
            [(file.digest, file.content, file.name) for file in files],
        )

    def _visit(self, id_: str) -> None:
        self._db.execute("INSERT INTO history (preset, at) VALUES (?, ?)", (id_, now()))

    def _tag(self, id_: str, tags: Sequence[str]) -> None:
        rows = [(id_, tag) for tag in checked_tags(tags)]
        self._db.executemany("INSERT INTO tag VALUES (?, ?)", rows)

    def _kept(self, row: Sequence[Any]) -> SavedPreset:
        """Return a row of the table as a preset."""
        tags = self._db.execute("SELECT tag FROM tag WHERE preset = ? ORDER BY tag", (row[0],))
        return SavedPreset(
            id=row[0],
            spec=row[1],
            digest=row[2],
            unit=stored_unit(row[3]),
            name=row[4],
            note=row[5],
            starred=bool(row[6]),
            tags=tuple(tag for (tag,) in tags),
            origin=stored_origin(row[7]),
            made=stored_time(row[8]),
            patch=row[9],
            template=row[10],
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Run a transaction; undo all of it after an error."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself rolls back when the disk is full
                self._db.execute("ROLLBACK")
            raise


_COLUMNS = "preset.id, spec, digest, unit, name, note, starred, origin, made, patch, template"
_SELECT = f"SELECT {_COLUMNS} FROM preset"


def _literal(word: str) -> str:
    """Escape the wildcards of LIKE in a word."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
