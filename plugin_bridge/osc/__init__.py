"""Programs that have an OSC interface of their own."""
