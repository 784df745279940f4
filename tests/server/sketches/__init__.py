"""Tests of ``server/sketches``."""
