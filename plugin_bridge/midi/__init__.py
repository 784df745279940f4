"""Control synths by MIDI controllers."""
