"""Describe synths as data: specs, presets, sampling, and the store of rendered datasets."""
