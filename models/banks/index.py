"""Write the index of a bank: one HTML page with players, distances and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from models.figures.html import html_document

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LAYOUT = """
td, th { vertical-align: top; text-align: left; }
td.number { text-align: right; }
td audio { display: block; width: 13rem; height: 2.2rem; }
td .about { font-size: .8125rem; }
"""


def index_page(
    title: str, about: str, rows: Sequence[Mapping[str, Any]], failures: Mapping[str, str]
) -> str:
    """Return the page; its paths are relative to the folder of the bank.

    Args:
        title: Title of the page.
        about: A sentence below the title.
        rows: One for each matched sound: ``file``, ``folder``, ``preset`` and the content of its
            ``match.json`` as ``match``.
        failures: Reason of each failed sound, by file name.

    Returns:
        The HTML.
    """
    heads = ("sound", "target", "answer", "distance", "method", "note", "preset")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "\n".join(_row(row) for row in rows)
    table = (
        f'<div class="table"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        f"</table></div>\n{_failures(failures)}"
    )
    return html_document(title, about, table, style=LAYOUT)


def note_text(note: Mapping[str, Any]) -> str:
    """Return the note of a ``match.json`` in words.

    >>> note_text({"midi": 57, "hold_s": 1.25, "length_s": 1.5})
    'A3 (57), held 1.25 of 1.50 s'
    """
    midi = int(note["midi"])
    name = f"{NOTES[midi % 12]}{midi // 12 - 1}"
    return f"{name} ({midi}), held {note['hold_s']:.2f} of {note['length_s']:.2f} s"


def _row(row: Mapping[str, Any]) -> str:
    match, folder = row["match"], row["folder"]
    answer = next(one for one in match["answers"] if one["method"] == match["method"])
    warnings = "".join(
        f'<div class="about">{escape(text)}</div>' for text in match["target"]["warnings"]
    )
    cells = (
        f"{escape(row['file'])}{warnings}",
        _player(f"{folder}/target.wav", f"target: {row['file']}"),
        _player(f"{folder}/{answer['audio']}", f"answer: {row['file']}"),
        f'{match["distance"]:.2f} dB<div class="about">'
        f"{escape(match['confidence']['verdict'])}</div>",
        escape(match["method"]),
        escape(note_text(match["note"])),
        f'<a href="{_link(row["preset"])}">{escape(row["preset"].rpartition("/")[2])}</a>'
        f'<div class="about"><a href="{_link(folder)}/match.json">match.json</a></div>',
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _player(path: str, label: str) -> str:
    return (
        f'<audio controls preload="none" src="{_link(path)}" aria-label="{escape(label)}"></audio>'
    )


def _link(path: str) -> str:
    """Return a relative path as a link; a name may have spaces, ``#`` or ``%``."""
    return escape(quote(path))


def _failures(failures: Mapping[str, str]) -> str:
    if not failures:
        return ""
    items = "\n".join(
        f"<li>{escape(file)}: {escape(reason)}</li>" for file, reason in failures.items()
    )
    return f'<section><h2>Failed</h2>\n<ul class="omitted">\n{items}\n</ul></section>\n'
