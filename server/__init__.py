"""The server, its transports and its state; nothing here analyses audio."""
