"""Render the shards of a dataset as Ray tasks (``render-presets --ray``).

A task does not fork in Ray's own process. It starts ``render-presets --shard I/N``, which writes to
a folder that all machines share or to an object store. If the process or machine of a share is
lost, Ray starts the share again. The bytes are the same for any number of tasks and machines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from datasets.errors import RenderError

RETRIES = 3  # times that Ray starts a share again
SHARES_PER_CPU = 4  # enough shares to balance the load, few enough that starts cost little


def render_on_cluster(
    arguments: Sequence[str],
    parts: int,
    address: str,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Run ``render-presets`` with ``arguments`` and ``--shard I/N`` as Ray tasks.

    Args:
        arguments: The command's arguments, without ``--shard``.
        parts: Number of parts of the dataset.
        address: Address of a cluster (``auto``, ``host:port``), or ``local`` for this machine
            alone.
        progress: Called with the finished and the total number of tasks.

    Returns:
        The number of tasks.

    Raises:
        RenderError: Ray is missing, or a share failed; the message has the share's last line.
    """
    try:
        ray: Any = import_module("ray")
    except ModuleNotFoundError as error:
        raise RenderError(
            f"--ray: Ray is not installed ({error}). Run: pip install 'patchwright[ray]'"
        ) from error
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
    """Return the function of a task, nested so that Ray's workers need not import our packages."""

    def render_share(arguments: list[str]) -> str:
        """Return the last line that a failed renderer printed; empty when it succeeded."""
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
            raise ConnectionError(f"signal {-done.returncode} ended the renderer")
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return words[-1].removeprefix("error: ") if done.returncode else ""

    return render_share
