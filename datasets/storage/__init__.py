"""A dataset on disk: the store, the layout of its files, the parts, and the dataset card.

What fills a dataset is in ``renderer.dataset``.
"""
