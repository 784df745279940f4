"""One synth each behind one seam, ``base.Engine``.

How renders are isolated is in ``renderer.workers``.
"""
