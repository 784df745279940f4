"""Match every sound of a folder into a bank of presets with an index page.

One match is in ``models.matching``. Bank files of a synth are in ``plugin_bridge.preset_files``.
"""
