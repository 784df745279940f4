"""Presets that a player keeps, converts and listens to.

File formats are in ``plugin_bridge.preset_files``.
"""
