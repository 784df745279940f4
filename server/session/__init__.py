"""What every client shares while the server runs: the current instrument, its history.

The transports are in ``server.http`` and ``server.osc``.
"""
