"""Fit the constants to measured rows: one set for all devices, never one for one.

Throughput is fitted first, then, on what it leaves, the constants of the first token.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration, CalibrationFile, calibration_of
from optimizer.projection.fitting import Problem, Solution, solve
from optimizer.projection.parameters import Parameter, Vector, at, parameters, where
from optimizer.projection.samples import Sample, pairs_of
from optimizer.projection.software import VENDOR_ROWS

# Constants that the rows determine; the others are given by engine defaults or documents.
FITTED = (
    "gemm_efficiency_ceiling",
    "gemm_half_rate_flops",
    "gemm_rate_exponent",
    "weight_stream_efficiency",
    "cache_stream_efficiency",
    "latent_cache_stream_efficiency",
    "latent_attention_efficiency",
    "prefill_attention_efficiency",
    "widened_weight_efficiency",
    "widened_rate_flops",
    "layer_fixed_s",
    "moe_layer_fixed_s",
    "latent_layer_fixed_s",
    "expert_stream_efficiency",
    "step_fixed_s",
    "sequence_fixed_s",
    "all_reduce_latency_s",
    "bus_latency_factor",
    "link_efficiency",
    "bus_efficiency",
    "cache_output_share",
    "grouped_gemm_efficiency",
    "half_rate_tokens",
    "expert_half_rate_tokens",
    "expert_choice_spread",
    "expert_imbalance",
    "small_expert_factor",
    "mxfp4_expert_factor",
    "tile_reread_factor",
    "replica_stall_share",
    "all_to_all_hidden_share",
    "smaller_term_share",
    "activation_bytes_per_element",
    "drain_weight",
    "pipeline_bubble",
    "tpot_tail_factor",
    "draft_acceptance",
)
FITTED_FACTORS = (
    "device_factor",
    "host_factor",
    "sequence_factor",
    "cache_factor",
    "expert_factor",
)
FIRST_TOKEN = ("request_fixed_s", "first_token_prompts", "first_token_steps", "arrival_wave_share")
FIRST_TOKEN_FACTORS = ("first_token_factor",)
# Regimes whose first tokens are fitted: closed loops and arrivals at random, both by one own part.
FIRST_TOKEN_REGIMES = ("concurrency", "rate")
# Widths of the Cauchy losses: beyond them an error hardly counts. That of throughput is what two
# successive releases of TensorRT-LLM differ by on the same rows, 4 to 5 % (performance overviews).
WIDTH, FIRST_TOKEN_WIDTH = 0.05, 0.25
# Weight of the log error of a ratio of two devices on equal work, where that of a row is 1. More
# brings ratios closer and the H20, left out, further off (docs/validation.md, what was tried).
RATIO_WEIGHT = 0.1
ROUNDS = 6
METHOD = (
    "Gauss-Newton on log(projected / measured) of rows and of ratios of devices on equal work, "
    "Cauchy loss, ridge to the start"
)


def fitted_names(record: CalibrationFile, cal: Calibration) -> tuple[Parameter, ...]:
    """Return everything that is fitted, of throughput and of the first token."""
    return (
        *parameters(record, cal, FITTED, FITTED_FACTORS),
        *parameters(record, cal, FIRST_TOKEN, FIRST_TOKEN_FACTORS),
    )


def started(record: CalibrationFile, cal: Calibration) -> Calibration:
    """Return the constants that a fit starts from; what has no stated start stays as it is.

    Examples
    --------
    >>> record, cal = stored()
    >>> twice = record.model_copy(update={"start": {"first_token_steps": 2.0}})
    >>> round(started(twice, cal).first_token_steps, 9)
    2.0
    """
    names = fitted_names(record, cal)
    point = where(names, cal)
    known = [record.start.get(p.name) for p in names]
    ends = [x if v is None else p.to(v) for p, v, x in zip(names, known, point, strict=True)]
    return at(cal, names, np.array(ends))


def at_bounds(record: CalibrationFile, cal: Calibration) -> dict[str, str]:
    """Return the fitted constants and factors that lie at an end of their range, as printed."""
    names = fitted_names(record, cal)
    out = {}
    for parameter, point in zip(names, where(names, cal).tolist(), strict=True):
        value = _short(parameter.back(point))
        for side, end in (("lower", parameter.low), ("upper", parameter.high)):
            if value == _short(end):
                out[parameter.name] = side
    return out


def throughput_problem(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration
) -> Problem:
    """Return the fit of output tokens per second."""
    names = parameters(record, start, FITTED, FITTED_FACTORS)
    return Problem(rows, names, start, Sample.error, WIDTH, pairs_of(rows))


def first_token_problem(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration
) -> Problem:
    """Return the fit of the time to the first token."""
    names = parameters(record, start, FIRST_TOKEN, FIRST_TOKEN_FACTORS)
    return Problem(rows, names, start, Sample.first_token_error, FIRST_TOKEN_WIDTH)


def weights_of(problem: Problem, seen: NDArray[np.bool_] | None = None) -> Vector:
    """Return the weights in the fit of throughput: of the rows, then of the ratios of pairs.

    Parameters
    ----------
    problem : Problem
    seen : ndarray of bool, optional
        Rows that take part, all by default; a pair takes part with both of its rows.
    """
    each = np.array([row.weight for row in problem.rows])
    pairs = np.full(len(problem.pairs), RATIO_WEIGHT)
    if seen is None:
        return np.concatenate([each, pairs])
    return np.concatenate([each * seen, pairs * seen[problem.pairs].all(axis=1)])


def first_rows(rows: Sequence[Sample]) -> list[Sample]:
    """Return the rows that tell the first token."""
    return [row for row in rows if row.first_s and row.row.regime in FIRST_TOKEN_REGIMES]


def fit(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration, rounds: int
) -> tuple[Calibration, Solution]:
    """Return constants that bring the rows closest, inside their ranges, and the last round."""
    problem = throughput_problem(rows, record, start)
    found = solve(problem, weights_of(problem), where(problem.names, start), rounds)
    return fit_first(rows, record, found.constants(problem), rounds), found


def fit_first(
    rows: Sequence[Sample],
    record: CalibrationFile,
    start: Calibration,
    rounds: int,
    jacobian: Vector | None = None,
) -> Calibration:
    """Return the constants with those of the first token fitted."""
    mine = first_rows(rows)
    if not mine:
        return start
    problem = first_token_problem(mine, record, start)
    found = solve(problem, np.ones(len(mine)), where(problem.names, start), rounds, jacobian)
    return found.constants(problem)


def as_toml(
    record: CalibrationFile, found: Calibration, rows: Sequence[Sample], source: Path, day: date
) -> str:
    """Return the text of a file of constants with the fitted values."""
    errors = np.abs(np.expm1([row.error(found) for row in rows]))
    middle, far = np.median(errors), np.percentile(errors, 90)
    lines = [
        "# Constants of the throughput projection: one set for every device.",
        "# Written by `python -m optimizer.projection.calibrate`; no constant belongs to a device.",
        f'id = "{record.id}"',
        f'fitted_on = "{source.name}"',
        f"fitted_rows = {len(rows)}",
        f"fitted_date = {day.isoformat()}",
        f'rows_sha256 = "{rows_hash(source)}"',
        f'residual = "output tokens/s, rows of the fit: MdAPE {middle:.1%}, p90 {far:.1%}"',
        f'method = "{METHOD}"',
        *_table("start", _starts(record)),
        *_table("at_bound", at_bounds(record, found)),
    ]
    for name, constant in record.constants.items():
        shown = constant.model_dump() | {"value": _short(getattr(found, name))}
        lines += _table(f"constants.{name}", shown)
    made = Counter(
        (found.release(s.row.engine, s.row.version, s.vendor).id, s.vendor) for s in rows
    )
    stated = Counter(release for release, _ in made.elements())
    for release in found.releases:
        old = record.releases[release.id].model_dump(exclude_none=True)
        shown = {key: getattr(release, key, value) for key, value in old.items()}
        shown |= {"rows": stated[release.id], "vendors": vendors_of(release.id, made)}
        lines += _table(f"releases.{release.id}", shown)
    return "\n".join(lines) + "\n"


def _starts(record: CalibrationFile) -> dict[str, float]:
    """Starts of the next fit: those of this one; the values before it where none is stated."""
    start = started(record, calibration_of(record, record.id))
    names = fitted_names(record, start)
    return {p.name: p.back(x) for p, x in zip(names, where(names, start).tolist(), strict=True)}


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    keys = {key: key if key.isidentifier() else f'"{key}"' for key in values}
    return ["", f"[{name}]", *(f"{keys[key]} = {_toml(value)}" for key, value in values.items())]


def vendors_of(release: str, rows: Mapping[tuple[str, str], int]) -> tuple[str, ...]:
    """Return the makers on whose parts a release was measured often enough to rest on them.

    Examples
    --------
    >>> vendors_of("a", {("a", "NVIDIA"): 90, ("a", "AMD"): 2, ("b", "AMD"): 90})
    ('NVIDIA',)
    """
    return tuple(
        sorted(vendor for (own, vendor), n in rows.items() if own == release and n >= VENDOR_ROWS)
    )


def rows_hash(path: Path) -> str:
    """Return the SHA-256 of the text of a file of rows and of what their sources declare."""
    from catalogs.load import data_path, read_text

    declared = data_path("measured", "declared.toml")
    return hashlib.sha256((read_text(path) + read_text(declared)).encode()).hexdigest()


def _toml(value: str | float | bool | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    short = _short(value)
    return repr(int(short)) if short == int(short) and short < 1e15 else repr(short)


def _short(value: float) -> float:
    """The value as the file has it, four digits."""
    return float(f"{value:.4g}")


def stored() -> tuple[CalibrationFile, Calibration]:
    """Return the built-in file of constants and its values."""
    from catalogs.load import data_path, read_toml
    from catalogs.reading import validated

    path = data_path("calibration", "global.toml")
    record = validated(CalibrationFile, read_toml(path), path.name)
    return record, calibration_of(record, path.name)
