#!/usr/bin/env bash
# Make the paper's Table 1 for one synth: data, tags, every model with three seeds, in and out of
# domain.
#
#     docs/benchmarks/paper.sh amsynth-16 FOLDER        (human presets, as the paper's)
#     docs/benchmarks/paper.sh vital-32 FOLDER
#
# The sizes are for two cores and some hours: an eighth of the paper's channels, a quarter of its
# units. Training of a model stops when 20 epochs bring no improvement, or after EPOCHS. JOBS models
# train at once. Each step continues from the files that exist. KINDS accepts any kind of
# `patchwright train --kind`.
set -euo pipefail

synth=${1:?missing: name a spec, such as amsynth-16} folder=${2:?missing: name a folder for all files}
count=${COUNT:-3000} epochs=${EPOCHS:-45} jobs=${JOBS:-2} seeds=${SEEDS:-0 1 2} targets=${TARGETS:-100}
sounds=${SOUNDS:-.cache/sounds}
kinds=${KINDS:-mlp cnn resnet ae vae wae vae_flow flow_post flow_cond flow_dis}
patchwright=${PATCHWRIGHT:-patchwright}
sizes=(--set channels=16 --set kernel=5 --set hidden=512 --set flow_hidden=48)

recipe=()
[[ $synth != amsynth* ]] || recipe=(--recipe human)
$patchwright render "$synth" --count "$count" --seed 1 --out "$folder/data" --workers 2 "${recipe[@]}"
[[ -e $folder/data.patchwright/tags.json ]] || $patchwright tag "$folder/data"

train() {
    local kind=$1 seed=$2 out=$folder/$1-$2 own=() most=$epochs
    [[ ! -e $out/config.json ]] || return 0
    [[ $kind != mlp ]] || most=$((4 * epochs)) # it learns slowly, and its epoch costs a quarter
    [[ $kind == flow_vae ]] || own=("${sizes[@]}")
    OMP_NUM_THREADS=1 $patchwright train "$folder/data" --kind "$kind" --seed "$seed" --out "$out" \
        --epochs "$most" --patience 20 --batch 128 --warm-up 10 "${own[@]}" 2>"$out.log"
}

running=0
for seed in $seeds; do
    for kind in $kinds; do
        train "$kind" "$seed" &
        running=$((running + 1))
        ((running < jobs)) || { wait -n && running=$((running - 1)); }
    done
done
wait

models=()
for kind in $kinds; do
    for seed in $seeds; do models+=("$folder/$kind-$seed"); done
done
$patchwright compare "${models[@]}" --dataset "$folder/data" --count "$targets" --out "$folder/in"
$patchwright compare "${models[@]}" --dataset "$folder/data" --sounds "$sounds" --count "$targets" \
    --out "$folder/out"
