"""Play one-shots: pads, streams and songs; the audio thread adds sounds that are ready."""
