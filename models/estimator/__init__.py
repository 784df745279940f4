"""What a search uses beside the flow: preset library, surrogate and posterior.

The search is in ``models.matching``.
"""
