"""Turn a recorded note into a Vital preset: wavetable, LFO curves and shaped noise."""
