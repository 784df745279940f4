"""The matcher and the instrument, and the thin adapters that speak for them."""
