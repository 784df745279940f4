"""A dataset folder opens whole with the readers that people use, in every state it can be in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from tests.datasets.storage.conftest import CLIPS

COLUMNS = 14


def shape_of(table: Any) -> tuple[int, int]:  # noqa: ANN401  each reader has a type of its own
    rows, columns = table.shape
    return int(rows), int(columns)


def by_pandas(folder: str) -> tuple[int, int]:
    return shape_of(pytest.importorskip("pandas").read_parquet(folder))


def by_pyarrow_dataset(folder: str) -> tuple[int, int]:
    return shape_of(pyarrow.dataset.dataset(folder).to_table())


def by_pyarrow_table(folder: str) -> tuple[int, int]:
    return shape_of(pq.read_table(folder))


def by_polars(folder: str) -> tuple[int, int]:
    return shape_of(pytest.importorskip("polars").read_parquet(folder))


def by_lazy_polars(folder: str) -> tuple[int, int]:
    return shape_of(pytest.importorskip("polars").scan_parquet(folder).collect())


def by_duckdb(folder: str) -> tuple[int, int]:
    return shape_of(pytest.importorskip("duckdb").sql(f"SELECT * FROM '{folder}/**/*.parquet'"))


READERS = (
    *(by_pandas, by_pyarrow_dataset, by_pyarrow_table),
    *(by_polars, by_lazy_polars, by_duckdb),
)


@pytest.mark.parametrize("state", ["fresh", "tagged", "cached", "resumed"])
@pytest.mark.parametrize("read", READERS)
def test_the_folder_opens_whole(
    states: dict[str, Path], read: Callable[[str], tuple[int, int]], state: str
) -> None:
    assert read(str(states[state])) == (CLIPS, COLUMNS)


def test_nothing_but_parts_lies_in_the_folder(states: dict[str, Path]) -> None:
    """Polars reads every file there, at any depth, hidden or not; others may do so too."""
    for state in ("fresh", "tagged", "cached", "resumed"):
        found = sorted(path.name for path in states[state].rglob("*"))
        assert found == ["part-00000.parquet", "part-00001.parquet"]
