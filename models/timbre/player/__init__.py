"""Play timbre models: voices, MIDI, live blocks and songs; no network runs in its audio thread."""
