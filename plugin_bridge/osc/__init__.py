"""Control programs that have their own OSC interface."""
