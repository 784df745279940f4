"""Where plugins lie, what they print, and the files they save.

What hosts them is in ``renderer.engines``.
"""
