"""Spectra of 4096 samples: magnitudes, note classes, and phases for magnitudes without any."""
