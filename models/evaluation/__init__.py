"""The frozen protocol, the methods that it compares, and their tables.

The pictures of the paper are in ``models.figures``.
"""
