"""Tests of ``plugin_bridge/host``."""
