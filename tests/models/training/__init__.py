"""Tests of ``models/training``."""
