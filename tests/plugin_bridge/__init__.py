"""Tests of ``plugin_bridge``."""
