#!/usr/bin/env bash
# Builds the plugins that the tests play: Nekobi and Kars as Debian ships their source, and our own
# Faulty and Many, into the folder $1 (default .cache/plugins). The first call fetches about 66 MB.
set -euo pipefail
out=${1:-$(dirname "$0")/../../.cache/plugins}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fresh() {
    local library source
    for plugin in Nekobi Kars Faulty Many; do
        library=$(echo "$out/$plugin.vst3/Contents"/*/"$plugin.so")
        for source in build.sh Faulty/* Many/*; do
            [[ $library -nt $source ]] || return 1
        done
    done
}
fresh && exit

missing=()
for tool in apt-get g++ make tar xz; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[[ -e $keyring ]] || missing+=("$keyring")
if ((${#missing[@]})); then
    echo "error: cannot build the test plugins, missing: ${missing[*]};" \
        "on Debian: apt-get install g++ make xz-utils debian-archive-keyring" >&2
    exit 1
fi

# Everything happens in here; only what is complete moves out.
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# apt checks the signatures, so apt fetches; with lists of its own it needs neither root nor a
# deb-src entry in the system's sources. The suite is named: every machine builds the same source.
if [[ ! -d $out/source ]]; then
    mkdir -p "$work/apt/state/lists/partial" "$work/source"
    # From the mirror that this system has its packages from.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Release: bookworm' | sort -u | head -n 1)
    if [[ -z $mirror ]]; then
        echo "no mirror of Debian bookworm among apt's sources: run apt-get update, or add one" >&2
        exit 1
    fi
    echo "deb-src [signed-by=$keyring] $mirror bookworm main" >"$work/apt/sources"
    # Root's apt would drop to a user who may not enter the folder.
    apt=(apt-get -qq
        -o Dir::Etc::SourceList="$work/apt/sources" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State="$work/apt/state" -o Dir::Cache="$work/apt/cache"
        -o APT::Sandbox::User="$(id -un)")
    "${apt[@]}" -o APT::Update::Error-Mode=any update
    (cd "$work/apt" && "${apt[@]}" source --download-only --tar-only dpf-plugins)
    tar -xf "$work"/apt/dpf-plugins_*.orig.tar.* -C "$work/source" --strip-components=1 \
        --wildcards '*/dpf' '*/plugins/Nekobi' '*/plugins/Kars'
    mv "$work/source" "$out/source"
fi

# DPF wants to lie at ../../dpf. Paths that are all relative give the same bytes in any checkout.
cp -r "$out/source" "$work/build"
cp -r Faulty Many "$work/build/plugins/"
for plugin in Nekobi Kars Faulty Many; do
    # No window, and no library that this machine happens to have: PKG_CONFIG=false finds none.
    make -s -C "$work/build/plugins/$plugin" vst3 \
        PKG_CONFIG=false UI_TYPE=none HAVE_DGL=false HAVE_OPENGL=false FILES_UI=
    rm -rf "$out/$plugin.vst3"
    mv "$work/build/bin/$plugin.vst3" "$out/"
done
