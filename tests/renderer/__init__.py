"""Tests of ``renderer``."""
