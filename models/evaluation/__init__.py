"""Define the frozen protocol, the methods that it compares, and their tables.

The figures of the paper are in ``models.figures``.
"""
