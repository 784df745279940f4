"""Preset files of many synths: one module per format, ``registry`` lists them."""
