#!/usr/bin/env bash
# Installs Debian's packages that the tests use: two synths as VST2, JACK, what build.sh needs,
# node, which runs the Max device's JavaScript, and Chromium, which opens an attacker's page.
set -euo pipefail

packages=()
installed() { [[ -e /usr/lib/vst/$1 || -e ~/.vst/$1 ]]; }
installed amsynth_vst.so || packages+=(amsynth)
installed ZynAddSubFX.so || packages+=(zynaddsubfx-vst)
for tool in g++ make xz:xz-utils jackd:jackd2 amsynth node:nodejs; do
    command -v "${tool%:*}" >/dev/null || packages+=("${tool#*:}")
done
# Ubuntu has Chromium only as a snap, but its machines for tests have Chrome.
command -v chromium chromium-browser google-chrome >/dev/null || packages+=(chromium)
"$(dirname "$0")/../../.ci/debian" "the test plugins" "${packages[@]}"
