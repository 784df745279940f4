"""The Max for Live device and the Max patch, with what builds them."""
