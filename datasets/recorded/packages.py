"""Find which Debian packages are installed, and their versions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from datasets.errors import AudioError


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """The version of each package.

    Raises AudioError that names every package that is missing, and the command to install them.
    """
    found = {package: _version(package) for package in sorted(set(packages))}
    missing = [package for package, version in found.items() if not version]
    if missing:
        raise AudioError(
            f"the sounds need Debian's {', '.join(missing)}, not installed here: "
            f"apt-get install --no-install-recommends {' '.join(missing)}"
        )
    return found


def _version(package: str) -> str:
    """Empty where the package, or dpkg itself, is not there."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
    status, _, version = answer.partition(" ")
    return version if status == "installed" else ""
