"""OSC: over UDP, and described and streamed over HTTP by OSCQuery."""
