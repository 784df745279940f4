"""Run one ``render-presets`` command, on this machine or on a cluster."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from datasets.recipe import Recipe
from datasets.spec import SynthSpec, load_spec
from datasets.split import parse_split
from datasets.storage.store import open_store
from renderer.dataset import console
from renderer.dataset.audit import merge_audits
from renderer.dataset.object_store import is_uri, render_to
from renderer.dataset.render import (
    RenderSummary,
    check_seed,
    clips_to_render,
    part_size,
    render_dataset,
    shard_clips,
)
from renderer.dataset.size_limits import check_count, check_space
from renderer.plugins.patch_template import PatchTemplate, dataset_spec
from renderer.workers.isolation import Isolation, parse_isolation
from renderer.workers.own_patch import read_template
from renderer.workers.state_reader import open_recipe


@dataclass(frozen=True)
class Order:
    """Hold the options of one ``render-presets`` command, as the user typed them."""

    spec: str
    count: int
    out: str
    seed: int
    recipe: str
    isolation: str
    split: str
    template: Path | None = None

    def check(self) -> None:
        """Check every option.

        Raises:
            SpecError: An option of the synth or its isolation is wrong.
            StoreError: The count, the seed, the split, the recipe or the template is wrong.
        """
        check_seed(self.seed)
        parse_split(self.split)
        check_count(self.count, self._part_size)
        _ = self._method, self._synth, self._mixture

    def plan(self, workers: int, shard: tuple[int, int]) -> str:
        """Return a line with the expected time and size of a share."""
        to_render = self.count, self.seed, shard, self._mixture, self.split
        clips = clips_to_render(self._synth, *to_render, self._part_size)
        return console.plan(self._synth, clips, workers, self._method, self._mixture)

    def render(self, workers: int, shard: tuple[int, int]) -> str:
        """Render a share on this machine, into a folder or an object store; return a summary."""
        clips = shard_clips(self.count, shard, self._part_size)
        with console.progress_bar(clips) as progress:

            def into(folder: Path) -> RenderSummary:
                return render_dataset(
                    self._synth,
                    self.count,
                    self.seed,
                    folder,
                    workers,
                    self._method,
                    shard,
                    progress,
                    self._mixture,
                    split=self.split,
                    template=self._origin,
                )

            remote = is_uri(self.out)
            summary = render_to(self.out, shard, into) if remote else into(Path(self.out))
        report = console.report(self._synth, summary, self.out, self._mixture)
        notes = self._patch.notes if self._patch else ()
        return "\n".join([report, *(f"  {note}" for note in notes)])

    @cached_property
    def _synth(self) -> SynthSpec:
        spec = load_spec(self.spec)
        return dataset_spec(spec, self._patch) if self._patch else spec

    @cached_property
    def _patch(self) -> PatchTemplate | None:
        """Return the spec on the player's own patch, if the command names one."""
        return read_template(self.template, load_spec(self.spec)) if self.template else None

    @property
    def _origin(self) -> dict[str, str] | None:
        """Return what the manifest says about the template."""
        if self._patch is None:
            return None
        file = self._patch.file
        return {"spec": load_spec(self.spec).name, "file": file.name, "sha256": file.digest}

    @cached_property
    def _part_size(self) -> int:
        return part_size(self._synth, self.out)

    @cached_property
    def _method(self) -> Isolation:
        return parse_isolation(self.isolation, self._synth.isolation)

    @cached_property
    def _mixture(self) -> Recipe:
        # Presets are compared with the spec's own template, as in every dataset of this spec.
        return open_recipe(self.recipe, load_spec(self.spec))

    def on_cluster(self, address: str) -> str:
        """Render all shares as Ray tasks with one worker each; return a line about it."""
        from renderer.dataset.ray_cluster import render_on_cluster

        if not (is_uri(self.out) or self.split):
            check_space(self._synth, self.count, self.count, Path(self.out))
        parts = -(-self.count // self._part_size)

        def tell(done: int, shares: int) -> None:
            print(f"shares {done}/{shares}", file=sys.stderr)

        shares = render_on_cluster(self.arguments, parts, address, tell)
        if not is_uri(self.out):
            store = open_store(self.out)
            merge_audits(store)
            store.write_card()
        return f"{self.count} clips of {self.spec} in {self.out}, rendered as {shares} Ray tasks"

    @property
    def arguments(self) -> list[str]:
        """Return the command's arguments for one task, with absolute paths and one worker."""
        spec = str(Path(self.spec).absolute()) if self.spec.endswith(".toml") else self.spec
        out = self.out if is_uri(self.out) else str(Path(self.out).absolute())
        arguments = [spec, "--count", str(self.count), "--seed", str(self.seed), "--out", out]
        arguments += ["--workers", "1"]
        if self.recipe:
            is_file = self.recipe.endswith(".toml")
            arguments += ["--recipe", str(Path(self.recipe).absolute()) if is_file else self.recipe]
        template = str(self.template.absolute()) if self.template else ""
        words = {"--isolation": self.isolation, "--split": self.split, "--template": template}
        return arguments + [part for option in words.items() if option[1] for part in option]
