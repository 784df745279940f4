"""One playable state: knobs, morphs and neighbours of a preset.

What sends it to clients is in ``server``.
"""
