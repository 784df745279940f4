"""Find which Debian packages are installed, and their versions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from datasets.errors import AudioError


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each package.

    Raises:
        AudioError: Packages are missing; the message lists them and the command to install them.
    """
    found = {package: _version(package) for package in sorted(set(packages))}
    missing = [package for package, version in found.items() if not version]
    if missing:
        raise AudioError(
            f"{', '.join(missing)}: Debian packages not installed. Run: "
            f"apt-get install --no-install-recommends {' '.join(missing)}"
        )
    return found


def _version(package: str) -> str:
    """Return the version; empty if the package or dpkg itself is missing."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
    status, _, version = answer.partition(" ")
    return version if status == "installed" else ""
