"""``patchwright scan``: measure an unknown plugin and draft its spec; start at ``scan.py``."""
