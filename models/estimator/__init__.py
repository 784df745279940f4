"""What a search asks beside the flow: preset library, surrogate and posterior.

The search is in ``models.matching``.
"""
