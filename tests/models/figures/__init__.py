"""Tests of ``models/figures``."""
