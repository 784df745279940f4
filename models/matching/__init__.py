"""Find a preset for a target sound: search, screening, confidence and files.

``server.jobs`` queues the matches.
"""
