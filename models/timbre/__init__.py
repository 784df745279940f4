"""Learn timbres from recordings and play them at any pitch; no synth parameters, no transport."""
