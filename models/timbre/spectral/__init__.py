"""The spectral model (Colonel and Keene): frames of a spectrum from a network, by note class."""
