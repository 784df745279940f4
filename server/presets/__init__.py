"""Save, convert and preview presets.

The file formats are in ``plugin_bridge.preset_files``.
"""
