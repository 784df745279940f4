"""Tests of ``plugin_bridge/preset_files``."""
