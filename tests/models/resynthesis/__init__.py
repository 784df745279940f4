"""Tests of ``models/resynthesis``."""
