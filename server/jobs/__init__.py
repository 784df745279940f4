"""Queue matches and run them in their own process.

The matcher itself is in ``models.matching``.
"""
