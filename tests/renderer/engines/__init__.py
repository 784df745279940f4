"""Tests of ``renderer/engines``."""
