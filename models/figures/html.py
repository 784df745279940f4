"""Write the report as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from models.figures.document import Plate, Section, Track

INLINE = 4  # half the largest number of sounds to show; in a longer row only the first one shows
STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --faint: #5c5c5c; --paper: #fdfdfc;
  --line: #d8d8d4; --box: #f3f3ef; --link: #0b5cad; }

@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e4; --faint: #a5a5a0; --paper: #161615;
  --line: #3b3b38; --box: #222220; --link: #7db7f0; } }
* { box-sizing: border-box; }

body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }

h1, h2, h3 { line-height: 1.25; margin: 2rem 0 .5rem; }
h2 { border-top: 1px solid var(--line); padding-top: 1.5rem; }

a { color: var(--link); }
p, figcaption { max-width: 52rem; }
p.lead, figcaption, .about { color: var(--faint); }

nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; }

figure { margin: 1rem 0; }

img { display: block; width: 100%; height: auto; background: #fff; border: 1px solid var(--line);
  border-radius: 6px; }
figcaption { margin: .6rem 0; }

.sounds { display: grid; gap: .6rem 1rem; margin: .6rem 0; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.sounds audio { display: block; width: 100%; height: 2.2rem; }
.sounds span { font-size: .875rem; }

details { margin: .6rem 0; } summary { cursor: pointer; color: var(--link); }
.table { overflow-x: auto; }

table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }

th { vertical-align: bottom; font-weight: 600; }
th:first-child, td:first-child { text-align: left; }

.omitted { background: var(--box); border-radius: 6px; padding: .75rem 1rem; }
"""


def page(title: str, about: str, sections: Sequence[Section]) -> str:
    """Return the whole report as HTML; its paths are relative to its folder.

    Args:
        title: Title of the page.
        about: Sentences below the title.
        sections: The figures.

    Returns:
        The text of the file.
    """
    links = "".join(f'<li><a href="#{s.key}">{escape(s.title)}</a></li>' for s in sections)
    return html_document(
        title,
        about,
        "\n".join(_section(section) for section in sections),
        header=f'<nav aria-label="Figures"><ul>{links}</ul></nav>\n',
    )


def html_document(title: str, about: str, main: str, header: str = "", style: str = "") -> str:
    """Return a whole HTML file in the style of all our pages.

    Args:
        title: Title of the page; escaped here.
        about: Sentences below the title; escaped here.
        main: HTML of the content.
        header: HTML below the title.
        style: CSS rules of this page alone.

    Returns:
        The text of the file.

    >>> "<h1>A &amp; B</h1>" in html_document("A & B", "Two sounds.", "<p>A</p>")
    True
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="about">{escape(about)}</p>
{header}</header>
<main>
{main}
</main>
</body>
</html>
"""


def _section(section: Section) -> str:
    head = f'<h2 id="{section.key}-title">{escape(section.title)}</h2>'
    if section.omitted:
        inside = f'<p class="omitted">Left out: {escape(section.omitted)}.</p>'
    else:
        plates = "\n".join(_plate(plate) for plate in section.plates)
        inside = f'<p class="lead">{escape(section.lead)}</p>\n{plates}'
    return (
        f'<section id="{section.key}" aria-labelledby="{section.key}-title">\n{head}\n{inside}\n'
        "</section>"
    )


def _plate(plate: Plate) -> str:
    heading = f"<h3>{escape(plate.heading)}</h3>\n" if plate.heading else ""
    return (
        f'{heading}<figure>\n<a href="{escape(plate.source)}">'
        f'<img src="{escape(plate.source)}" alt="{escape(plate.alt)}" loading="lazy"></a>\n'
        f"<figcaption>{escape(plate.caption)}</figcaption>\n</figure>\n"
        f"{_sounds(plate.tracks)}{_table(plate.table)}"
    )


def _sounds(tracks: Sequence[Track]) -> str:
    """Return the players of the sounds; those of a long row are folded after the first."""
    if len(tracks) <= 2 * INLINE:
        return _players(tracks)
    rest = _players(tracks[1:])
    summary = f"<summary>each of the {len(tracks) - 1} sounds</summary>"
    return f"{_players(tracks[:1])}<details>{summary}\n{rest}</details>\n"


def _players(tracks: Sequence[Track]) -> str:
    if not tracks:
        return ""
    items = "\n".join(
        f"<li><span>{escape(track.label)}</span>"
        f'<audio controls preload="none" src="{escape(track.source)}" '
        f'aria-label="{escape(track.label)}"></audio></li>'
        for track in tracks
    )
    return f'<ul class="sounds">\n{items}\n</ul>\n'


def _table(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:]
    )
    return (
        f'<div class="table"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        "</table></div>\n"
    )
