"""Tests of ``models/timbre/harmonic``."""
