"""Tests of ``server/jobs``."""
