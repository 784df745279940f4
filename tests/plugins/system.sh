#!/usr/bin/env bash
# Installs Debian's packages that the tests use: two synths as VST2, and what build.sh needs. Where
# it cannot, it says so and succeeds: the tests themselves decide to skip or to fail.
set -euo pipefail

packages=()
installed() { [[ -e /usr/lib/vst/$1 || -e ~/.vst/$1 ]]; }
installed amsynth_vst.so || packages+=(amsynth)
installed ZynAddSubFX.so || packages+=(zynaddsubfx-vst)
for tool in g++ make xz:xz-utils; do
    command -v "${tool%:*}" >/dev/null || packages+=("${tool#*:}")
done
((${#packages[@]})) || exit 0

# A run of the tests waits for another apt; it does not fail over it.
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
echo "note: $why, so the test plugins lack: apt-get install --no-install-recommends ${packages[*]}" >&2
