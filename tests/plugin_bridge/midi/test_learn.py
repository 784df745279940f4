"""Learn a MIDI map from the knobs that a player moves."""

from pathlib import Path

import pytest

from plugin_bridge.midi.amsynth_controllers import controllers_file, controllers_path, install
from plugin_bridge.midi.learn import Learner, learn
from plugin_bridge.midi.map import Assignment, MidiMap, read_midi_map, write_midi_map
from plugin_bridge.sync.target import TargetError
from tests.programs.midi_ports import Wire


def sweep(control: int, values: range = range(0, 128, 10), status: int = 0xB4) -> bytes:
    return b"".join(bytes([status, control, value]) for value in values)


def pair_sweep(control: int) -> bytes:
    values = range(0, 16384, 777)
    return b"".join(bytes([0xB4, control, v >> 7, 0xB4, control + 32, v & 127]) for v in values)


def nrpn_sweep(msb: int, lsb: int, fine: bool) -> bytes:
    chosen = bytes([0xB4, 99, msb, 0xB4, 98, lsb])
    return b"".join(
        chosen + bytes([0xB4, 6, v]) + (bytes([0xB4, 38, v ^ 5]) if fine else b"")
        for v in range(0, 128, 9)
    )


class Player:
    """Move the knob of each parameter in its turn, on a simulated clock."""

    def __init__(self, moves: dict[str, bytes]) -> None:
        self.moves, self.port, self.now = moves, Wire(), 0.0

    def prompt(self, name: str) -> None:
        self.port.hear(self.moves.get(name, b""))

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.05)

    def teach(self, names: list[str]) -> MidiMap:
        return learn(self.port, names, self.prompt, 5.0, lambda: self.now, self.sleep)


def test_every_kind_of_controller_is_learned(tmp_path: Path) -> None:
    moves = {
        "cutoff": sweep(74),
        "resonance": pair_sweep(20),
        "attack": nrpn_sweep(2, 4, fine=True),
        "decay": nrpn_sweep(2, 5, fine=False),
        "switch": bytes([0xB4, 65, 127, 0xB4, 65, 0]),
        "steps": bytes([0xB4, 99, 2, 0xB4, 98, 6] + [0xB4, 96, 0] * 5),
    }
    learned = Player(moves).teach(list(moves))
    assert learned == MidiMap(
        5,
        {
            "cutoff": Assignment("cc", 74),
            "resonance": Assignment("cc14", 20),
            "attack": Assignment("nrpn", 260),
            "decay": Assignment("nrpn7", 261),
            "switch": Assignment("cc", 65),
            "steps": Assignment("nrpn7", 262),
        },
    )
    write_midi_map(tmp_path / "mine.toml", learned)
    assert read_midi_map(tmp_path / "mine.toml") == learned


def test_what_is_only_touched_or_belongs_to_another_is_passed_over() -> None:
    touched = bytes([0xB4, 10, 64, 0xB4, 10, 65])
    learned = Player(
        {
            "first": sweep(74) + touched,
            "second": sweep(74) + sweep(71, range(0, 60, 10)),  # both hands on the knobs
            "third": touched,
            "fourth": sweep(72, status=0xB0),  # another keyboard, channel 1
        }
    ).teach(["first", "second", "third", "fourth"])
    assert learned.assignments == {"first": Assignment("cc", 74), "second": Assignment("cc", 71)}
    assert learned.channel == 5


def test_notes_and_clock_teach_nothing() -> None:
    learner = Player({"x": b"\x90\x40\x40\xf8\x80\x40\x40\xe0\x00\x10"})
    with pytest.raises(TargetError, match="no controller was moved"):
        learner.teach(["x"])
    assert Learner().found() is None


def test_amsynths_own_file_has_each_parameter_on_the_line_of_its_controller() -> None:
    lines = controllers_file(read_midi_map("amsynth")).decode().splitlines()
    assert len(lines) == 128
    assert lines[74] == "filter_cutoff" and lines[7] == "master_vol" and lines[0] == "null"
    with pytest.raises(TargetError, match="'x' uses nrpn 3: amsynth follows only cc"):
        controllers_file(MidiMap(1, {"x": Assignment("nrpn", 3)}))


def test_the_players_own_file_is_kept(tmp_path: Path) -> None:
    path = controllers_path({"XDG_CONFIG_HOME": str(tmp_path), "HOME": "/nowhere"})
    assert path == tmp_path / "amsynth" / "controllers"
    shipped = read_midi_map("amsynth")
    assert install(shipped, path) is None
    path.write_text("mine\n")
    kept = install(shipped, path)
    assert kept is not None and kept.read_text() == "mine\n"
    assert path.read_bytes() == controllers_file(shipped)
    assert install(shipped, path) is None  # there is no file of the player's to keep
    path.write_text("mine again\n")
    again = install(shipped, path)
    assert again is not None and again != kept
