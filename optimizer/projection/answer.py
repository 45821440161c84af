"""The projection of one part as an answer: numbers, assumptions, JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalogs.architectures import Workload
from catalogs.errors import InputError
from catalogs.load import load_catalog, read_toml
from catalogs.reading import validated
from optimizer.projection.calibration import Calibration
from optimizer.projection.devices import assumptions_of_sku, resources_of_sku
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
    """Return a workload given by id, alias or file, or a mix of such; the default one if None.

    Examples
    --------
    >>> mix = open_workload("chat-70b=0.75,retrieval-32b=0.25", load_catalog())
    >>> [(m.name, m.weight) for m in mix.members]
    [('chat', 0.75), ('retrieval', 0.25)]
    """
    if name is None:
        return catalog.workload(DEFAULT_WORKLOAD)
    if "=" in name:
        return _mixed(name, catalog)
    path = Path(name)
    if path.suffix != ".toml":
        return catalog.workload(name)
    data = {key: value for key, value in read_toml(path).items() if key != "record"}
    return validated(Workload, data, str(path))


def _mixed(text: str, catalog: Catalog) -> Workload:
    """A mix of workloads from ``NAME=SHARE,NAME=SHARE``; shares of the output tokens."""
    parts: list[tuple[Workload, float]] = []
    for each in text.split(","):
        name, _, share = each.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = float("nan")
        if not 0 < value <= 1:
            raise InputError(
                f"'{each.strip()}' has no share from 0 to 1",
                "--workload",
                "Write NAME=SHARE,NAME=SHARE, as in chat-70b=0.7,retrieval-32b=0.3.",
            )
        parts.append((open_workload(name.strip(), catalog), value))
    whole = len({w.id for w, _ in parts}) == len(parts)
    members = [
        m.model_copy(update={"weight": m.weight * share}) for w, share in parts for m in w.members
    ]
    if not whole or len({m.name for m in members}) < len(members):
        members = [
            m.model_copy(update={"name": f"{m.name} of {w.id} {i}", "weight": m.weight * share})
            for i, (w, share) in enumerate(parts, 1)
            for m in w.members
        ]
    data = {
        "id": "_and_".join(dict.fromkeys(w.id for w, _ in parts)),
        "name": " and ".join(f"{share:.6g} of {w.name}" for w, share in parts),
        "max_chips_per_instance": min(w.max_chips_per_instance for w, _ in parts),
        "members": [m.model_dump() for m in members],
        "cite": "; ".join(dict.fromkeys(w.cite for w, _ in parts)),
    }
    return validated(Workload, data, "--workload")


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
    return Answer(sku, workload, prepared, resources, table, _assumptions(prepared, sku))


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
    members = [_member(m) for m in table.members]
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
            "reason": table.reason[0],
            "members": members,
        },
        "resources": _resources(found.resources),
        "assumptions": list(found.assumptions),
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
        "chips": pick(m.chips),
        "batch": pick(m.batch),
        "batch_limit": str(m.batch_limit[0]) if served else None,
        "binding": str(m.binding[0]) if served else None,
        "shares": {term: pick(share) for term, share in m.shares.items()},
        "reason": reason,
    }
