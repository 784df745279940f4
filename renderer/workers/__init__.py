"""A render as a pure function: isolation, forks and the pool of processes.

No dataset is written here.
"""
