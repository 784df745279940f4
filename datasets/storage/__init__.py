"""Store a dataset on disk: the store, the layout of its files, the parts, and the card.

``renderer.dataset`` fills a dataset.
"""
