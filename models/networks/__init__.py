"""Every trainable network and the protocols that they follow.

How they are trained is in ``models.training``.
"""
