"""Tests of ``models/instrument``."""
