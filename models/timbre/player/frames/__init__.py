"""Play frames of magnitudes: banks of frames, and the phase methods of a spectral model."""
