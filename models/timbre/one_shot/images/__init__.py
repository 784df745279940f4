"""Images of clips, and clips of images: spectra, phase, onset. No network."""
