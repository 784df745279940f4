"""Only what keeps running: the server, its transports and its state; no audio is analysed here."""
