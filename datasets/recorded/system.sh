#!/usr/bin/env bash
# Installs Debian's packages that the recorded sounds come from. Where it cannot, it says so and
# succeeds: what follows decides to fail or to skip.
set -euo pipefail

wanted=(espeak-ng fluid-soundfont-gm fluidsynth sonic-pi-samples timgm6mb-soundfont)
packages=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || true
    [[ $status == installed ]] || packages+=("$package")
done
((${#packages[@]})) || exit 0

# Waits for another apt; it does not fail over it.
apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
export DEBIAN_FRONTEND=noninteractive
if ! command -v apt-get >/dev/null; then
    why="not a Debian"
elif ((EUID)); then
    why="not root"
else
    "${apt[@]}" update || true # a source that fails need not be the one that counts
    "${apt[@]}" install --no-install-recommends "${packages[@]}" >/dev/null && exit
    why="apt-get failed"
fi
echo "note: $why, so the recorded sounds lack: apt-get install --no-install-recommends ${packages[*]}" >&2
