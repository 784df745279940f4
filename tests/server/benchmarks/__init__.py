"""Tests of ``server/benchmarks``."""
