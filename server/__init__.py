"""Serve the instrument to clients over HTTP, OSC and OSCQuery; no code here analyses audio."""
