"""Specs of the shipped fake engine: short notes, one stepped parameter, faults on demand."""

from datasets.spec import NotePolicy, Parameter, SynthSpec

NAME = "fake-4"  # ships nowhere, so a checkpoint carries it whole


def fake_synth(faults: bool = False, channels: int = 1) -> SynthSpec:
    """Three continuous parameters and one stepped; with ``faults`` also the stepped ``fault``.

    Clips last 0.3 s at 22 050 Hz. Step k of ``fault`` (unit k / 4) is 0 healthy, 1 crash, 2 hang,
    3 NaN, 4 silence.
    """
    parameters = (
        Parameter("level", "continuous", "amplifier", "", low=0.2, high=1.0),
        Parameter("brightness", "continuous", "tone", "", low=0.0, high=0.9),
        Parameter("octave", "stepped", "tone", "octaves", values=(-1.0, 0.0, 1.0)),
        Parameter(
            "decay", "continuous", "amplifier", "secs", 0.05, 0.8, rest=0.8, rest_probability=0.25
        ),
    )
    fault = Parameter("fault", "stepped", "faults", "", values=(0.0, 1.0, 2.0, 3.0, 4.0))
    return SynthSpec(
        name="fake-5" if faults else NAME,
        version=1,
        engine="fake",
        description="Sine waves",
        sample_rate=22050,
        channels=channels,
        note=NotePolicy(low=48, high=72, velocity=100, hold_s=0.2, length_s=0.3),
        template={"controls": {}},
        parameters=(*parameters, fault) if faults else parameters,
    )
