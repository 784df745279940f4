"""Tests of ``models/audio``."""
