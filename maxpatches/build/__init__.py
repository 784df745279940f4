"""Patches, scripts and the device, generated; see ``python -m maxpatches.build``."""
