"""Fit the constants to measured rows and write them: one set for all devices, never one for one.

Run `python -m optimizer.projection.refit ROWS.csv -o FILE.toml`; a few minutes. Throughput is
fitted first, then, on what it leaves, the constants of the first token.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from optimizer.projection.calibration import Calibration, CalibrationFile
from optimizer.projection.fitting import Problem, Solution, solve
from optimizer.projection.parameters import Vector, parameters, where
from optimizer.projection.samples import Sample
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
ROUNDS = 6
METHOD = "Gauss-Newton on log(projected / measured), Cauchy loss, ridge to the start"


def throughput_problem(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration
) -> Problem:
    """Return the fit of output tokens per second."""
    names = parameters(record, start, FITTED, FITTED_FACTORS)
    return Problem(rows, names, start, Sample.error, WIDTH)


def first_token_problem(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration
) -> Problem:
    """Return the fit of the time to the first token."""
    names = parameters(record, start, FIRST_TOKEN, FIRST_TOKEN_FACTORS)
    return Problem(rows, names, start, Sample.first_token_error, FIRST_TOKEN_WIDTH)


def weights_of(rows: Sequence[Sample]) -> Vector:
    """Return the weights of the rows."""
    return np.array([row.weight for row in rows])


def first_rows(rows: Sequence[Sample]) -> list[Sample]:
    """Return the rows that tell the first token."""
    return [row for row in rows if row.first_s and row.row.regime in FIRST_TOKEN_REGIMES]


def fit(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration, rounds: int
) -> tuple[Calibration, Solution]:
    """Return constants that bring the rows closest, inside their ranges, and the last round."""
    problem = throughput_problem(rows, record, start)
    found = solve(problem, weights_of(rows), where(problem.names, start), rounds)
    return fit_first(rows, record, found.constants(problem), rounds), found


def fit_first(
    rows: Sequence[Sample],
    record: CalibrationFile,
    start: Calibration,
    rounds: int,
    jacobian: Vector | None = None,
) -> Calibration:
    """Return the constants with those of the first token fitted; rows of weight 0 tell nothing."""
    mine = first_rows(rows)
    if not mine:
        return start
    problem = first_token_problem(mine, record, start)
    found = solve(problem, weights_of(mine), where(problem.names, start), rounds, jacobian)
    return found.constants(problem)


def as_toml(
    record: CalibrationFile, found: Calibration, rows: Sequence[Sample], source: Path
) -> str:
    """Return the text of a file of constants with the fitted values, dated today (UTC)."""
    errors = np.abs(np.expm1([row.error(found) for row in rows]))
    middle, far = np.median(errors), np.percentile(errors, 90)
    lines = [
        "# Constants of the throughput projection: one set for every device.",
        "# Written by `python -m optimizer.projection.refit`; no constant belongs to a device.",
        f'id = "{record.id}"',
        f'fitted_on = "{source.name}"',
        f"fitted_rows = {len(rows)}",
        f"fitted_date = {datetime.now(UTC).date().isoformat()}",
        f'rows_sha256 = "{rows_hash(source)}"',
        f'residual = "output tokens/s, rows of the fit: MdAPE {middle:.1%}, p90 {far:.1%}"',
        f'method = "{METHOD}"',
    ]
    for name, constant in record.constants.items():
        shown = constant.model_dump() | {"value": float(f"{getattr(found, name):.4g}")}
        lines += ["", f"[constants.{name}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in shown.items()]
    made = Counter(
        (found.release(s.row.engine, s.row.version, s.vendor).id, s.vendor) for s in rows
    )
    stated = Counter(release for release, _ in made.elements())
    for release in found.releases:
        old = record.releases[release.id].model_dump(exclude_none=True)
        shown = {key: getattr(release, key, value) for key, value in old.items()}
        shown |= {"rows": stated[release.id], "vendors": vendors_of(release.id, made)}
        lines += ["", f"[releases.{release.id}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in shown.items()]
    return "\n".join(lines) + "\n"


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
    short = float(f"{value:.4g}")
    return repr(int(short)) if short == int(short) and short < 1e15 else repr(short)


def stored() -> tuple[CalibrationFile, Calibration]:
    """Return the built-in file of constants and its values."""
    from catalogs.load import data_path, read_toml
    from catalogs.reading import validated
    from optimizer.projection.calibration import calibration_of

    path = data_path("calibration", "global.toml")
    record = validated(CalibrationFile, read_toml(path), path.name)
    return record, calibration_of(record, path.name)


def main(words: Sequence[str] | None = None) -> None:
    """Fit the built-in constants to a file of rows and write them."""
    from optimizer.projection.samples import samples
    from optimizer.report.files import write_atomic

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args(words)
    record, start = stored()
    rows = samples(given.rows)
    found, _ = fit(rows, record, start, given.rounds)
    write_atomic(given.output, as_toml(record, found, rows, given.rows))


if __name__ == "__main__":
    main()
