"""Write ten resynthesised sounds to listen to, with the recording and the parametric preset.

    python docs/benchmarks/resynthesis_examples.py .cache/sounds

The recordings are the best, the median and the worst by J of the corrected preset in
`resynthesis.json`. The script makes every answer again, with the same seed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from examples import write  # noqa: E402  beside this file

from datasets.atomic_write import replace_file  # noqa: E402
from models.audio.features import mono  # noqa: E402
from models.checkpoint import load_checkpoint  # noqa: E402
from models.matching.matcher import Matcher  # noqa: E402
from models.matching.options import MatchOptions  # noqa: E402

SHARES = {
    "best": (0.0, 0.02, 0.06),
    "median": (0.47, 0.49, 0.51, 0.53),
    "worst": (0.96, 0.98, 1.0),
}
FOLDER, PAGE = HERE / "examples", HERE / "resynthesis_examples.md"
HEAD = """# Ten resynthesised sounds to listen to

The sounds are the best, the median and the worst of the [50 recordings of the
benchmark](resynthesis.md), by J. `resynthesis_examples.py` makes this page. The files are Ogg
Vorbis with equal peak level. The answers are those of `match`, which cuts each recording at its
onset. Their J therefore differs a little from the benchmark's.

| sound | | J, dB: parameters | J, dB: resynthesis | listen |
| --- | --- | --- | --- | --- |
"""


def chosen() -> list[tuple[str, str]]:
    """List ten sounds with their place in the order of J."""
    rows = json.loads((HERE / "resynthesis.json").read_text())["root"]["sounds"]
    ordered = sorted(rows, key=lambda name: rows[name]["arms"]["corrected"]["j"])
    last = len(ordered) - 1
    return [
        (ordered[round(share * last)], place)
        for place, shares in SHARES.items()
        for share in shares
    ]


def main(sounds: Path) -> None:
    """Match the ten sounds, write their audio and the page."""
    files = {
        row["name"]: row["file"]
        for row in json.loads((sounds / "sounds.json").read_text())["sounds"]
    }
    page = HEAD
    with Matcher(load_checkpoint("vital-32")) as matcher:
        for number, (name, place) in enumerate(chosen(), 1):
            result = matcher.match(sounds / files[name], MatchOptions("quick", limit_s=60))
            audio = {"recording": mono(result.target.audio)}
            audio |= {answer.method: mono(answer.audio) for answer in result.answers}
            for what, samples in audio.items():
                write(FOLDER / f"resynthesis-{number}-{what}.ogg", samples, result.sample_rate)
            links = ", ".join(
                f"[{what}](examples/resynthesis-{number}-{what}.ogg)" for what in audio
            )
            near, drawn = (f"{answer.distance:.2f}" for answer in result.answers)
            page += f"| {name} | {place} | {near} | {drawn} | {links} |\n"
    replace_file(PAGE, page.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
