"""Draw data-flow.svg, the picture of the start page and of the architecture page.

python docs/images/make_data_flow.py
"""

from pathlib import Path

# Name: column, row, first line, second line.
BOXES = {
    "spec": (0, 0, "spec", "datasets/synths"),
    "sampler": (1, 0, "sampler", "datasets"),
    "engine": (2, 0, "engine in a worker", "renderer"),
    "store": (3, 0, "dataset", "Parquet parts"),
    "training": (3, 1, "features, training", "models"),
    "model": (2, 1, "model", "safetensors, JSON"),
    "sound": (0, 1, "a sound", ""),
    "matcher": (1, 1, "matcher", "models/matching"),
    "preset": (0, 2, "a preset file", ""),
    "instrument": (1, 2, "instrument", "models/instrument"),
    "server": (2, 2, "HTTP, OSC, OSCQuery", "server"),
    "bridge": (3, 2, "Live, Max, MIDI, hosts", "plugin_bridge"),
}
ARROWS = (
    ("spec", "sampler"),
    ("sampler", "engine"),
    ("engine", "store"),
    ("store", "training"),
    ("training", "model"),
    ("model", "matcher"),
    ("sound", "matcher"),
    ("matcher", "preset"),
    ("preset", "instrument"),
    ("model", "instrument"),
    ("instrument", "server"),
    ("server", "bridge"),
)
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 184, 58, 36, 44, 12
INPUTS = ("spec", "sound")


def box(name: str) -> tuple[float, float]:
    """Return the upper left corner of a box."""
    column, row = BOXES[name][:2]
    return MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y)


def arrow(start: str, end: str) -> str:
    """Return a line between the nearest sides of two boxes, or between corners."""
    (x1, y1), (x2, y2) = box(start), box(end)
    middle_x, middle_y = WIDTH / 2, HEIGHT / 2
    if y1 == y2:
        side = WIDTH if x2 > x1 else 0
        line = (x1 + side, y1 + middle_y, x2 + WIDTH - side, y2 + middle_y)
    elif x1 == x2:
        line = (x1 + middle_x, y1 + HEIGHT, x2 + middle_x, y2)
    else:
        line = (x1 + WIDTH * 0.25, y1 + HEIGHT, x2 + WIDTH * 0.75, y2)
    ends = " ".join(
        f'{key}="{value:g}"' for key, value in zip(("x1", "y1", "x2", "y2"), line, strict=True)
    )
    return f'<line {ends} marker-end="url(#tip)"/>'


def picture() -> str:
    """Return the whole picture as SVG."""
    width = 2 * MARGIN + 4 * WIDTH + 3 * GAP_X
    height = 2 * MARGIN + 3 * HEIGHT + 2 * GAP_Y
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, sans-serif" text-anchor="middle">',
        "<title>How data flows through patchwright</title>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#8a8fa3"/></marker>',
        '<g stroke="#8a8fa3" stroke-width="1.6">',
        *(arrow(start, end) for start, end in ARROWS),
        "</g>",
    ]
    for name, (_, _, title, where) in BOXES.items():
        x, y = box(name)
        colour = "#c2410c" if name in INPUTS else "#3f51b5"
        lines.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{colour}"/>'
        )
        middle = x + WIDTH / 2
        low = y + HEIGHT / 2 + (5 if not where else -3)
        lines.append(f'<text x="{middle:g}" y="{low:g}" font-size="14" fill="#fff">{title}</text>')
        if where:
            lines.append(
                f'<text x="{middle:g}" y="{y + 44}" font-size="12" fill="#dfe3ff">{where}</text>'
            )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    Path(__file__).with_name("data-flow.svg").write_text(picture(), encoding="utf-8")
