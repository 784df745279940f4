"""Turn a rendered dataset into training input: cached features, batches and tags.

``renderer.dataset`` renders datasets.
"""
