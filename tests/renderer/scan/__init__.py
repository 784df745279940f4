"""Tests of ``renderer/scan``."""
