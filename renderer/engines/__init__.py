"""The engines: each plays one kind of synth through the same interface, ``base.Engine``.

How renders are isolated is in ``renderer.workers``.
"""
