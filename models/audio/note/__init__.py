"""Find one note in a recording, its hold and length, and its form for a model.

Pitch and chords are in ``models.audio``; decoding is in ``models.audio.decode``.
"""
