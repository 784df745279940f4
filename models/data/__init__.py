"""A rendered dataset as training input: cached features, batches and tags.

What renders one is in ``renderer.dataset``.
"""
