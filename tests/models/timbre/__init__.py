"""Tests of ``models/timbre``."""
