"""The answer of `optimize project` as JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.projection.choice import TERMS
from optimizer.projection.devices import GIGA, TERA, bytes_per_printed_gb
from optimizer.projection.gradients import (
    DRAM,
    DRAW,
    LINK,
    MEMORY,
    PCIE,
    TENSOR,
    Gradients,
)
from optimizer.projection.load import Burst, Load
from optimizer.projection.prefill_table import PrefillTable
from optimizer.projection.resources import ARRAYS, Array, Resources
from optimizer.projection.table import MS_PER_S, MemberTable, ProjectionTable
from optimizer.projection.time_intervals import of_slowest, times_between

if TYPE_CHECKING:
    from optimizer.projection.answer import Answer
    from optimizer.projection.serving import Prepared

SCHEMA = "optimize-projection/1"


def number(value: Any) -> float | int | None:
    """Return a JSON number, None for NaN or infinity."""
    item = value.item() if isinstance(value, np.generic) else value
    return item if np.isfinite(item) else None


def as_json(found: Answer) -> dict[str, Any]:
    """Return the answer as the JSON that `optimize project` prints."""
    table = found.table
    gb = bytes_per_printed_gb(found.sku)
    members = [
        _member(m) | {"gradients": gradient_json(g, gb)}
        for m, g in zip(table.members, found.member_gradients, strict=True)
    ]
    for name, found_loads in (("load", found.loads), ("burst", found.bursts)):
        for member, load in zip(members, found_loads, strict=False):
            member[name] = None if load is None else load_json(load) | _ends(load, member)
    worst = max(
        (m for m in members if m["reason"] is None), key=lambda m: m["tpot_ms"] or 0.0, default=None
    )
    served = found.served
    lead = worst or {}
    return {
        "schema": SCHEMA,
        "sku": found.sku.id,
        "workload": found.workload.id,
        "stack": found.prepared.stack,
        "projection": {
            "tokens_per_s_per_chip": number(table.tokens_per_s_per_chip[0]) if served else None,
            "low": number(table.low[0]) if served else None,
            "high": number(table.high[0]) if served else None,
            **of_slowest(members),
            "tensor_parallel": lead.get("tensor_parallel"),
            "batch": lead.get("batch"),
            "binding": lead.get("binding"),
            "shares": shares_json(found.prepared, table) if served else None,
            "gradients": gradient_json(found.gradients, gb),
            "reason": table.reason[0],
            "members": members,
        },
        "resources": _resources(found.resources),
        "assumptions": list(found.assumptions),
    }


def shares_json(prepared: Prepared, table: ProjectionTable) -> dict[str, Any]:
    """Share of the GPU-seconds of the whole workload by term, of one design."""
    plans, members = prepared.plans, table.members
    seconds = [
        p.member.weight / m.tokens_per_s_per_chip[0] for p, m in zip(plans, members, strict=True)
    ]
    return {
        term: number(
            sum(s * m.shares[term][0] for s, m in zip(seconds, members, strict=True))
            / np.float64(sum(seconds))
        )
        for term in TERMS
    }


def load_json(found: Load | Burst) -> dict[str, Any]:
    """A member under a stated load, times in milliseconds but for a whole burst."""
    whole = {field.name: getattr(found, field.name) for field in fields(found)}
    values = {name: value for name, value in whole.items() if value is not None}
    return {
        f"{name[:-2]}_ms" if name in ("ttft_s", "tpot_s") else name: number(
            value * MS_PER_S if name in ("ttft_s", "tpot_s") else value
        )
        for name, value in values.items()
    }


def _ends(found: Load | Burst, member: dict[str, Any]) -> dict[str, Any]:
    """Ends of the 80 % intervals of a load: of its times, and of what its throughput decides.

    The instances of a rate and the seconds of a burst go with the throughput of the member; of two
    pools at a rate, those that decode do, with that of both pools together.
    """
    low, high = (member[end] / member["tokens_per_s_per_chip"] for end in ("low", "high"))
    if isinstance(found, Burst):
        return {
            "seconds_low": found.seconds / high,
            "seconds_high": found.seconds / low,
            "tokens_per_s_per_chip_low": found.tokens_per_s_per_chip * low,
            "tokens_per_s_per_chip_high": found.tokens_per_s_per_chip * high,
        }
    least, most = (found.fewest(factor) for factor in (high, low))
    times: dict[str, float | None] = {}
    for name, seconds in (("ttft", found.ttft_s), ("tpot", found.tpot_s)):
        for end in ("low", "high"):
            own = member[f"{name}_{end}_ms"]
            factor = None if own is None else own / member[f"{name}_ms"]
            times[f"{name}_{end}_ms"] = None if factor is None else seconds * MS_PER_S * factor
    return {"instances_low": least, "instances_high": most, **times}


def gradient_json(found: Gradients, gb: float) -> dict[str, Any]:
    """Tokens/s per chip of one more unit of each resource, and per cent of one more per cent.

    Parameters
    ----------
    found : Gradients
        Of one design.
    gb : float
        Bytes of a printed gigabyte of its memory. [B]
    """
    units = {
        "bf16_tflops": (TENSOR, TERA),
        "dram_gb_s": (DRAM, GIGA),
        "core_draw_gb_s": (DRAW, GIGA),
        "memory_gb": (MEMORY, gb),
        "link_gb_s_bidir": (LINK, GIGA / 2),
        "pcie_gb_s_bidir": (PCIE, GIGA / 2),
    }
    return {
        name: {
            "per_unit": number(found.per_unit[key][0] * unit),
            "elasticity": number(found.elasticity[key][0]),
        }
        for name, (key, unit) in units.items()
    }


def _resources(resources: Resources) -> dict[str, Any]:
    arrays: dict[str, Array | float] = {name: getattr(resources, name) for name in ARRAYS}
    shown: dict[str, Any] = {
        name: number(np.atleast_1d(np.asarray(value))[0]) for name, value in arrays.items()
    }
    return shown | resources.where() | {"native": sorted(resources.native)}


def _member(m: MemberTable) -> dict[str, Any]:
    reason = m.reason[0]
    served = reason is None

    def pick(values: Any) -> Any:
        return number(values[0]) if served else None

    beside = {} if m.prefill is None else {"prefill": prefill_json(m.prefill) if served else None}
    return {
        "name": m.name,
        "model": m.model,
        "tokens_per_s_per_chip": pick(m.tokens_per_s_per_chip),
        "low": pick(m.low),
        "high": pick(m.high),
        "ttft_ms": pick(m.ttft_ms),
        "ttft_p99_ms": pick(m.ttft_p99_ms),
        "tpot_ms": pick(m.tpot_ms),
        "tpot_p99_ms": pick(m.tpot_p99_ms),
        **times_between(pick(m.ttft_ms), pick(m.tpot_ms), m.times),
        "tensor_parallel": pick(m.tensor_parallel),
        "data_parallel": pick(m.data_parallel),
        "expert_parallel": pick(m.expert_parallel),
        "pipeline_stages": pick(m.pipeline_stages),
        "path": str(m.path[0]) if served else None,
        "chips": pick(m.chips),
        "batch": pick(m.batch),
        "batch_limit": str(m.batch_limit[0]) if served else None,
        "binding": str(m.binding[0]) if served else None,
        "shares": {term: pick(share) for term, share in m.shares.items()},
        "peak_flops_share": pick(m.peak_flops_share),
        "peak_bytes_share": pick(m.peak_bytes_share),
        **beside,
        "reason": reason,
    }


def prefill_json(found: PrefillTable) -> dict[str, Any]:
    """The prefill pool beside one design, the pools' chip-seconds and their ratio."""
    layout = found.side.layouts[found.layout[0]]
    return {
        "sku": found.side.sku,
        "tensor_parallel": layout.tensor,
        "data_parallel": layout.replicas,
        "expert_parallel": layout.experts,
        "pipeline_stages": layout.stages,
        "path": layout.path.value,
        "chips": layout.chips,
        "busy": number(found.busy[0]),
        "chip_s_per_request": number(found.chip_s[0]),
        "decode_chip_s_per_request": number(found.decode_chip_s[0]),
        "decode_chips_per_prefill_chip": number(found.decode_chips_per_prefill_chip[0]),
        "transfer_ms": number(found.transfer_s[0] * MS_PER_S),
    }
