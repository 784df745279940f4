"""Tests of ``plugin_bridge/ableton``."""
