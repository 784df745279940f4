"""Tests of ``plugin_bridge/osc``."""
