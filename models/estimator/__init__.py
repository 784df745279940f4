"""Support a search with a preset library, a surrogate and a posterior.

The search is in ``models.matching``.
"""
