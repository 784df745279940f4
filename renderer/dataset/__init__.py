"""Render a dataset from a spec: resumable, audited, on one machine or a cluster.

``datasets.storage.store`` has the format.
"""
