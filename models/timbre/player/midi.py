"""Play MIDI messages on a synthesizer: notes, bend, pressure, pedal, and controllers.

| message | effect |
| --- | --- |
| note on, note off | velocity sets the loudness of the tone |
| pitch bend | 2 semitones up and down; RPN 0 changes the range |
| channel pressure, poly pressure | raise the loudness from the velocity to the loudest |
| CC 1 | vibrato, up to 50 cents |
| CC 7, CC 11 | volume, expression |
| CC 20 to 27 | axes 1 to 8 of the latent space |
| CC 64 | sustain pedal |
| CC 120, CC 123 | end all notes of the channel, in 5 ms or with their release |
| CC 121 | controllers of the channel back to their defaults |
"""

from __future__ import annotations

from collections.abc import Callable

from models.timbre.player.instrument import MidiSynth
from models.timbre.player.synth import Channel

FIRST_AXIS, AXES = 20, 8  # CC 20 is axis 1.
WHEEL, DATA, VOLUME, EXPRESSION, PEDAL = 1, 6, 7, 11, 64
PARAMETER_LSB, PARAMETER_MSB = 100, 101
SOUND_OFF, RESET, NOTES_OFF = 120, 121, 123
MOST_BEND = 48.0  # semitones

SetAxis = Callable[[int, float], None]  # number of the axis from 0, position 0 to 1


def play(message: bytes, synth: MidiSynth, set_axis: SetAxis) -> None:
    """Play one MIDI message; messages without a meaning here have no effect.

    Args:
        message: A complete MIDI message.
        synth: Synthesizer that plays it.
        set_axis: Sets an axis of the latent space, for CC 20 to 27.
    """
    kind, number = message[0] & 0xF0, message[0] & 0x0F
    if kind == 0xF0:
        return
    channel = synth.channels[number]
    if kind == 0x90 and message[2]:
        channel.keys.pop(message[1], None)
        synth.note_on(number, message[1], message[2])
    elif kind in (0x80, 0x90):
        synth.note_off(number, message[1])
    elif kind == 0xB0:
        _control(message[1], message[2], number, synth, set_axis)
    else:
        _bend_or_press(kind, message, channel)
        synth.refresh(number)


def _bend_or_press(kind: int, message: bytes, channel: Channel) -> None:
    """Change the bend or a pressure of a channel."""
    if kind == 0xE0:
        channel.bend = max(-1.0, (message[1] + 128 * message[2] - 8192) / 8191)
    elif kind == 0xD0:
        channel.pressure = message[1] / 127
    elif kind == 0xA0:
        channel.keys[message[1]] = message[2] / 127


def _control(controller: int, value: int, number: int, synth: MidiSynth, set_axis: SetAxis) -> None:
    """Play a control change."""
    if FIRST_AXIS <= controller < FIRST_AXIS + AXES:
        set_axis(controller - FIRST_AXIS, value / 127)
    elif controller == PEDAL:
        synth.pedal(number, value >= 64)
    elif controller in (SOUND_OFF, NOTES_OFF):
        synth.all_off(number, controller == SOUND_OFF)
    elif controller == RESET:
        synth.pedal(number, False)
        synth.channels[number] = Channel(volume=synth.channels[number].volume)
        synth.refresh(number)
    else:
        _set_channel(controller, value, synth.channels[number])
        synth.refresh(number)


def _set_channel(controller: int, value: int, channel: Channel) -> None:
    """Set a control of a channel; data entry sets the bend range after RPN 0."""
    if controller == WHEEL:
        channel.vibrato = value / 127
    elif controller == VOLUME:
        channel.volume = value / 127
    elif controller == EXPRESSION:
        channel.expression = value / 127
    elif controller == PARAMETER_MSB:
        channel.parameter = (value, channel.parameter[1])
    elif controller == PARAMETER_LSB:
        channel.parameter = (channel.parameter[0], value)
    elif controller == DATA and channel.parameter == (0, 0):
        channel.bend_range = min(float(value), MOST_BEND)
