"""Measure an unknown plugin and draft its spec: ``patchwright scan``. Start at ``scan.py``."""
