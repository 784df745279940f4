"""Tests of ``maxpatches``."""
