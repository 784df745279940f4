"""Play synths: each engine plays one kind of synth through the interface ``base.Engine``.

``renderer.workers`` isolates one render from the next.
"""
