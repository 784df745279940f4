"""A recorded note drawn into a Vital preset: wavetable, LFO curves and shaped noise."""
