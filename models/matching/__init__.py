"""From a target sound to a preset: search, screening, confidence, files.

What queues matches is in ``server.jobs``.
"""
