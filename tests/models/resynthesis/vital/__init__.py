"""Tests of ``models/resynthesis/vital``."""
