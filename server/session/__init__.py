"""What every client shares while the server runs: the current instrument, its history.

No transport is known here.
"""
