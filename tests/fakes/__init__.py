"""Small stand-ins for speed and for faults; each real thing is tested beside them."""
