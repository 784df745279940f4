"""Write files that other synthesizers load: wavetables and envelopes, made from arrays."""
