"""Tests of ``server/osc``."""
