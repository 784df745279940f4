"""Turn audio into numbers: decoding, features, pitch, descriptors and distances.

This folder contains no network and no synth.
"""
