"""Repeat the experiments of VaPar Synth, and measure what it does not: generation and sound."""
