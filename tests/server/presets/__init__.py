"""Tests of ``server/presets``."""
