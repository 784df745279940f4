"""Tests of ``models/networks/esling2019``."""
