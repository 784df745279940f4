"""Tests of ``models/matching``."""
