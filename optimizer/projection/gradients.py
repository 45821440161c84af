"""What one more unit of a resource is worth in throughput: derivatives in closed form.

With X = b / T(b), T(b) = K + A b, K and A sums of amounts times prices, the derivative by a price
follows from the limit that sets the batch, and that of a price by a resource from `prices`:

    batch by memory or server   dX = -(X / T) dT + (K / T^2) db
    batch by TPOT, b = (L-K)/A  dX = -dT / (A L)
    rate by TTFT, first = L     dX = -d(first at fixed X) / (d first / dX)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.projection.calibration import Calibration
from optimizer.projection.choice import Choice, chosen
from optimizer.projection.formats import gemm_rate, widened
from optimizer.projection.plan import MemberPlan
from optimizer.projection.prices import (
    AGAIN,
    FLOP_BF16,
    FLOP_GEMM,
    STREAM,
    VIA_BUS,
    VIA_LINK,
    flop_price_elasticity,
    hot_prices,
)
from optimizer.projection.resources import Array, Resources

if TYPE_CHECKING:
    from optimizer.projection.serving import Prepared

# Resources that a derivative is stated for; `tensor` is the rate of every format in proportion,
# counted at bf16.
TENSOR, DRAM, DRAW, MEMORY, LINK, PCIE = "tensor", "dram", "draw", "memory", "link", "pcie"
NAMES = (TENSOR, DRAM, DRAW, MEMORY, LINK, PCIE)
_COLUMN = {
    TENSOR: "bf16_flops",
    DRAM: "dram_bytes_per_s",
    DRAW: "core_draw_bytes_per_s",
    MEMORY: "memory_bytes",
    LINK: "link_bytes_per_s_per_dir",
    PCIE: "pcie_bytes_per_s_per_dir",
}


@dataclass(frozen=True, slots=True)
class Gradients:
    """Derivatives of throughput of n designs; NaN where a design cannot serve.

    Parameters
    ----------
    elasticity : mapping of resource to array
        d ln X / d ln R: per cent of throughput per per cent of the resource. [1]
    per_unit : mapping of resource to array
        dX / dR in SI units. [tokens/s per FLOP/s, B/s or B]
    """

    elasticity: Mapping[str, Array]
    per_unit: Mapping[str, Array]


def gradients(prepared: Prepared, resources: Resources) -> tuple[Gradients, tuple[Gradients, ...]]:
    """Return the derivatives of a workload's throughput and those of each of its members.

    At a kink, where two layouts or two limits of the batch are equal, the derivative is that of
    the operating point that the projection states. Of a mix X = 1 / sum(w / x):
    d ln X = sum(X w / x d ln x).

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> from optimizer.projection import prepare
    >>> catalog = load_catalog()
    >>> chip = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, 96 * 2**30, 450e9, 64e9)
    >>> whole, _ = gradients(prepare(catalog.workload("chat-70b"), catalog), chip)
    >>> bool(0.5 < whole.elasticity["tensor"][0] < 1)
    True
    """
    members, rates = [], []
    for plan in prepared.plans:
        choice = chosen(prepared, plan, resources)
        served = choice.layout >= 0
        rates.append(np.where(served, choice.pair, np.nan))
        # Beside another pool X = x / (1 + x g), so d ln X = (X / x) d ln x.
        share = rates[-1] / np.where(served, choice.rate * plan.per_chip[choice.layout], np.nan)
        own = _elasticities(prepared, plan, choice, resources)
        members.append({name: value * share for name, value in own.items()})
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = [p.member.weight / rate for p, rate in zip(prepared.plans, rates, strict=True)]
        total = sum(seconds)
        mixed = {
            name: sum(s * each[name] for s, each in zip(seconds, members, strict=True)) / total
            for name in NAMES
        }
        whole = _with_units(
            {k: np.asarray(v) for k, v in mixed.items()}, np.asarray(1 / total), resources
        )
        each = tuple(_with_units(e, x, resources) for e, x in zip(members, rates, strict=True))
    return whole, each


def _with_units(elasticity: Mapping[str, Array], rate: Array, resources: Resources) -> Gradients:
    """A resource that a chip does not have, or that has no end, is worth nothing at the margin."""
    columns = resources.columns()
    per_unit = {}
    for name, value in elasticity.items():
        amount = columns[_COLUMN[name]]
        finite = (amount > 0) & np.isfinite(amount)
        per_unit[name] = np.where(finite, value * rate / np.where(finite, amount, 1.0), 0.0 * rate)
    return Gradients(elasticity, per_unit)


def _elasticities(
    prepared: Prepared, plan: MemberPlan, choice: Choice, resources: Resources
) -> dict[str, Array]:
    """d ln x / d ln R of one member: of the prices, then of the resources behind them."""
    cal, count = prepared.calibration, choice.layout.size
    width = plan.member.weight_precision
    prices = hot_prices(width, resources, cal, count)
    by_price, by_memory = _by_price(plan, choice, prices, cal, resources)
    columns = resources.columns()
    own = np.broadcast_to(np.asarray(gemm_rate(width, resources), dtype=np.float64), (count,))
    multiply = flop_price_elasticity(own, cal)
    if widened(width, resources):
        # The part of the price that the older instructions set does not follow the rate.
        multiply = multiply * (1 - 1 / (cal.widened_rate_flops * prices[FLOP_GEMM]))
    wide = columns["bf16_flops"]
    dram_binds = columns["dram_bytes_per_s"] <= columns["core_draw_bytes_per_s"]
    stream = -by_price[STREAM] - by_price[AGAIN]
    link, bus = -by_price[VIA_LINK], -by_price[VIA_BUS]
    if not resources.nvlink_class:
        slower = columns["link_bytes_per_s_per_dir"] <= columns["pcie_bytes_per_s_per_dir"]
        link, bus = np.where(slower, 0.0, bus), np.where(slower, bus, 0.0)
    return {
        TENSOR: by_price[FLOP_GEMM] * multiply
        + by_price[FLOP_BF16] * flop_price_elasticity(wide, cal),
        DRAM: np.where(dram_binds, stream, 0.0 * stream),
        DRAW: np.where(dram_binds, 0.0 * stream, stream),
        MEMORY: by_memory,
        LINK: link,
        PCIE: bus,
    }


def _by_price(
    plan: MemberPlan, choice: Choice, prices: Array, cal: Calibration, resources: Resources
) -> tuple[Array, Array]:
    """d ln x by the logarithm of each price, (7, n), and by that of the memory, (n,)."""
    layout, at = choice.layout, np.arange(choice.layout.size)
    fixed = plan.lines[0, layout, choice.line].T * prices
    slope = plan.lines[1, layout, choice.line].T * prices
    batch, rate = choice.batch, choice.rate
    step = fixed + slope * batch
    free = -step / step.sum(axis=0)
    out = free.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        if plan.step_limit_s is not None:
            own = (
                plan.prompts[1, layout].T * prices * (plan.prompt_part / plan.member.output_tokens)
            )
            longest = plan.step_limit_s + own.sum(axis=0)
            tied = (own - step) / (slope.sum(axis=0) * longest * rate) - own / longest
            out = np.where(choice.limit == "tpot", tied, out)
        if plan.prompt_limit_s is not None:
            prompt = _by_prompt(plan, choice, prices, fixed, slope)
            out = np.where(choice.limit == "ttft", prompt, out)
        memory = resources.columns()["memory_bytes"]
        grown = cal.memory_usable_share * plan.per_cache_byte[layout] * memory / batch
        by_memory = fixed.sum(axis=0) / step.sum(axis=0) * grown
    held = np.where(choice.limit == "memory", by_memory, 0.0)
    out = np.where(choice.limit == "network", 0.0, out)
    served = layout[at] >= 0
    return np.where(served, out, np.nan), np.where(served, held, np.nan)


def _by_prompt(
    plan: MemberPlan, choice: Choice, prices: Array, fixed: Array, slope: Array
) -> Array:
    """Of a rate x that the limit on the first token sets: f (n1 t1 + n2 T) + w rho / (1 - rho) = r.

    At fixed x, T = K / (1 - A x) moves by (dK + b dA) / (1 - A x) and rho = x s by x ds.
    """
    alone = plan.prompts[0, choice.layout].T * prices
    share = plan.prompts[1, choice.layout].T * prices / plan.member.output_tokens
    rate, least = choice.rate, plan.stages[choice.layout]
    prompts = share * plan.prompt_part
    few = choice.batch < least
    fixed = np.where(few, fixed + (slope - prompts) * least, fixed)
    slope = np.where(few, prompts, slope)
    spare, idle = 1 - rate * slope.sum(axis=0), 1 - rate * share.sum(axis=0)
    tail = plan.wait_tail[choice.layout] / 2
    wait = tail * choice.alone_s / idle**2
    moved = plan.first.steps * (fixed + choice.batch * slope) / spare
    moved += (plan.first.prompts + tail * (1 - idle) / idle) * alone + wait * rate * share
    by_rate = plan.first.steps * slope.sum(axis=0) * choice.step_s / spare
    return np.asarray(-moved / (rate * (by_rate + wait * share.sum(axis=0))))
