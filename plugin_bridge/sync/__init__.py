"""One server and one target kept equal: links, rate limits, echo filters, parameter names.

Each target has its own folder.
"""
