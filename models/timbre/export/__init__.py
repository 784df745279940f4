"""Export timbre models: wavetables, Vital presets and multisamples that musicians' synths load."""
