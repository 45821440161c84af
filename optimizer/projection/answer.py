"""The projection of one part as an answer: numbers, assumptions, JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalogs.architectures import Workload
from catalogs.load import load_catalog, read_toml
from catalogs.reading import validated
from optimizer.projection.calibration import Calibration
from optimizer.projection.choice import TERMS
from optimizer.projection.devices import (
    GIGA,
    TERA,
    assumptions_of_sku,
    bytes_per_printed_gb,
    resources_of_sku,
)
from optimizer.projection.gradients import (
    DRAM,
    DRAW,
    LINK,
    MEMORY,
    PCIE,
    TENSOR,
    Gradients,
    gradients,
)
from optimizer.projection.intervals import planned_interval
from optimizer.projection.resources import ARRAYS, Array, Resources
from optimizer.projection.serving import DEFAULT_STACK, DEFAULT_WORKLOAD, Prepared, prepare
from optimizer.projection.table import MemberTable, ProjectionTable

if TYPE_CHECKING:
    from catalogs.catalog import Catalog
    from catalogs.skus import Sku

SCHEMA = "optimize-projection/1"


@dataclass(frozen=True, slots=True)
class Answer:
    """One part on one workload."""

    sku: Sku
    workload: Workload
    prepared: Prepared
    resources: Resources
    table: ProjectionTable
    gradients: Gradients
    member_gradients: tuple[Gradients, ...]
    assumptions: tuple[str, ...]

    @property
    def served(self) -> bool:
        """Whether every member of the workload can be served."""
        return self.table.reason[0] is None


def open_part(name: str, overlays: list[Path]) -> tuple[Catalog, Sku]:
    """Return the catalogue and a SKU given by id, alias or file."""
    path = Path(name)
    if path.suffix == ".toml":
        key = read_toml(path).get("id", "")
        catalog = load_catalog([path, *overlays])
        return catalog, catalog.sku(str(key))
    catalog = load_catalog(overlays)
    return catalog, catalog.sku(name)


def open_workload(name: str | None, catalog: Catalog) -> Workload:
    """Return a workload given by id, alias or file; the default one if none is named."""
    if name is None:
        return catalog.workload(DEFAULT_WORKLOAD)
    path = Path(name)
    if path.suffix != ".toml":
        return catalog.workload(name)
    data = {key: value for key, value in read_toml(path).items() if key != "record"}
    return validated(Workload, data, str(path))


def answer(
    sku: Sku,
    workload: Workload,
    catalog: Catalog,
    *,
    calibration: Calibration | None = None,
    stack: str = DEFAULT_STACK,
) -> Answer:
    """Project a catalogued part.

    Examples
    --------
    >>> catalog, sku = open_part("h20", [])
    >>> answer(sku, open_workload("chat-70b", catalog), catalog).served
    True
    """
    prepared = prepare(workload, catalog, calibration, stack=stack)
    chips = workload.max_chips_per_instance
    resources = resources_of_sku(sku, sku.die_record, chips=chips)
    table = prepared.project(resources)
    whole, each = gradients(prepared, resources)
    said = _assumptions(prepared, sku)
    return Answer(sku, workload, prepared, resources, table, whole, each, said)


def _assumptions(prepared: Prepared, sku: Sku) -> tuple[str, ...]:
    limits = any(p.step_limit_s is not None for p in prepared.plans)
    band = planned_interval(limits)
    cal = prepared.calibration
    own = (
        f"software stack {prepared.stack}; constants '{cal.id}' of {cal.fitted_date}, "
        "one set for all devices",
        f"80 % interval from {band.rows} measured rows of like regime, held out, and from devices "
        "projected without any row of theirs",
        f"at most {prepared.workload.max_chips_per_instance} chips an instance; throughput is "
        "output tokens per second and chip",
    )
    return (*own, *assumptions_of_sku(sku, sku.die_record))


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
    worst = max(
        (m for m in members if m["reason"] is None), key=lambda m: m["tpot_ms"], default=None
    )
    slowest = [m["ttft_ms"] for m in members if m["ttft_ms"] is not None]
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
            "ttft_ms": max(slowest, default=None),
            "tpot_ms": lead.get("tpot_ms"),
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
        "tensor_parallel": pick(m.tensor_parallel),
        "data_parallel": pick(m.data_parallel),
        "expert_parallel": pick(m.expert_parallel),
        "path": str(m.path[0]) if served else None,
        "chips": pick(m.chips),
        "batch": pick(m.batch),
        "batch_limit": str(m.batch_limit[0]) if served else None,
        "binding": str(m.binding[0]) if served else None,
        "shares": {term: pick(share) for term, share in m.shares.items()},
        "peak_flops_share": pick(m.peak_flops_share),
        "peak_bytes_share": pick(m.peak_bytes_share),
        "reason": reason,
    }
