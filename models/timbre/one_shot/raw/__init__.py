"""The paper's VAEs of raw audio: convolutional, dilated, hybrid. They need no spectrogram."""
