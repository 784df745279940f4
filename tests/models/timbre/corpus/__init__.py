"""Tests of ``models/timbre/corpus``."""
