"""Tests of ``datasets``."""
