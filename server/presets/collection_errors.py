"""Say what is wrong with the file of the saved presets: locked, full, not writable, damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from datasets.errors import ServeError

# By SQLite's primary result codes (https://sqlite.org/rescode.html).
REASONS = {
    sqlite3.SQLITE_BUSY: "another program has locked it: close that program, then try again",
    sqlite3.SQLITE_LOCKED: "another program has locked it: close that program, then try again",
    sqlite3.SQLITE_FULL: "the disk is full: free space, then try again",
    sqlite3.SQLITE_READONLY: "it is not writable: change its permissions, or choose --data",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that its folder exists and is writable, "
    "or choose --data",
    sqlite3.SQLITE_PERM: "it is not writable: change its permissions, or choose --data",
    sqlite3.SQLITE_IOERR: "the disk fails or is full: check the disk, then try again",
    sqlite3.SQLITE_NOTADB: "it is not a database: move it away to start a new collection",
    sqlite3.SQLITE_CORRUPT: "it is damaged: move it away to start a new collection",
}


class CollectionError(ServeError):
    """Signal that the file of the saved presets cannot be read or written now."""


def collection_error(path: Path, error: sqlite3.Error | OSError) -> CollectionError:
    """Return the error for a failure of the database or of its folder, with the fix."""
    if isinstance(error, OSError):
        reason = f"{error.strerror or error}. Choose a folder that is writable with --data"
    else:
        code = getattr(error, "sqlite_errorcode", -1) & 0xFF  # the rest is an extended code
        reason = REASONS.get(code, f"{error}. Move it away to start a new collection")
    return CollectionError(f"collection {path}: {reason}")
