"""Tests of ``models/export``."""
