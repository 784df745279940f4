"""Make each Python process behave as on macOS and Windows: no ``os.fork``, and ``spawn``.

Python imports this module at its start when its folder is in PYTHONPATH, so it also holds for the
processes that a process starts.
"""

import multiprocessing
import os
import sys

for name in ("fork", "forkpty", "pidfd_open"):
    if hasattr(os, name):
        delattr(os, name)
multiprocessing.set_start_method("spawn")
if os.environ.get("PATCHWRIGHT_TEST_LOG"):
    with open(os.environ["PATCHWRIGHT_TEST_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{hasattr(os, 'fork')} {multiprocessing.get_start_method()} {sys.argv[:1]}\n")
