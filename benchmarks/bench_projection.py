"""Speed of the projection's hot path: per core in one call, and a scan over two.

Run `OPENBLAS_NUM_THREADS=1 python benchmarks/bench_projection.py` from the repository.
"""

from __future__ import annotations

import time
import timeit
from dataclasses import replace

import numpy as np

from catalogs.catalog import Catalog
from catalogs.load import load_catalog
from optimizer.projection import Prepared, Resources, prepare
from optimizer.projection.layouts import Layout, Path
from optimizer.projection.plan import plan_member
from optimizer.projection.scan import scan
from optimizer.projection.serving import usable_layouts

MANY = 1_000_000
SCANNED = 10_000_000
SCANNED_WORKLOADS = (
    "chat-8b",
    "chat-70b",
    "retrieval-32b",
    "reasoning-235b",
    "gpt-oss-120b",
    "deepseek-r1",
)
THREADS = 2
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


def experts_eight_layouts(catalog: Catalog) -> Prepared:
    """Qwen3 235B A22B over eight layouts on links, all of which are tried for every design."""
    ready = prepare(catalog.workload("reasoning-235b"), catalog)
    found = ready.plans[0]
    linked = [x for x in found.layouts if x.path is not Path.BUS and x.stages == 1]
    layouts = (*linked, Layout(tensor=2, replicas=4, experts=8, path=Path.LINK))
    plan = plan_member(found.member, found.model, 8, ready.calibration, found.release, layouts)
    return replace(ready, plans=(plan,))


def seconds(prepared: Prepared, resources: Resources, number: int) -> float:
    """Best processor time of one call, which other programs on the machine disturb least."""
    runs = timeit.repeat(
        lambda: prepared.tokens_per_s_per_chip(resources),
        number=number,
        repeat=REPEATS,
        timer=time.process_time,
    )
    return min(runs) / number


def scanned(catalog: Catalog) -> None:
    """Ten million designs on six workloads, on two threads."""
    ready = [prepare(catalog.workload(name), catalog) for name in SCANNED_WORKLOADS]
    many = designs(SCANNED)
    start, used = time.perf_counter(), time.process_time()
    scan(ready, many, threads=THREADS)
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    print(
        f"{SCANNED / 1e6:.0f} M designs x {len(ready)} workloads, {THREADS} threads: "
        f"{wall:.1f} s ({cpu:.1f} s of processor time)"
    )


def main() -> None:
    catalog = load_catalog(ambient=False)
    dense = dense_one_layout()
    took = seconds(dense, designs(MANY), 1)
    print(f"dense, one layout, capacity and TPOT limit: {MANY / took / 1e6:.1f} M designs/s/core")
    eight = experts_eight_layouts(catalog)
    count = len(usable_layouts(eight.plans[0], designs(100), eight.calibration))
    took = seconds(eight, designs(MANY // 10), 1)
    speed = MANY / 10 / took / 1e6
    print(f"mixture of experts, {count} layouts, limits: {speed:.2f} M designs/s/core")
    for name in ("chat-70b", "reasoning-235b", "default-mix"):
        ready = prepare(catalog.workload(name), catalog)
        took = seconds(ready, designs(MANY // 10), 1)
        plan = ready.plans[0]
        used = len(usable_layouts(plan, designs(100), ready.calibration))
        rate = f"{MANY / 10 / took / 1e6:.2f} M designs/s/core"
        print(f"{name}, {used} of {len(plan.layouts)} layouts in use: {rate}")
    mix = prepare(catalog.workload("default-mix"), catalog)
    for count in BATCHES:
        took = seconds(mix, designs(count), 20)
        print(f"default-mix, call of {count}: {took * 1e3:.2f} ms")
    scanned(catalog)


if __name__ == "__main__":
    main()
