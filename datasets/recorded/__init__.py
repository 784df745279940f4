"""Recorded sounds that no synth here made, built from Debian packages; README.md says which."""
