"""Find plugins, hide what they print, and read the files that they save.

The hosts of the plugins are in ``renderer.engines``.
"""
