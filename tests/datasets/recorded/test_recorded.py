"""The recorded sounds: their listing, and what the script makes of the packages found here."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from datasets.clip import hash_of
from datasets.errors import AudioError, SpecError, StoreError
from datasets.recorded.build import INDEX, build
from datasets.recorded.listing import (
    FAMILIES,
    HIGHEST,
    LISTING,
    LOWEST,
    Program,
    RecordedSound,
    Sample,
    Vowel,
    read_listing,
)
from datasets.recorded.packages import installed_versions
from datasets.recorded.play import RATE, midi_file, play
from datasets.recorded.shape import LENGTH_S, PEAK, shape, wav_bytes
from datasets.spec import load_spec
from models.matching.sound_target import load_target
from tests import ROOT

SOUNDS = read_listing()
PACKAGES = sorted({sound.pack.package for sound in SOUNDS})
CENTS = 50


def sounds_of(package: str) -> list[RecordedSound]:
    """The sounds of a package that is installed; else the test is skipped, or fails on demand."""
    sounds = [sound for sound in SOUNDS if sound.pack.package == package]
    try:
        installed_versions(sounds[0].pack.needs)
    except AudioError as error:
        missing = f"{error} (`make sounds` does it)"
        if os.environ.get("PATCHWRIGHT_REQUIRE_PLUGINS") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    return sounds


def built(sounds: Sequence[RecordedSound], out: Path) -> list[dict[str, Any]]:
    """The index that a build wrote."""
    build(sounds, out)
    rows: list[dict[str, Any]] = json.loads((out / INDEX).read_text(encoding="utf-8"))["sounds"]
    return rows


# --- the listing ---------------------------------------------------------------------------------


def test_listing_is_large_enough_and_fits_one_evaluation() -> None:
    assert 60 <= len(SOUNDS) <= 100  # `patchwright evaluate` takes 100 by default
    assert sum(sound.family != "synth" for sound in SOUNDS) >= 30


def test_every_family_is_there() -> None:
    counts = {name: sum(sound.family == name for sound in SOUNDS) for name in FAMILIES}
    assert min(counts.values()) >= 4, counts


def test_names_are_file_names_and_differ() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", sound.name) for sound in SOUNDS)
    assert len({sound.name for sound in SOUNDS}) == len(SOUNDS)


def test_every_sound_has_a_licence_an_author_and_a_note() -> None:
    assert all(sound.pack.licence and sound.copyright for sound in SOUNDS)
    assert all(LOWEST <= sound.note <= HIGHEST for sound in SOUNDS)
    assert (LOWEST, HIGHEST) == (36, 84)


def test_recipes_are_in_range() -> None:
    """The players take what is outside for something else, and say nothing."""
    for recipe in (sound.recipe for sound in SOUNDS):
        match recipe:
            case Program():
                assert 0 <= recipe.program <= 127 and 1 <= recipe.velocity <= 127
            case Vowel():
                assert 0 <= recipe.pitch <= 99 and recipe.phoneme.endswith(":")
            case Sample():
                assert recipe.start_s >= 0 and 1 <= recipe.length_s <= LENGTH_S


def test_no_two_sounds_are_made_alike() -> None:
    made = [(sound.pack.package, sound.note, sound.recipe) for sound in SOUNDS]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('name = "viola"', 'name = "tuba"', "two sounds are called tuba"),
        (
            '"viola", family = "strings"',
            '"viola", family = "drums"',
            "family 'drums' does not exist",
        ),
        ('"viola", family = "strings", note = 60', '"viola", family = "strings", note = 90', "90"),
        ("program = 41, ", "", "viola of fluid-soundfont-gm: 'program'"),
        ("program = 41, ", "program = 41, bank = 1, ", "viola.*bank"),
    ],
)
def test_a_wrong_listing_is_refused(
    before: str, after: str, complaint: str, tmp_path: Path
) -> None:
    text = LISTING.read_text(encoding="utf-8")
    assert text.count(before) == 1
    wrong = tmp_path / "sounds.toml"
    wrong.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(SpecError, match=complaint):
        read_listing(wrong)


def test_readme_and_installer_name_every_package() -> None:
    needed = {package for sound in SOUNDS for package in sound.pack.needs}
    installer = (LISTING.parent / "system.sh").read_text(encoding="utf-8")
    named = re.search(r"wanted=\((.*)\)", installer)
    assert named is not None and set(named[1].split()) == needed
    readme = (LISTING.parent / "README.md").read_text(encoding="utf-8")
    for pack in {sound.pack for sound in SOUNDS}:
        count = sum(sound.pack == pack for sound in SOUNDS)
        assert re.search(rf"`{pack.package}` \| {count} \|.*{pack.licence}", readme)


@pytest.mark.parametrize("package", PACKAGES)
def test_copyright_file_says_what_the_listing_says(package: str) -> None:
    text = Path(f"/usr/share/doc/{sounds_of(package)[0].pack.needs[0]}/copyright").read_text(
        "utf-8"
    )
    for sound in sounds_of(package):
        years, _, author = sound.copyright.split(";")[0].partition(" ")
        stanza = text
        if isinstance(sound.recipe, Sample):
            _, _, rest = text.partition(f"etc/samples/{sound.recipe.file}\n")
            stanza, _, _ = rest.partition("\n\n")
            assert "License: CC0" in stanza
        assert author in stanza, sound.name
        assert years.split("-")[0].rstrip(",") in stanza, sound.name


# --- the sounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("package", PACKAGES)
def test_every_sound_is_a_target_of_its_note(package: str, tmp_path: Path) -> None:
    """Through the door of an evaluation: at its onset, on its note, loud, of one length."""
    spec = load_spec("vital-32")
    rows = built(sounds_of(package), tmp_path)
    for row in rows:
        audio, rate = soundfile.read(tmp_path / row["file"], dtype="float32")
        assert (rate, audio.shape) == (RATE, (round(LENGTH_S * RATE),))
        assert np.abs(audio).max() == pytest.approx(PEAK, abs=1e-6)
        assert abs(audio.mean()) < 1e-3
        assert hash_of(audio) == row["sha256"]
        target = load_target(tmp_path / row["file"], spec)
        assert target.onset_s < 0.02, row["name"]
        assert target.f0_hz is not None, row["name"]
        cents = 1200 * np.log2(target.f0_hz / 440) - 100 * (row["note"] - 69)
        assert abs(cents) < CENTS, (row["name"], cents)
    assert {path.name for path in tmp_path.glob("*.wav")} == {row["file"] for row in rows}


@pytest.mark.parametrize("package", PACKAGES)
def test_same_packages_give_the_same_bytes(package: str, tmp_path: Path) -> None:
    sounds = sounds_of(package)[:2]
    build(sounds, tmp_path / "once")
    build(sounds, tmp_path / "again")
    build(sounds, tmp_path / "again")  # over itself
    files = sorted(path.name for path in (tmp_path / "once").iterdir())
    assert len(files) == len(sounds) + 1
    for name in files:
        once, again = (tmp_path / folder / name for folder in ("once", "again"))
        assert once.read_bytes() == again.read_bytes()


def test_index_says_where_a_sound_comes_from(tmp_path: Path) -> None:
    sound = sounds_of("espeak-ng")[0]
    (row,) = built([sound], tmp_path)
    assert (row["name"], row["file"]) == (sound.name, f"{sound.name}.wav")
    assert (row["family"], row["note"]) == (sound.family, sound.note)
    assert (row["package"], row["licence"]) == ("espeak-ng", sound.pack.licence)
    assert row["version"] == installed_versions(["espeak-ng"])["espeak-ng"]
    assert row["recipe"] == asdict(sound.recipe)


@pytest.mark.parametrize("name", ["viola", "glass-rub"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    """Of fluidsynth above all, which would play its default soundfont instead."""
    (sound,) = (sound for sound in SOUNDS if sound.name == name)
    nowhere = replace(sound, pack=replace(sound.pack, path=str(tmp_path / "nowhere")))
    with pytest.raises(AudioError, match=rf"{name}: {sound.pack.package}.*nowhere"):
        play(nowhere)


def test_a_voice_that_is_not_there_is_named() -> None:
    sound = sounds_of("espeak-ng")[0]
    nobody = replace(sound, recipe=Vowel("xx-nobody", "a:", 50))
    with pytest.raises(AudioError, match="espeak-ng"):
        play(nobody)


def test_a_folder_with_other_sounds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(b"mine")
    with pytest.raises(StoreError, match=r"mine\.wav.*not in this set"):
        build(sounds_of("espeak-ng")[:1], tmp_path)


def test_a_missing_package_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    pack = replace(SOUNDS[0].pack, package="no-such-soundfont")
    with pytest.raises(AudioError, match=r"apt-get install .*no-such-soundfont"):
        build([replace(SOUNDS[0], pack=pack)], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_dpkg_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AudioError, match="fluidsynth"):
        installed_versions(["fluidsynth"])


def test_command_says_what_is_missing_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "datasets.recorded", str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert "apt-get install" in done.stderr


# --- the clip ------------------------------------------------------------------------------------


def tone(seconds: float, silence_s: float = 0.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Silence, then a sine of 220 Hz on an offset."""
    time = np.arange(round(seconds * RATE)) / RATE
    sine = 0.1 * np.sin(2 * np.pi * 220 * time) + 0.02
    return np.concatenate([np.zeros(round(silence_s * RATE)), sine]).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.5, 4.0, 6.0])
def test_clip_begins_with_its_onset_and_ends_silent(seconds: float) -> None:
    clip = shape(tone(seconds, silence_s=0.7))
    assert clip.shape == (round(LENGTH_S * RATE),) and clip.dtype == np.float32
    assert np.abs(clip).max() == pytest.approx(PEAK, abs=1e-6)
    assert np.abs(clip[: round(0.02 * RATE)]).max() > 0.1
    assert abs(clip[-1]) < 1e-3


def test_file_holds_exactly_the_clip(tmp_path: Path) -> None:
    clip = shape(tone(1.0))
    (tmp_path / "clip.wav").write_bytes(wav_bytes(clip))
    audio, rate = soundfile.read(tmp_path / "clip.wav", dtype="float32")
    assert rate == RATE and audio.tobytes() == clip.tobytes()


def test_song_is_one_note_of_three_seconds() -> None:
    """The bytes, as the standard says: a tick is 1 ms, 3000 is 0x97 0x38 in steps of 7 bits."""
    song = midi_file(program=40, note=67, velocity=96)
    assert song[:14] == bytes.fromhex("4d546864 00000006 0000 0001 01f4")
    track = bytes.fromhex("8000 c028  8000 904360  9738 804300  8b5c ff2f00")
    assert song[14:] == b"MTrk" + len(track).to_bytes(4, "big") + track
