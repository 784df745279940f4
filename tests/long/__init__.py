"""Long forms of tests, as commands of their own: ``python -m tests.long.NAME``.

No test run includes them.
"""
