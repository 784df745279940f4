"""Keep one server and one target equal: links, rate limits, echo filters, parameter names.

Each target has its own folder.
"""
