"""Write the report of a scan in Markdown, next to the draft spec."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from renderer.scan.backgrounds import TRIES
from renderer.scan.draft_spec import SIZES, ranked, to_toml
from renderer.scan.effects import LOOKS
from renderer.scan.findings import ACTS_DB, ACTS_SHARE, KINDS, LEVEL_RATIO, Finding, Kind
from renderer.scan.levels import TAIL_S, Levels
from renderer.scan.picture import draw
from renderer.scan.probe import CLIP
from renderer.scan.reset import Reset
from renderer.scan.scan import Scan, spec_comment

MEANING: dict[Kind, str] = {
    "acts": f"moves the log-mel by more than {ACTS_DB} dB on {ACTS_SHARE:.0%} of the patches",
    "rare": f"moves it on fewer patches, but by more than {ACTS_DB} dB on average",
    "weak": "moves it, but less",
    "level": f"moves the level on most patches, by {LEVEL_RATIO:.0f} times as many dB as the "
    "log-mel",
    "dead": "moves nothing above the floor; if it is not always bit-equal, it changes something "
    "that the log-mel does not measure, such as the stereo width",
    "dangerous": "has almost no safe range: fixed at its default position",
    "random": "makes the synth sound different every time: fixed at its default position",
}


def write(found: Scan, out: Path) -> list[Path]:
    """Write the draft ``out``, if there is one, with its ``.md`` and ``.png``.

    If this scan has no draft, the draft of an earlier scan is removed.

    Args:
        found: The scan.
        out: The draft's ``.toml`` file.

    Returns:
        The files written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    page, picture = out.with_suffix(".md"), out.with_suffix(".png")
    draw(found, picture)
    page.write_text(markdown(found, picture.name), encoding="utf-8")
    if found.draft is None:
        out.unlink(missing_ok=True)
        return [page, picture]
    out.write_text(to_toml(found.draft, spec_comment(found)), encoding="utf-8")
    return [out, page, picture]


def markdown(found: Scan, picture: str) -> str:
    """Return the report of a scan as Markdown.

    Args:
        found: The scan.
        picture: File name of the picture.

    Returns:
        The page.
    """
    parts = [
        f"# {found.plugin}: what a scan found\n",
        *(f"{line}  " for line in spec_comment(found)[1:]),
        "",
        *(f"- {line}" for line in conclusions(found)),
        f"\n![Effects, levels and resets]({picture})\n",
        *_effects(found),
        *_dangers(found.findings),
        *_switches(found.findings),
        *_resets(found.resets),
        *_levels(found),
        *_subsets(found),
        *_method(found),
    ]
    return "\n".join(parts).rstrip() + "\n"


def conclusions(found: Scan) -> list[str]:
    """Return the most important results, one line each."""
    kinds = {kind: [f for f in found.findings if f.kind == kind] for kind in KINDS}
    counts = ", ".join(f"{len(fs)} {kind}" for kind, fs in kinds.items() if fs)
    stepped = sum(f.steps is not None for f in found.findings)
    lines = [f"{len(found.findings)} controls, {stepped} of them stepped: {counts or 'none'}"]
    if found.draft is None:
        lines.append(f"**nothing to learn**: {found.why_nothing}, so there is no draft spec")
    else:
        lines.append(f"the draft learns {len(found.draft)} and fixes the others")
    lines += found.outputs_left_out
    if found.rests_elsewhere:
        lines.append("its start patch is silent: an audible random patch replaces it")
    fixed = [f.control.name for f in kinds["random"]]
    if fixed:
        lines.append(f"fixed, because renders do not repeat when they move: {', '.join(fixed)}")
    restricted = [f.control.name for f in found.findings if f.dangers]
    if restricted:
        lines.append(f"unsafe values are left out of: {', '.join(restricted)}")
    lines += _reset_conclusion(found.chosen)
    if found.levels and found.speed:
        silent, failing = found.levels.share("silent"), _failing(found.levels)
        lines.append(
            f"level {_decibels(found.levels.rms_db[1])} (median), {silent:.0%} silent, "
            f"{failing:.0%} failing; {found.speed.processor_ms:.0f} ms of processor time a clip of "
            f"{found.speed.note.length_s:g} s"
        )
    return lines + (found.settling.conclusions if found.settling else [])


def _reset_conclusion(chosen: Reset | None) -> list[str]:
    if chosen is None:
        return []
    if chosen.is_exact:
        return [f"renders repeat bit for bit with isolation `{chosen.method}`"]
    return [
        f"**renders do not repeat**: with isolation `{chosen.method}`, the best, "
        f"{chosen.equal:.0%} of renders are bit-equal; the others differ by up to "
        f"{chosen.mel_max:.2f} mel dB"
    ]


def _failing(levels: Levels) -> float:
    return 1 - levels.share("ok") - levels.share("silent")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return [*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows), ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _decibels(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0f} dB"


def _effects(found: Scan) -> list[str]:
    def key(finding: Finding) -> tuple[int, float]:
        effect = finding.effect
        return KINDS.index(finding.kind), -effect.mean_db if effect else 0.0

    rows = []
    for f in sorted(found.findings, key=key):
        e = f.effect
        figures = ["-"] * 6
        if e is not None:
            figures = [f"{x:.2f}" for x in (e.mean_db, e.max_db, e.level_db)]
            figures += [f"{e.share:.0%}", f"{e.equal:.0%}", str(e.pairs)]
        learned = found.draft is not None and f.control.name in found.draft.names
        in_draft = f"{f.in_draft.mean_db:.2f}" if f.in_draft and learned else "-"
        rows.append([f.control.name, f.kind, _range(f), _shown(f, f.rest), *figures, in_draft])
    head = ["control", "kind", "safe range", "default", "mean, mel dB", "max", "level, dB"]
    return [
        "## What each control does\n",
        *_table([*head, f"above {ACTS_DB} dB", "bit-equal", "patches", "in the draft"], rows),
        "Mean and max: distance between the log-mels of two settings of one control, over patches "
        "with the other controls at random. In the draft: the mean with the controls that the "
        "draft does not learn at their default position.\n",
        *(f"- **{kind}** {MEANING[kind]}" for kind in KINDS),
        "",
    ]


def _range(finding: Finding) -> str:
    if finding.is_fixed:
        return "fixed"
    if finding.steps is not None:
        return f"{len(finding.allowed)} of {len(finding.steps)} steps"
    return f"{_shown(finding, finding.low)} .. {_shown(finding, finding.high)}"


def _shown(finding: Finding, position: float) -> str:
    """Return a native value, with the text that the synth shows there."""
    native, text = f"{finding.native(position):g}", finding.text_at(position)
    return native if text in ("", native) else f"{native} ({text})"


def _dangers(findings: Sequence[Finding]) -> list[str]:
    rows = [
        [f.control.name, *(f"{f.native(at):g}" for at in (d.first, d.last)), d.what, d.reason]
        for f in findings
        for d in f.dangers
    ]
    if not rows:
        return ["## Unsafe values\n", "None found. Each control was moved alone.\n"]
    return ["## Unsafe values\n", *_table(["control", "from", "to", "what", "seen"], rows)]


def _switches(findings: Sequence[Finding]) -> list[str]:
    rows = [
        [f.control.name, str(len(f.steps)), f.evidence, ", ".join(f.steps.labels)]
        for f in findings
        if f.steps is not None
    ]
    refuted = [f.control.name for f in findings if f.steps is None and f.evidence]
    lines = ["## Stepped controls\n"]
    lines += _table(["control", "steps", "evidence", "shown as"], rows) if rows else ["None.\n"]
    if refuted:
        lines.append(f"Steps in the texts, continuous in the audio: {', '.join(refuted)}.\n")
    return lines


def _resets(resets: Sequence[Reset]) -> list[str]:
    if not resets:
        return []
    rows = [
        [
            r.method,
            *(
                ["-"] * 7 + [r.failed]
                if r.failed
                else [
                    f"{r.equal:.0%} of {r.compared}",
                    f"{r.as_process:.0%}",
                    *(f"{x:.2g}" for x in (r.relative_median, r.relative_max)),
                    *(f"{x:.2f}" for x in (r.mel_median, r.mel_max)),
                    f"{r.processor_ms:.1f}",
                    "",
                ]
            ),
        ]
        for r in resets
    ]
    head = ["method", "bit-equal", "as a new process", "relRMS median", "max", "mel dB median"]
    return [
        "## Which isolation makes renders repeat\n",
        "The same patches in several orders, each order in new worker processes. `none` is one "
        "loaded synth for all patches: it shows how much one render changes the next. The relRMS "
        "is rms(a - b) / rms(a); 1.4 means unrelated phase.\n",
        *_table([*head, "max", "processor ms", "failed"], rows),
    ]


def _levels(found: Scan) -> list[str]:
    levels, speed = found.levels, found.speed
    if levels is None or speed is None:
        return []
    low, middle, high = levels.rms_db
    half, most = levels.tail_s
    statuses = ", ".join(f"{n} {status}" for status, n in levels.statuses.most_common())
    rows = [
        ["outcome", f"{len(levels.clips)} patches: {statuses}"],
        ["rms while held, q10 / q50 / q90", f"{low:.0f} / {middle:.0f} / {high:.0f} dBFS"],
        ["peak above full scale", f"{levels.over:.0%}"],
        ["offset above .01", f"{levels.offset:.0%}"],
        [f"tail to -60 dB, q50 / q90 (of {TAIL_S:g} s rendered)", f"{half:.1f} / {most:.1f} s"],
        ["output channels", f"{found.bare.channels} of {found.described.outputs}"],
        ["processor time", f"{speed.processor_ms:.1f} ms for a clip of {speed.note.length_s:g} s"],
        *([["level at the start", found.settling.cell]] if found.settling else []),
        ["wall time, one worker", f"{speed.wall_ms:.1f} ms"],
        ["clips of the draft that failed", f"{speed.failed} of those timed"],
    ]
    return ["## Level, length, speed\n", *_table(["random patches of the draft", ""], rows)]


def _subsets(found: Scan) -> list[str]:
    names = [finding.control.name for finding in ranked(found.findings)]
    if not names:
        return []
    lines = [
        "## What to learn\n",
        "The largest effect first, with the other controls at random.\n",
    ]
    before = 0
    for size in SIZES:
        if before < len(names):
            added = ", ".join(f"`{name}`" for name in names[before:size])
            lines.append(f"- **{min(size, len(names))}**{' adds' * bool(before)}: {added}")
        before = size
    if found.draft is not None:
        idle = [name for name in names[: found.settings.size] if name not in found.draft.names]
        if idle:
            lines.append(f"\nNot in the draft, where their effect is small: {', '.join(idle)}.")
    return [*lines, ""]


def _method(found: Scan) -> list[str]:
    settings, drawn = found.settings, found.backgrounds
    statuses = ", ".join(f"{n} {status}" for status, n in drawn.statuses.most_common())
    return [
        "## How it was measured\n",
        f"Clips of {CLIP.length_s:g} s, held for {CLIP.hold_s:g} s, isolated by "
        f"`{found.isolation}`, {found.renders} in all.\n",
        f"Effects: {len(drawn)} random patches at random notes. In turn all, half or a quarter of "
        f"the controls move from their default position. {drawn.drawn} patches were drawn (at most "
        f"{TRIES} for each one needed): {statuses}. Each control moves between .2 and .8 of its "
        "safe range; a stepped control moves between two random steps. Each is tried on "
        f"{settings.patches} patches, and on {LOOKS} times as many if its effect is not clear.\n",
        f"Accuracy: a share of {settings.patches} patches is known to about "
        f"{100 / math.sqrt(settings.patches):.0f} points, a share of {LOOKS * settings.patches} to "
        f"about {100 / math.sqrt(LOOKS * settings.patches):.0f}. The scan can miss effects that "
        "need rare settings of other controls, and faults that need several controls at once.\n",
        f"Floor: the same patch rendered again in new processes is bit-equal in "
        f"{found.repeats.equal:.0%} of cases; the largest difference is "
        f"{found.repeats.floor_db:.2g} mel dB.\n",
    ]
