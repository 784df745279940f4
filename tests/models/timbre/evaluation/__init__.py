"""Tests of ``models/timbre/evaluation``."""
