"""Sounds to features, features to parameters: networks, their training and their judges."""
