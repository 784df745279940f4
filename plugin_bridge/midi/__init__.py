"""Synths that are set by MIDI controllers."""
