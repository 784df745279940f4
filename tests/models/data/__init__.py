"""Tests of ``models/data``."""
