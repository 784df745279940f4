"""``patchwright bench``: speed of this machine.

How good an answer is belongs to ``models.evaluation``.
"""
