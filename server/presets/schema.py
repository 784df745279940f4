"""Create the tables of the preset database, and upgrade older files."""

from __future__ import annotations

import sqlite3

from datasets.errors import ServeError

FORMAT = 3  # format of the file, stored as SQLite's user_version
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
# Each entry upgrades the format before it. Format 2 adds whole preset files, each stored once.
# Format 3 adds presets on a player's own patch, whose file has a name.
MIGRATIONS = {
    2: """
ALTER TABLE preset ADD COLUMN patch TEXT NOT NULL DEFAULT '';
CREATE TABLE file (
    digest TEXT PRIMARY KEY,
    content BLOB NOT NULL
);
CREATE INDEX preset_of_file ON preset (patch);
""",
    3: """
ALTER TABLE preset ADD COLUMN template TEXT NOT NULL DEFAULT '';
ALTER TABLE file ADD COLUMN name TEXT NOT NULL DEFAULT '';
CREATE INDEX preset_on_file ON preset (template);
""",
}


def prepare(db: sqlite3.Connection, path: str) -> None:
    """Create the tables, or upgrade the tables of an older format.

    Call this within a transaction: then all steps happen, or none.

    Args:
        db: The open database.
        path: Path of the file, for the error.

    Raises:
        ServeError: The file is not a preset database, or has a newer format.
    """
    (found,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if found == 0 and not tables:
        _run(db, SCHEMA)
        found = 1
    if not 1 <= found <= FORMAT:
        raise ServeError(
            f"{path}: its format is {found}, and this version reads 1 to {FORMAT}. Export the "
            "presets with the version that wrote the file"
        )
    for number in range(found + 1, FORMAT + 1):
        _run(db, MIGRATIONS[number])
    db.execute(f"PRAGMA user_version = {FORMAT}")


def _run(db: sqlite3.Connection, statements: str) -> None:
    """Run several statements, separated by semicolons."""
    for statement in statements.split(";"):
        db.execute(statement)
