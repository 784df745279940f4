"""Play the OSC messages of timbre models on the live host, as MIDI and as parameters."""

from __future__ import annotations

from collections.abc import Callable

from plugin_bridge.host.player import CONTROL, Player
from plugin_bridge.protocol import (
    TIMBRE_AXIS,
    TIMBRE_BEND,
    TIMBRE_CLASS,
    TIMBRE_NOTE,
    TIMBRE_PEDAL,
    TIMBRE_PRESSURE,
    TIMBRE_QUIET,
    TIMBRE_VIBRATO,
    Address,
    Message,
)

BEND, CHANNEL_PRESSURE, KEY_PRESSURE = 0xE0, 0xD0, 0xA0
WHEEL, PEDAL = 1, 64  # controllers
BEND_RANGE = 2.0  # semitones
EVERY_NOTE = -1
NOTE_CLASS, KEY = "note class", "key"  # an axis, and its first step


def play_timbre(message: Message, player: Player) -> None:
    """Play one message of ``plugin_bridge.protocol.TIMBRE``, but no ``TIMBRE_PRESET``.

    Args:
        message: The checked message.
        player: Player of a timbre model.

    Raises:
        ValueError: A value is out of range, or the model has no axis of that number.
    """
    _PLAYED[message.address](message, player)


def _note(message: Message, player: Player) -> None:
    player.note(*(int(value) for value in message.values))


def _axis(message: Message, player: Player) -> None:
    if not 1 <= message.number <= len(player.axes):
        raise ValueError(f"axis {message.number}: this model has axes 1 to {len(player.axes)}")
    player.set({player.axes[message.number - 1]: _within("value", message.values[0], 0.0, 1.0)})


def _class(message: Message, player: Player) -> None:
    labels = player.labels(NOTE_CLASS)
    if not labels:
        raise ValueError("this model has no note classes: only a spectral model has them")
    # A label of a class that was not learned has a mark after its name.
    names = [KEY, *(label.split(" ")[0].upper() for label in labels[1:])]
    name = str(message.values[0]).strip()
    wanted = KEY if name.lower() == KEY else name.upper()
    if wanted not in names:
        raise ValueError(f"note class {name!r}: use key, or one of {', '.join(names[1:])}")
    player.set({NOTE_CLASS: names.index(wanted) / (len(names) - 1)})


def _bend(message: Message, player: Player) -> None:
    semitones = _within("semitones", message.values[0], -BEND_RANGE, BEND_RANGE)
    wheel = round(8192 + 8191 * semitones / BEND_RANGE)
    player.play(bytes([BEND, wheel % 128, wheel // 128]))


def _pressure(message: Message, player: Player) -> None:
    value = round(127 * _within("value", message.values[0], 0.0, 1.0))
    note = int(message.values[1])
    if note == EVERY_NOTE:
        player.play(bytes([CHANNEL_PRESSURE, value]))
    else:
        player.play(bytes([KEY_PRESSURE, round(_within("note", note, 0, 127)), value]))


def _vibrato(message: Message, player: Player) -> None:
    depth = _within("depth", message.values[0], 0.0, 1.0)
    player.play(bytes([CONTROL, WHEEL, round(127 * depth)]))


def _pedal(message: Message, player: Player) -> None:
    player.play(bytes([CONTROL, PEDAL, 127 if message.values[0] else 0]))


def _quiet(message: Message, player: Player) -> None:
    player.quiet()


def _within(name: str, value: float | str, low: float, high: float) -> float:
    """Return a value; raise ValueError if it is out of range or not a number."""
    number = float(value)
    if not low <= number <= high:  # NaN fails too
        raise ValueError(f"{name} cannot be {number:g}: give {low:g} to {high:g}")
    return number


_PLAYED: dict[Address, Callable[[Message, Player], None]] = {
    TIMBRE_NOTE: _note,
    TIMBRE_AXIS: _axis,
    TIMBRE_CLASS: _class,
    TIMBRE_BEND: _bend,
    TIMBRE_PRESSURE: _pressure,
    TIMBRE_VIBRATO: _vibrato,
    TIMBRE_PEDAL: _pedal,
    TIMBRE_QUIET: _quiet,
}
