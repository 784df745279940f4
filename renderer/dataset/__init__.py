"""From a spec to a dataset on disk: resumable, audited, local or on a cluster.

Its format is in ``datasets.storage.store``.
"""
