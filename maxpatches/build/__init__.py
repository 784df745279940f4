"""Generate patches, scripts and the device: ``python -m maxpatches.build``."""
