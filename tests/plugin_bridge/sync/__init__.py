"""Tests of ``plugin_bridge/sync``."""
