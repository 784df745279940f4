"""Bank files hold the presets that they were made of."""

from pathlib import Path

import pytest

from datasets.preset_files import bank_parameters, read_bank, read_vitalbank
from datasets.spec import load_spec
from plugin_bridge.preset_files.amsynth import write_state
from plugin_bridge.preset_files.bank_files import bank_files
from tests.fakes.fake_synth import fake_synth


def states(folder: Path, count: int) -> list[tuple[str, Path]]:
    """Write amsynth states whose values differ."""
    found = []
    for number in range(count):
        values = {p.name: (number % 7) / 6 for p in bank_parameters()}
        path = folder / f"{number}.fxp"
        path.write_bytes(write_state((f"inside {number}", values)))
        found.append((f"lead {number}", path))
    return found


@pytest.mark.parametrize(("count", "files"), [(3, 1), (128, 1), (130, 2)])
def test_amsynth_banks_hold_all_presets_by_their_names(
    tmp_path: Path, count: int, files: int
) -> None:
    presets = states(tmp_path, count)
    banks = bank_files(load_spec("amsynth-34"), "mine", presets)
    read = []
    for name, content in banks.items():
        (tmp_path / name).write_bytes(content)
        read += read_bank(tmp_path / name)
    assert len(banks) == files and all(name.endswith(".bank") for name in banks)
    assert [name for name, _ in read] == [name for name, _ in presets]
    assert [values["amp_attack"] for _, values in read] == pytest.approx(
        [(number % 7) / 6 for number in range(count)], abs=1e-6
    )


def test_a_vital_bank_holds_the_files_unchanged_and_is_repeatable(tmp_path: Path) -> None:
    presets = []
    for number in range(3):
        path = tmp_path / f"{number}.vital"
        path.write_text(f'{{"preset_name": "p{number}", "settings": {{"osc_1_level": {number}}}}}')
        presets.append((f"pad {number}", path))
    spec = load_spec("vital-32")
    banks = bank_files(spec, "mine", presets)
    (tmp_path / "mine.vitalbank").write_bytes(banks["mine.vitalbank"])
    assert read_vitalbank(tmp_path / "mine.vitalbank") == [
        (f"p{number}", {"osc_1_level": float(number)}) for number in range(3)
    ]
    assert bank_files(spec, "mine", presets) == banks


def test_a_synth_without_banks_has_none(tmp_path: Path) -> None:
    assert bank_files(fake_synth(), "mine", states(tmp_path, 1)) == {}
