"""Conditions of measured rows: the declared input columns, read strictly, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogs.errors import InputError
from optimizer.projection.declared import filled
from optimizer.projection.software import engine_of

# Columns that the projector reads. Measured columns are not among them, so blanking those leaves
# every projection as it is.
INPUT_COLUMNS = (
    "row_id",
    "gpu",
    "n_gpu",
    "model",
    "w_prec",
    "kv_prec",
    "framework",
    "version",
    "regime",
    "isl",
    "osl",
    "tp",
    "pp",
    "ep",
    "dp",
    "replicas",
    "concurrency",
    "n_requests",
    "request_rate_rps",
    "slo_ttft_ms",
    "slo_tpot_ms",
    "spec_decode",
    "source_id",
    "note",
)
REQUIRED_COLUMNS = ("row_id", "gpu", "model", "w_prec", "kv_prec", "regime", "isl", "osl")
MEASURED_COLUMNS = (
    "out_tok_s",
    "out_tok_s_gpu",
    "out_tok_s_gpu_median",
    "in_tok_s",
    "in_tok_s_gpu",
    "ttft_ms",
    "tpot_ms",
)
# The regime of a server under limits on latency, which a row of it has to state.
LIMITED = "server_slo"
REGIMES = (
    "concurrency",
    "offline_max",
    "fixed_batch",
    LIMITED,
    "rate",
    "disagg_concurrency",
    "decode_only",
    "prefill_only",
    "prefill_latency",
)


# Beyond every count, length, rate or limit in milliseconds of a benchmark: a slip of the hand.
MOST = 1e9


class UnprojectableError(Exception):
    """A row that cannot be projected; the text says which fact is missing."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions under which a row was measured; None where the source does not say."""

    row_id: str
    gpu: str
    model: str
    weight_format: str
    cache_format: str
    engine: str
    version: str
    regime: str
    input_tokens: float
    output_tokens: float
    chips: int
    tensor: int | None
    stages: int
    experts: int | None
    replicas: int | None
    instances: int
    concurrency: float | None
    requests: float | None
    rate_per_s: float | None
    ttft_limit_s: float | None
    tpot_limit_s: float | None
    speculative: float = 0.0


def check_columns(rows: list[dict[str, str]], where: str) -> None:
    """Raise if a required column is absent or a row id stands twice."""
    if not rows:
        raise InputError("has no rows", where=where)
    missing = [name for name in REQUIRED_COLUMNS if name not in rows[0]]
    if missing:
        raise InputError(
            f"missing columns: {', '.join(missing)}",
            where=where,
            remedy=f"Needed are {', '.join(REQUIRED_COLUMNS)}.",
        )
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        if row["row_id"] in seen:
            raise InputError(
                f"row_id '{row['row_id']}' stands twice", where=f"{where}, row {number}"
            )
        seen.add(row["row_id"])


def _number(row: Mapping[str, str], name: str) -> float | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise UnprojectableError(f"{name} '{text}' is not a number") from None
    if not 0 <= value <= MOST:
        raise UnprojectableError(f"{name} {text} is out of range: from 0 to {MOST:,.0f}")
    return value


def _count(row: Mapping[str, str], name: str) -> int | None:
    value = _number(row, name)
    if value is None:
        return None
    if value != int(value) or value < 1:
        raise UnprojectableError(f"{name} {row[name]} is not a positive whole number")
    return int(value)


def _needed(row: Mapping[str, str], name: str) -> float:
    value = _number(row, name)
    if not value:
        raise UnprojectableError(f"{name} is not stated")
    return value


def _replicas(tensor: int | None, experts: int | None, data: int | None) -> tuple[int | None, int]:
    """Return attention replicas, and by how much replicas and chips were overstated.

    Some exports of attention data parallelism over e chips with e expert groups print e^2
    replicas and e^2 chips beside the throughput of e chips: the same run stands twice, once so
    and once with e. A set of experts over e chips holds e replicas of one chip each.

    Examples
    --------
    >>> _replicas(1, 8, 64), _replicas(1, 8, 8), _replicas(4, 1, None)
    ((8, 8), (8, 1), (None, 1))
    """
    if tensor == 1 and experts and experts > 1 and data == experts**2:
        return experts, experts
    return data, 1


def conditions(row: Mapping[str, str]) -> Conditions:
    """Return the conditions of a row of text cells, blank meaning not stated.

    Raises
    ------
    UnprojectableError
        A needed cell is blank or wrong; the text names it.
    """
    row = filled(row)
    regime = row["regime"].strip()
    if regime not in REGIMES:
        raise UnprojectableError(f"unknown regime '{regime}'")
    tensor, experts, data = (_count(row, name) for name in ("tp", "ep", "dp"))
    stages, instances = (_count(row, name) or 1 for name in ("pp", "replicas"))
    data, scale = _replicas(tensor, experts, data)
    stated = _count(row, "n_gpu")
    product = (tensor or 1) * stages * (data or 1) * instances
    chips = product if stated is None else max(stated // scale, 1)
    if stated is not None and chips % ((tensor or 1) * stages):
        raise UnprojectableError(
            f"tp {tensor or 1} times pp {stages} does not divide n_gpu {chips}"
        )
    ttft, tpot = (_number(row, name) for name in ("slo_ttft_ms", "slo_tpot_ms"))
    if regime == LIMITED and not ttft and not tpot:
        raise UnprojectableError(f"regime {LIMITED} without slo_ttft_ms or slo_tpot_ms")
    return Conditions(
        row_id=row["row_id"],
        gpu=row["gpu"].strip(),
        model=row["model"].strip(),
        weight_format=row["w_prec"].strip(),
        cache_format=row["kv_prec"].strip(),
        engine=engine_of(row.get("framework", ""), row.get("version", "")),
        version=row.get("version", "").strip(),
        regime=regime,
        input_tokens=_needed(row, "isl"),
        output_tokens=_needed(row, "osl"),
        chips=chips,
        tensor=tensor,
        stages=stages,
        experts=experts,
        replicas=data,
        instances=instances,
        concurrency=_number(row, "concurrency"),
        requests=_number(row, "n_requests"),
        rate_per_s=_number(row, "request_rate_rps"),
        ttft_limit_s=None if ttft is None else ttft / 1000,
        tpot_limit_s=None if tpot is None else tpot / 1000,
        speculative=_number(row, "spec_decode") or 0.0,
    )
