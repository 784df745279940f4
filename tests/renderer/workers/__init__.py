"""Tests of ``renderer/workers``."""
