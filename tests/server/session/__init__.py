"""Tests of ``server/session``."""
