"""Tests of ``plugin_bridge/midi``."""
