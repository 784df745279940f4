"""Experiments of the paper and of this model: digits, drums, signals."""
