"""OSC: messages over UDP, and OSCQuery over HTTP."""
