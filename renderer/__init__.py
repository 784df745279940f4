"""Render audio from parameters and a note; isolate each render from the others."""
