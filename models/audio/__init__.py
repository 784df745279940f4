"""From audio to numbers: decoding, features, pitch, descriptors and distances.

No network and no synth lives here.
"""
