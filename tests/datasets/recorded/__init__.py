"""Tests of ``datasets/recorded``."""
