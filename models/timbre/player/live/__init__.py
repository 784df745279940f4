"""Play sounds through a spectral model: live inputs and files, one or two at a time."""
