"""How far projections lie from measurements, by device, regime and quantity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from zlib import crc32

import numpy as np

from optimizer.projection.bands import fitted
from optimizer.projection.declared import filled, run_key
from optimizer.projection.intervals import ALL
from optimizer.projection.measured import ProjectedRow
from optimizer.projection.rows import conditions
from optimizer.projection.software import engine_of

# Parts of the rows for the out-of-fold coverage of the intervals.
FOLDS = 5
MEASURED = {"throughput": "out_tok_s", "ttft_ms": "ttft_ms", "tpot_ms": "tpot_ms"}
_WORKLOAD = ("source_id", "model", "regime", "isl", "osl")


@dataclass(frozen=True, slots=True)
class Pair:
    """One measured figure beside its projection, with what groups it."""

    gpu: str
    regime: str
    source: str
    fold: int
    measured: float
    projected: float
    model: str = ""
    precision: str = ""
    engine: str = ""
    software: str = ""
    workload: str = ""
    layout: str = ""
    chips: float = 1.0

    @property
    def error(self) -> float:
        """Absolute relative error. [1]"""
        return abs(self.projected / self.measured - 1)


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of a group.

    Parameters
    ----------
    rows : int
        Rows compared.
    mdape, p90 : float
        Median and 90th percentile of the absolute relative error. [1]
    bias : float
        Median of projected over measured. [1]
    """

    rows: int
    mdape: float
    p90: float
    bias: float


def score(pairs: Sequence[Pair]) -> Score:
    """Return the errors of some pairs.

    Examples
    --------
    >>> score([Pair("a", "rate", "s", 0, 10.0, 9.0)]).mdape.__round__(3)
    0.1
    """
    errors = [pair.error for pair in pairs]
    ratios = [pair.projected / pair.measured for pair in pairs]
    return Score(
        len(pairs),
        float(np.median(errors)),
        float(np.percentile(errors, 90)),
        float(np.median(ratios)),
    )


def by(pairs: Iterable[Pair], key: Callable[[Pair], str]) -> dict[str, Score]:
    """Return the errors by group, largest group first."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(key(pair), []).append(pair)
    order = sorted(groups, key=lambda name: (-len(groups[name]), name))
    return {name: score(groups[name]) for name in order}


def pairs_of(
    rows: Sequence[Mapping[str, str]], projected: Sequence[ProjectedRow], quantity: str
) -> list[Pair]:
    """Return measured beside projected figures of `throughput`, `ttft_ms` or `tpot_ms`."""
    out = []
    for row, guess in zip(rows, projected, strict=True):
        prompts = quantity == "throughput" and guess.out_tok_s is None
        measured = of_all_chips(row, "in_tok_s" if prompts else MEASURED[quantity])
        value = guess.throughput if quantity == "throughput" else getattr(guess, quantity)
        if measured is None or value is None:
            continue
        out.append(pair_of(row, measured, value))
    return out


def pair_of(row: Mapping[str, str], measured: float, projected: float) -> Pair:
    """Return a measured figure of a row beside a projected one."""
    row = filled(row)
    workload = row.get("workload_id") or "|".join(row.get(name, "") for name in _WORKLOAD)
    layout = ",".join(row.get(name, "") for name in ("tp", "pp", "ep", "dp"))
    return Pair(
        gpu=row.get("gpu", "").strip(),
        regime=row.get("regime", "").strip(),
        source=row.get("source_id", ""),
        fold=crc32(run_key(workload).encode()) % FOLDS,
        measured=measured,
        projected=projected,
        model=row.get("model", ""),
        precision=row.get("w_prec", ""),
        engine=engine_of(row.get("framework", ""), row.get("version", "")),
        software=f"{row.get('framework', '')} {row.get('version', '')}",
        workload=workload,
        layout=layout,
        chips=float(row.get("n_gpu") or 1),
    )


def measured_of(row: Mapping[str, str], name: str) -> float | None:
    """Return a measured cell, None where it is blank or no positive number."""
    try:
        value = float(row.get(name, ""))
    except ValueError:
        return None
    return value if 0 < value < inf else None


def of_all_chips(row: Mapping[str, str], name: str) -> float | None:
    """Return a measured cell of a row that is projected, or `name` and `_gpu` times its chips."""
    whole, each = measured_of(row, name), measured_of(row, f"{name}_gpu")
    if whole is not None or each is None:
        return whole
    return each * (measured_of(row, "n_gpu") or conditions(row).chips)


def covered(rows: Sequence[Mapping[str, str]], projected: Sequence[ProjectedRow]) -> float:
    """Return the share of measured rows whose throughput lies in the interval of the row. [1]"""
    inside = []
    for row, guess in zip(rows, projected, strict=True):
        name = "in_tok_s" if guess.out_tok_s is None else "out_tok_s"
        measured = None if guess.throughput is None else of_all_chips(row, name)
        if measured is not None and guess.low is not None and guess.high is not None:
            inside.append(guess.low <= measured <= guess.high)
    return float(np.mean(inside))


def out_of_fold_hits(pairs: Sequence[Pair]) -> list[bool]:
    """Return which pairs lie in the interval of their regime, made without their workloads.

    Empty where all lie in one fold: without their workloads nothing is left to make one of.
    """
    if len({pair.fold for pair in pairs}) < 2:
        return []
    made = [
        fitted((p.regime, p.measured, p.projected) for p in pairs if p.fold != fold)
        for fold in range(FOLDS)
    ]
    hits = []
    for pair in pairs:
        band = made[pair.fold].get(pair.regime, made[pair.fold][ALL])
        hits.append(band.low_log <= log(pair.measured / pair.projected) <= band.high_log)
    return hits


def out_of_fold_coverage(pairs: Sequence[Pair]) -> float:
    """Return the coverage of intervals made without the workloads that they are judged on. [1]"""
    return float(np.mean(out_of_fold_hits(pairs)))
