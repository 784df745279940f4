"""What the command line asks of the renderer, carried out here, elsewhere or on a cluster."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from datasets.recipe import Recipe
from datasets.spec import SynthSpec
from datasets.store import PART_SIZE
from renderer.batch import Progress, Summary, render_dataset
from renderer.isolation import Isolation
from renderer.remote import is_uri, render_to
from renderer.trust import merge_audits


@dataclass(frozen=True)
class Order:
    """One ``render-presets`` command, in its own words."""

    spec: str
    count: int
    out: str
    seed: int
    recipe: str
    isolation: str
    split: str = ""

    def render(
        self,
        spec: SynthSpec,
        workers: int,
        isolation: Isolation,
        shard: tuple[int, int],
        progress: Progress,
        recipe: Recipe,
    ) -> Summary:
        """Render a share on this machine, into a folder or an object store."""

        def into(folder: Path) -> Summary:
            return render_dataset(
                spec,
                self.count,
                self.seed,
                folder,
                workers,
                isolation,
                shard,
                progress,
                recipe,
                split=self.split,
            )

        return render_to(self.out, shard, into) if is_uri(self.out) else into(Path(self.out))

    def on_cluster(self, address: str) -> str:
        """Render all shares as Ray tasks with one worker each; a line about it."""
        from renderer.cluster import render_on_cluster

        parts = -(-self.count // PART_SIZE)

        def tell(done: int, shares: int) -> None:
            print(f"shares {done}/{shares}", file=sys.stderr)

        shares = render_on_cluster(self.arguments, parts, address, tell)
        if not is_uri(self.out):
            merge_audits(Path(self.out))
        return f"{self.count} clips of {self.spec} in {self.out}, rendered as {shares} Ray tasks"

    @property
    def arguments(self) -> list[str]:
        """The command's arguments for one task: paths made absolute, one worker."""
        spec = str(Path(self.spec).absolute()) if self.spec.endswith(".toml") else self.spec
        out = self.out if is_uri(self.out) else str(Path(self.out).absolute())
        arguments = [spec, "--count", str(self.count), "--seed", str(self.seed), "--out", out]
        arguments += ["--workers", "1"]
        if self.recipe:
            is_file = self.recipe.endswith(".toml")
            arguments += ["--recipe", str(Path(self.recipe).absolute()) if is_file else self.recipe]
        words = {"--isolation": self.isolation, "--split": self.split}
        return arguments + [part for option in words.items() if option[1] for part in option]
