"""Render the shards of a dataset as Ray tasks (``render-presets --ray``).

A task forks nothing inside Ray's own process: it starts ``render-presets --shard I/N``, which
writes to a folder that all machines share or to an object store. A share whose process or machine
is lost is started again by Ray; the bytes are the same in any layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from datasets.errors import RenderError

RETRIES = 3  # times that Ray starts a share anew
SHARES_PER_CPU = 4  # small enough to even out, large enough to pay for a start


def render_on_cluster(
    arguments: Sequence[str],
    parts: int,
    address: str,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Run ``render-presets`` with ``arguments`` and --shard I/N as tasks; returns the tasks.

    ``parts`` is how many the dataset has; ``address`` a cluster's (``auto``, ``host:port``), or
    ``local`` for this machine alone. Raises RenderError with the words of a share that failed.
    """
    try:
        ray: Any = import_module("ray")
    except ModuleNotFoundError as error:
        raise RenderError(f"--ray needs Ray ({error}): pip install 'patchwright[ray]'") from error
    started = None if address == "local" else address
    ray.init(address=started, include_dashboard=False, log_to_driver=False)
    try:
        shares = min(parts, SHARES_PER_CPU * int(ray.cluster_resources().get("CPU", 1)))
        task: Any = ray.remote(_task()).options(
            num_cpus=1, max_retries=RETRIES, retry_exceptions=[ConnectionError]
        )
        waiting = [task.remote([*arguments, "--shard", f"{i}/{shares}"]) for i in range(shares)]
        for done in range(1, shares + 1):
            ready, waiting = ray.wait(waiting)
            words = ray.get(ready[0])
            if words:
                raise RenderError(words)
            if progress:
                progress(done, shares)
    finally:
        ray.shutdown()
    return shares


def _task() -> Any:  # noqa: ANN401  a function that Ray sends by value
    """What a task does. A nested function, so that Ray's workers need not find our folders."""

    def render_share(arguments: list[str]) -> str:
        """The last words of a renderer that refused its work, empty when it did it."""
        import ctypes
        import signal
        import subprocess
        import sys

        def die_with_parent() -> None:
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

        command = [sys.executable, "-m", "patchwright", "render", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, preexec_fn=die_with_parent
        )
        if done.returncode < 0:  # killed: Ray tries again
            raise ConnectionError(f"the renderer was ended by signal {-done.returncode}")
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return words[-1].removeprefix("error: ") if done.returncode else ""

    return render_share
