"""Provide everything that maps, searches or measures sounds; none of it uses the network."""
