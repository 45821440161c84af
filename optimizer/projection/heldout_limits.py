"""Parts of the accuracy page on what the rows can tell: how thin they are, what they allow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from optimizer.projection.accuracy import Pair
from optimizer.projection.ceiling import at_least, ceiling
from optimizer.projection.ranking import like_for_like
from optimizer.projection.software import VENDOR_ROWS

# Fewer than this many sources, engines or models: the error of a device is that of a few set-ups.
FEW = 3


def thin(main: Sequence[Pair]) -> list[str]:
    """Return a table of how much was measured of each device.

    Examples
    --------
    >>> thin([Pair("a", "rate", "s", 0, 1.0, 1.0, workload="w", engine="vllm", model="m")])[-2]
    '| a | 1 | 1 | 1 | 1 | 1 | rows, models, sources, engines |'
    """
    lines = [
        "## How thin the rows of a device are",
        "",
        f"Thin: fewer than {VENDOR_ROWS} rows, or {FEW} models, sources or engines (MLPerf counts "
        "as one): the errors above are then those of a few set-ups.",
        "",
        "| Device | rows | workloads | models | sources | engines | thin in |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for gpu in sorted({p.gpu for p in main}, key=lambda g: (-sum(p.gpu == g for p in main), g)):
        mine = [p for p in main if p.gpu == gpu]
        kinds = {
            "models": len({p.model for p in mine}),
            "sources": len({p.source for p in mine}),
            "engines": len({p.engine for p in mine}),
        }
        few = ["rows"] * (len(mine) < VENDOR_ROWS) + [k for k, n in kinds.items() if n < FEW]
        counts = [len(mine), len({p.workload for p in mine}), *kinds.values()]
        lines.append(f"| {gpu} | {' | '.join(map(str, counts))} | {', '.join(few) or '-'} |")
    return [*lines, ""]


def reachable(main: Sequence[Pair]) -> list[str]:
    """Return what the measured order allows a projection that never falls with a resource."""
    from catalogs.load import load_catalog
    from optimizer.projection.measured import Devices

    devices = Devices(load_catalog(ambient=False))

    @cache
    def not_below(a: str, b: str, weight_format: str) -> bool:
        one_stack = devices.vendor(a) == devices.vendor(b)
        return one_stack and at_least(devices.chip(a), devices.chip(b), weight_format)

    best = ceiling(main, like_for_like, not_below)
    return [
        f"What can be reached: in {best.contrary} of the {best.pairs} pairs like for like the part "
        "of which no resource is smaller was measured slower, under one software stack. A "
        "projection that never falls when a resource grows, on which the proof of the solver "
        f"stands, orders at most {best.pair_order:.1%} of the pairs, and its Spearman is at most "
        f"{best.spearman:.3f}.",
        "",
    ]
