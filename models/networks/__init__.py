"""Define every trainable network and the protocols that they follow.

The training loop is in ``models.training``.
"""
