"""The training loop, its state on disk, and what it exports.

The networks are in ``models.networks``.
"""
