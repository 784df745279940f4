"""Check an installed wheel: its layout, its size, and commands that start in under a second."""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOMS = ("datasets", "models", "server", "renderer", "plugin_bridge", "maxpatches")
MEGABYTES = 95  # of the wheel, at most


def check_layout(site: Path) -> None:
    """Check that only ``patchwright.py`` and ``patchwright_app`` are in site-packages."""
    assert (site / "patchwright_app" / "datasets").is_dir(), f"no patchwright_app in {site}"
    leaked = [room for room in ROOMS if (site / room).exists()]
    assert not leaked, f"the wheel put {leaked} at the top of site-packages"


def check_size(wheels: list[Path]) -> None:
    """Check that the wheel is small enough for a package index."""
    for wheel in wheels:
        size = wheel.stat().st_size / 1e6
        print(f"{wheel.name}: {size:.1f} MB")
        assert size <= MEGABYTES, f"the wheel has {size:.1f} MB, {MEGABYTES} at most"


def help_seconds(command: str) -> float:
    """Measure the seconds that ``COMMAND --help`` takes."""
    start = time.perf_counter()
    program = Path(sys.executable).with_name(command)
    subprocess.run([program, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def check_start(command: str) -> None:
    """Check that a command imports nothing heavy before it needs it."""
    best = min(help_seconds(command) for _ in range(3))
    print(f"{command} --help: {best:.2f} s, best of 3")
    assert best < 1.0, f"{command} --help took {best:.2f} s; an import left its command"


if __name__ == "__main__":
    check_layout(Path(sysconfig.get_paths()["purelib"]))
    check_size(list(Path("dist").glob("*.whl")))
    check_start("patchwright")
    check_start("render-presets")
