"""Hold one playable preset: its knobs, its morphs and its neighbours.

``server`` sends it to clients.
"""
