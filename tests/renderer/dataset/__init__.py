"""Tests of ``renderer/dataset``."""
