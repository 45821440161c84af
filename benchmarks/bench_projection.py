"""Speed of the projection's hot path on one core.

Run `OPENBLAS_NUM_THREADS=1 python benchmarks/bench_projection.py` from the repository.
"""

from __future__ import annotations

import timeit
from dataclasses import replace

import numpy as np

from catalogs.load import load_catalog
from optimizer.projection import Prepared, Resources, prepare
from optimizer.projection.layouts import Layout, Path
from optimizer.projection.plan import plan_member

MANY = 1_000_000
BATCHES = (256, 1024, 4096)
REPEATS = 5
GIB = 2.0**30


def designs(count: int) -> Resources:
    """Random designs between a cut GB202 and a whole B200."""
    rng = np.random.default_rng(1)
    bf16 = rng.uniform(50e12, 2500e12, count)
    return Resources(
        bf16_flops=bf16,
        fp8_flops=2 * bf16,
        int8_flops=2 * bf16,
        fp4_flops=4 * bf16,
        dram_bytes_per_s=rng.uniform(0.5e12, 8e12, count),
        core_draw_bytes_per_s=rng.uniform(1e12, 16e12, count),
        memory_bytes=rng.uniform(80, 288, count) * GIB,
        link_bytes_per_s_per_dir=rng.uniform(100e9, 900e9, count),
        pcie_bytes_per_s_per_dir=64e9,
    )


def dense_one_layout() -> Prepared:
    """Llama 3.3 70B on four linked chips, with capacity and a TPOT limit."""
    catalog = load_catalog(ambient=False)
    ready = prepare(catalog.workload("chat-70b"), catalog)
    member = ready.plans[0].member.model_copy(update={"ttft_limit_ms": None})
    layouts = (Layout(tensor=4, path=Path.LINK),)
    plan = plan_member(
        member, ready.plans[0].model, 4, ready.calibration, ready.plans[0].release, layouts
    )
    return replace(ready, plans=(plan,))


def seconds(prepared: Prepared, resources: Resources, number: int) -> float:
    """Best time of one call."""
    runs = timeit.repeat(
        lambda: prepared.tokens_per_s_per_chip(resources), number=number, repeat=REPEATS
    )
    return min(runs) / number


def main() -> None:
    catalog = load_catalog(ambient=False)
    dense = dense_one_layout()
    took = seconds(dense, designs(MANY), 1)
    print(f"dense, one layout, capacity and TPOT limit: {MANY / took / 1e6:.1f} M designs/s")
    for name in ("chat-70b", "reasoning-235b", "default-mix"):
        ready = prepare(catalog.workload(name), catalog)
        took = seconds(ready, designs(MANY // 10), 1)
        print(f"{name}, every layout: {MANY / 10 / took / 1e6:.2f} M designs/s")
    mix = prepare(catalog.workload("default-mix"), catalog)
    for count in BATCHES:
        took = seconds(mix, designs(count), 20)
        print(f"default-mix, call of {count}: {took * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
