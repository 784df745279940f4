"""Specs, sampling, presets and the store: what a synth can do, as data."""
