"""Hold what all clients share while the server runs: the current instrument and its history.

The transports are in ``server.http`` and ``server.osc``.
"""
