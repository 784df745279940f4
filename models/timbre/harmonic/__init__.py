"""The harmonic model (VaPar Synth): spectral envelopes from a network, by pitch and loudness."""
