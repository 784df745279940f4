"""Tests of ``renderer/plugins``."""
