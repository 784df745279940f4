"""Tests of ``models/evaluation``."""
