"""Programs with an OSC of their own."""
