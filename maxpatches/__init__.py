"""Hold the Max for Live device, the Max patch, and the code that builds them."""
