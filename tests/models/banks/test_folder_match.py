"""A folder of sounds becomes a bank, also when it is interrupted and continued."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from datasets.preset_files import read_vitalbank
from models.banks.folder_match import failed
from models.banks.record import open_record
from patchwright import app

vita = pytest.importorskip("vita", reason="no wheel of vita for this platform")

SOUNDS, BROKEN = 18, ("broken 3.flac", "broken 11.wav")
FIRST = 7  # sounds that are matched before the interruption


def sounds_in(folder: Path) -> Path:
    """Make 18 short sounds of other pitch and length, and two files that hold none."""
    folder.mkdir()
    for number in range(SOUNDS):
        seconds = np.arange(round((0.1 + 0.02 * number) * 44100)) / 44100
        tone = np.sign(np.sin(2 * np.pi * 110 * 2 ** (number / 12) * seconds))
        soundfile.write(folder / f"hit {number}.wav", 0.3 * tone * np.exp(-8 * seconds), 44100)
    (folder / BROKEN[0]).write_bytes(bytes(range(256)) * 8)
    (folder / BROKEN[1]).write_text("no sound")
    return folder


def run(folder: Path, out: Path, *more: str) -> tuple[int, str, str]:
    arguments = ["match", str(folder), "--out", str(out), "--budget", "instant", "--workers", "1"]
    result = CliRunner().invoke(app, [*arguments, *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def matches(out: Path) -> dict[str, dict[str, Any]]:
    return {p.parent.name: json.loads(p.read_text()) for p in out.glob("sounds/*/match.json")}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, int]]:
    """Interrupt a bank after some sounds, then continue it; return what was finished before."""
    folder = sounds_in(tmp_path_factory.mktemp("bank") / "hits")
    out, lines = folder.parent / "out", list[str]()

    def interrupt(text: object = None, **_: object) -> None:
        lines.append(str(text))
        if len(lines) == FIRST:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.echo", interrupt)
        assert run(folder, out)[0] == 130
    before = {p.as_posix(): p.stat().st_mtime_ns for p in out.glob("sounds/*/match.json")}
    assert (out / "index.html").is_file() and 0 < len(before) < SOUNDS
    code, _, progress = run(folder, out)
    assert code == 1 and f"{len(before)} of {SOUNDS + 2} sounds are matched already" in progress
    return folder, out, before


def test_an_interrupted_bank_continues_without_matching_again(
    bank: tuple[Path, Path, dict[str, int]],
) -> None:
    _, out, before = bank
    assert {path: Path(path).stat().st_mtime_ns for path in before} == before
    assert len(matches(out)) == SOUNDS
    assert len(list((out / "presets").glob("*.vital"))) == SOUNDS


def test_a_finished_bank_is_not_matched_again_and_reports_json(
    bank: tuple[Path, Path, dict[str, int]],
) -> None:
    folder, out, _ = bank
    code, printed, progress = run(folder, out, "--json")
    document = json.loads(printed)
    assert code == 1 and set(document["failed"]) == set(BROKEN)
    assert "distance" not in progress  # only the broken sounds were tried again
    found = matches(out)
    for sound in document["sounds"]:
        match = found[Path(sound["folder"]).name]
        assert (sound["distance"], sound["note"]) == (match["distance"], match["note"])
        assert (out / sound["preset"]).read_bytes() == (
            out / sound["folder"] / match["answers"][0]["preset"]
        ).read_bytes()


def test_the_failed_sounds_have_a_reason_of_one_line(
    bank: tuple[Path, Path, dict[str, int]],
) -> None:
    _, out, _ = bank
    settings = json.loads((out / "bank.json").read_text())["settings"]
    reasons = failed(open_record(out, settings))
    assert set(reasons) == set(BROKEN)
    assert all("unknown or damaged format" in reason for reason in reasons.values())


def test_the_bank_file_holds_all_presets(
    bank: tuple[Path, Path, dict[str, int]],
) -> None:
    _, out, _ = bank
    names = [name for name, _ in read_vitalbank(out / "out.vitalbank")]
    assert sorted(names) == sorted(f"match hit {number}" for number in range(SOUNDS))


def test_the_index_has_the_figures_of_each_match_and_links_that_exist(
    bank: tuple[Path, Path, dict[str, int]],
) -> None:
    _, out, _ = bank
    page = (out / "index.html").read_text()
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(links) == 4 * SOUNDS and not re.search(r"https?:|//", page)
    assert all((out / link.replace("%20", " ")).is_file() for link in links)
    for name, match in matches(out).items():
        (row,) = re.findall(rf"<tr><td>{name}\.wav.*?</tr>", page)
        note = match["note"]
        assert f"{match['distance']:.2f} dB" in row and f"({note['midi']})" in row
        assert f"held {note['hold_s']:.2f} of {note['length_s']:.2f} s" in row


def test_other_options_are_refused(bank: tuple[Path, Path, dict[str, int]]) -> None:
    folder, out, _ = bank
    result = CliRunner().invoke(
        app, ["match", str(folder), "--out", str(out), "--budget", "instant", "--seed", "3"]
    )
    assert "made with --seed 0, now it is 3" in str(result.exception)


def test_a_changed_sound_is_matched_again(
    bank: tuple[Path, Path, dict[str, int]], tmp_path: Path
) -> None:
    folder, out, _ = bank
    for source in (folder, out):
        shutil.copytree(source, tmp_path / source.name)
    for name in BROKEN:
        (tmp_path / folder.name / name).unlink()
    hit = tmp_path / folder.name / "hit 4.wav"
    hit.write_bytes((folder / "hit 9.wav").read_bytes())
    code, _, progress = run(tmp_path / folder.name, tmp_path / "out")
    assert code == 0 and f"{SOUNDS - 1} of {SOUNDS} sounds" in progress
    assert "hit 4.wav: distance" in progress and "hit 9.wav" not in progress
