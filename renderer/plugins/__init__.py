"""Find plugins, hide what they print, and read the files that they save.

What hosts them is in ``renderer.engines``.
"""
