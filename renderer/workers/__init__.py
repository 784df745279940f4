"""Render in isolated processes: every render is a pure function of its job.

This folder holds isolation, forks and the pool of processes. It writes no datasets.
"""
