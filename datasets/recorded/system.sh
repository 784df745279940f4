#!/usr/bin/env bash
# Install the Debian packages that the recorded sounds come from.
set -euo pipefail

wanted=(espeak-ng fluid-soundfont-gm fluidsynth sonic-pi-samples timgm6mb-soundfont)
packages=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || true
    [[ $status == installed ]] || packages+=("$package")
done
"$(dirname "$0")/../../.ci/debian" "the recorded sounds" "${packages[@]}"
