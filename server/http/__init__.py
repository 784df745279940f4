"""HTTP: every call of the service, guarded first, then as thin as OSC."""
