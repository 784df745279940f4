"""Tests of ``server/updates``."""
