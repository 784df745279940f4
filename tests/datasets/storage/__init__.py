"""Tests of ``datasets/storage``."""
