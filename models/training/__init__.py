"""Run a training, keep its state on disk, and export the model.

The networks are in ``models.networks``.
"""
