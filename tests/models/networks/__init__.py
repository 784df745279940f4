"""Tests of ``models/networks``."""
