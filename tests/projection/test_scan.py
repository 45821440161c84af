"""Many designs on several workloads: the same numbers in one call, in pieces and over threads."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalogs.catalog import Catalog
from optimizer.projection import Resources, prepare
from optimizer.projection.closed_form import chunk_size
from optimizer.projection.scan import BLOCK, scan
from optimizer.projection.serving import MANY_DESIGNS

from .conftest import GIB

WORKLOADS = ("chat-70b", "reasoning-235b")


def many(count: int) -> Resources:
    """Random designs, some without links or with little memory."""
    rng = np.random.default_rng(11)
    bf16 = rng.uniform(5e13, 2.5e15, count)
    values: dict[str, Any] = {
        "bf16_flops": bf16,
        "fp8_flops": 2 * bf16,
        "int8_flops": 2 * bf16,
        "fp4_flops": 4 * bf16,
        "dram_bytes_per_s": rng.uniform(0.5e12, 8e12, count),
        "core_draw_bytes_per_s": rng.uniform(1e12, 16e12, count),
        "memory_bytes": rng.uniform(20, 288, count) * GIB,
        "link_bytes_per_s_per_dir": rng.choice([0.0, 2e11, 4.5e11, 9e11], count),
        "pcie_bytes_per_s_per_dir": 64e9,
        "l2_bytes": rng.uniform(4, 256, count) * 2**20,
    }
    return Resources(**values)


def test_a_scan_is_the_same_to_the_last_bit_on_one_thread_and_on_three(catalog: Catalog) -> None:
    ready = [prepare(catalog.workload(name), catalog) for name in WORKLOADS]
    designs = many(BLOCK + 1_000)
    alone = scan(ready, designs, threads=1)
    np.testing.assert_array_equal(alone, scan(ready, designs, threads=3))
    for row, prepared in zip(alone, ready, strict=True):
        np.testing.assert_allclose(row, prepared.tokens_per_s_per_chip(designs), rtol=1e-12)
    assert (alone == 0).any()
    assert (alone > 0).all(axis=0).any()


@pytest.mark.parametrize("workload", ["reasoning-235b", "deepseek-r1"])
def test_pipelines_are_left_out_only_where_they_do_not_win(catalog: Catalog, workload: str) -> None:
    prepared = prepare(catalog.workload(workload), catalog)
    designs = replace(many(3 * MANY_DESIGNS), link_bytes_per_s_per_dir=2e11)
    together = prepared.tokens_per_s_per_chip(designs)
    assert (prepared.project(designs).members[0].pipeline_stages > 1).any()
    columns = designs.columns()
    for start in range(0, 3 * MANY_DESIGNS, 100):
        piece: dict[str, Any] = {k: v[start : start + 100] for k, v in columns.items()}
        np.testing.assert_allclose(
            prepared.tokens_per_s_per_chip(Resources(**piece)),
            together[start : start + 100],
            rtol=1e-12,
        )


def test_a_chunk_never_shrinks_to_nothing() -> None:
    assert chunk_size(1) > chunk_size(8) > chunk_size(10**9) >= 1


def test_a_scan_of_nothing_is_empty(catalog: Catalog) -> None:
    assert scan([], many(10)).shape == (0, 10)
