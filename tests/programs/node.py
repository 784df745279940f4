"""Where the tests find node, which runs the Max device's JavaScript."""

import shutil

from tests.programs.real_plugins import lacking


def node() -> str:
    """The program; a test without it skips, or fails on demand."""
    found = shutil.which("node")
    if found is None:
        lacking("no node on the PATH: get it with `make plugins`")
    return found
