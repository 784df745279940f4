"""Where a dataset's files lie, the columns and metadata of a part, and the dataset card.

Reading and writing whole datasets belongs in ``datasets.store``.
"""
