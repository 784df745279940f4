"""Tests of ``models/estimator``."""
