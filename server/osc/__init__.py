"""Serve OSC over UDP, and OSCQuery over HTTP."""
