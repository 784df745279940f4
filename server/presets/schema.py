"""The tables of the database of saved presets, and how an older file becomes a newer one."""

from __future__ import annotations

import sqlite3

from datasets.errors import ServeError

FORMAT = 2  # of the file: SQLite's user_version
SCHEMA = """
CREATE TABLE preset (
    id TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    digest TEXT NOT NULL,
    unit BLOB NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    starred INTEGER NOT NULL DEFAULT 0,
    origin TEXT NOT NULL,
    made TEXT NOT NULL
);
CREATE TABLE tag (
    preset TEXT NOT NULL REFERENCES preset (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (preset, tag)
) WITHOUT ROWID;
CREATE TABLE history (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    preset TEXT NOT NULL REFERENCES preset (id) ON DELETE CASCADE,
    at TEXT NOT NULL
);
CREATE INDEX history_of_preset ON history (preset);
"""
# By the format that each makes of the one before. 2: whole preset files, each kept once.
MIGRATIONS = {
    2: """
ALTER TABLE preset ADD COLUMN patch TEXT NOT NULL DEFAULT '';
CREATE TABLE file (
    digest TEXT PRIMARY KEY,
    content BLOB NOT NULL
);
CREATE INDEX preset_of_file ON preset (patch);
"""
}


def prepare(db: sqlite3.Connection, path: str) -> None:
    """Make the tables where there are none, or those of an older format into today's.

    To be called within a transaction: all of it happens, or nothing.

    Args:
        db: The open file.
        path: Its name for the error.

    Raises:
        ServeError: The file is no collection, or of a newer format.
    """
    (found,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if found == 0 and not tables:
        _run(db, SCHEMA)
        found = 1
    if not 1 <= found <= FORMAT:
        raise ServeError(
            f"{path} is no collection of format {FORMAT} (it says {found}): use the "
            "version that wrote it, and export from there"
        )
    for number in range(found + 1, FORMAT + 1):
        _run(db, MIGRATIONS[number])
    db.execute(f"PRAGMA user_version = {FORMAT}")


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        db.execute(statement)
