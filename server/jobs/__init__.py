"""Matches in a queue: jobs, the process that runs them.

The matcher itself is in ``models.matching``.
"""
