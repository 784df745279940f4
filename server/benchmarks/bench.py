"""Run ``patchwright bench``: measure speed and print one JSON object as the last line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from datasets.errors import SpecError
from models.timbre.player.benchmark import bench_timbre
from renderer.dataset.benchmark import loop_cost, pipeline_cost
from server.benchmarks.osc_latency import bench_osc

RENDERS, MATCHES, STEPS = 300, 5, 5


def bench(what: str, model: str) -> None:
    """Run one benchmark or all of them, and print their figures.

    Args:
        what: "render", "match", "train", "osc", "timbre" or "all".
        model: Name of a shipped model, or a checkpoint folder.

    Raises:
        SpecError: ``what`` is not the name of a benchmark.
    """
    benches: dict[str, Callable[[str], dict[str, Any]]] = {
        "render": bench_render,
        "match": bench_match,
        "train": bench_train,
        "osc": bench_osc,
        "timbre": bench_timbre,
    }
    if what != "all" and what not in benches:
        raise SpecError(f"{what!r}: no benchmark of this name. Use {', '.join(benches)} or all")
    chosen = benches if what == "all" else {what: benches[what]}
    figures = {}
    for name, run in chosen.items():
        print(f"bench {name} ...", flush=True)
        figures[name] = run(model)
    print(json.dumps(figures))


def bench_render(model: str) -> dict[str, Any]:
    """Compare whole ``render-presets`` commands with the bare plugin, in processor time.

    The value 1 means as fast as the bare plugin in a loop. A missing plugin is skipped.

    Args:
        model: Not used: the benchmark renders fixed specs.

    Returns:
        The figures by name.
    """
    figures: dict[str, Any] = {}
    for key, spec in (("amsynth", "amsynth-34"), ("vital", "vital-32")):
        try:
            figures |= {f"{key}_{name}": value for name, value in _against_floor(spec).items()}
        except RuntimeError as error:
            print(f"  {spec}: {str(error).splitlines()[-1]}", flush=True)
    try:
        reset, ours = loop_cost("reset", "nekobi-8", RENDERS), pipeline_cost("nekobi-8", RENDERS)
        figures["nekobi_vs_reset"] = round(reset.processor_s / ours.processor_s, 3)
    except RuntimeError as error:
        print(f"  nekobi-8: {str(error).splitlines()[-1]}", flush=True)
    one, two = (pipeline_cost("vital-32", RENDERS, workers).wall_s for workers in (1, 2))
    nothing = [pipeline_cost("vital-32", 1, workers).wall_s for workers in (1, 2)]
    figures["two_workers"] = round((one - nothing[0]) / (two - nothing[1]), 3)
    figures["presets_per_s"] = round(RENDERS / two, 2)
    return figures


def _against_floor(spec: str) -> dict[str, float]:
    """Compare a render command with the bare plugin.

    Returns:
        ``vs_floor``: The whole command. ``steady_vs_floor``: Without the start-up of both sides.
        ``vs_reload``: Against reloading the plugin for each preset. ``floor_ms``: Milliseconds that
        the bare plugin takes a preset.
    """
    floor, ours = loop_cost("floor", spec, RENDERS), pipeline_cost(spec, RENDERS)
    start, our_start = loop_cost("floor", spec, 1), pipeline_cost(spec, 1)
    reload = loop_cost("reload", spec, RENDERS // 10)
    steady = (floor.processor_s - start.processor_s) / (ours.processor_s - our_start.processor_s)
    return {
        "vs_floor": round(floor.processor_s / ours.processor_s, 3),
        "steady_vs_floor": round(steady, 3),
        "vs_reload": round(10 * reload.processor_s / ours.processor_s, 3),
        "floor_ms": round(1000 * (floor.processor_s - start.processor_s) / (RENDERS - 1), 2),
    }


def bench_match(model: str) -> dict[str, Any]:
    """Measure the median milliseconds from file to answer, by budget and by stage.

    ``instant`` and ``quick`` are parametric matches only. ``resynthesis`` is the additional time of
    the resynthesised answer. ``isolation`` compares ``quick`` with and without fork.
    """
    from models.checkpoint import load_checkpoint
    from models.matching.matcher import Matcher
    from models.matching.options import MatchOptions
    from server.benchmarks.isolation import compare_isolations
    from server.sketches import sketch_paths

    figures: dict[str, Any] = {}
    sounds = list(sketch_paths().values())
    with Matcher(load_checkpoint(model), 2) as matcher:
        matcher.match(sounds[0], MatchOptions("quick"))  # load and warm up
        found = [matcher.match(sound).to_dict()["timings_ms"] for sound in sounds]
        figures["resynthesis_p50_ms"] = round(float(np.median([f["resynthesis"] for f in found])))
        for budget in ("instant", "quick"):
            options = MatchOptions(budget, method="parameters")
            found = [
                matcher.match(sound, options).to_dict()["timings_ms"]
                for _ in range(MATCHES)
                for sound in sounds
            ]
            stages = {k: round(float(np.median([f[k] for f in found])), 2) for k in found[0]}
            figures[f"{budget}_p50_ms"] = stages.pop("answer")
            stages.pop("winner")
            figures[f"{budget}_stages_ms"] = stages
    return figures | compare_isolations(model, sounds)


def bench_train(model: str) -> dict[str, Any]:
    """Measure the processor seconds of one optimiser step, and the clips trained on in a second."""
    import torch

    from models.checkpoint import load_checkpoint
    from models.data.batches import Batch
    from models.networks.flow_vae import FlowVAE
    from models.training.run import TrainConfig

    checkpoint, config = load_checkpoint(model), TrainConfig()
    network = FlowVAE(checkpoint.model.config).train()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters())
    shape = (config.batch, network.config.bands, network.config.frames)
    mel, note = -80 * torch.rand(shape), torch.full((config.batch,), 60.0)
    unit = torch.rand(config.batch, len(checkpoint.spec))
    batch = Batch(mel, note, unit, *(2 * [torch.zeros(config.batch, network.config.pairs)]))

    def steps(count: int) -> None:
        for _ in range(count):
            optimiser.zero_grad()
            network.loss(batch, 1.0)["loss"].backward()  # type: ignore[no-untyped-call]
            optimiser.step()

    steps(1)
    processor = time.process_time()
    wall = _seconds(lambda: steps(STEPS))
    ours = (time.process_time() - processor) / STEPS
    return {
        "cpu_s_per_step": round(ours, 3),
        "samples_per_s": round(STEPS * config.batch / wall, 1),
        **_paper_speed(),
    }


def _paper_speed() -> dict[str, float]:
    """Measure Flow_reg at the sizes of the authors' code: a step of 64 clips, and one answer.

    The sizes: 64 bands of 80 frames, 4 convolutions of 64 channels, 32 parameters, 16 + 16 IAF
    steps. The dense layers have 208 units: the network then has 1.8 M weights, as theirs has. We
    use one thread, as they did. They measured 1.65 s and 20 ms (docs/benchmarks).
    """
    import torch

    from models.data.batches import Batch
    from models.networks.esling2019 import MODELS, PaperConfig
    from models.networks.torchscript import traced

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    sizes = PaperConfig("flow_post", 64, 80, 32, channels=128, kernel=5, layers=4, hidden=416)
    network = MODELS["flow_post"](sizes).train()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), 2e-4)
    mel, note = -80 * torch.rand(64, 64, 80), torch.full((64,), 60.0)
    batch = Batch(mel, note, torch.rand(64, 32), torch.zeros(64, 0), torch.zeros(64, 0))

    def step() -> None:
        optimiser.zero_grad()
        network.loss(batch, 1.0)["loss"].backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    step_s = _processor_seconds(step, STEPS)
    graph = traced(network.eval())

    def answer() -> None:
        with torch.no_grad():
            graph(mel[:1], note[:1])

    answer_s = _processor_seconds(answer, 50)
    torch.set_num_threads(threads)
    return {
        "paper_weights": sum(weight.numel() for weight in network.parameters()),
        "paper_cpu_s_per_step": round(step_s, 3),
        "paper_infer_ms": round(1000 * answer_s, 2),
    }


def _processor_seconds(work: Callable[[], None], times: int) -> float:
    """Return the median processor seconds of a call; the first call is not counted."""
    work()
    taken = []
    for _ in range(times):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return float(np.median(taken))


def _seconds(run: Callable[[], object]) -> float:
    """Return the seconds of wall clock that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
