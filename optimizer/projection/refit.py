"""Fit the constants to measured rows: one set for all devices, never one for a device.

Run `python -m optimizer.projection.refit ROWS.csv -o FILE.toml`. Gauss-Newton on the logarithm of
measured over projected output, with the weights of a Cauchy loss, inside the range that each
constant states.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration, CalibrationFile
from optimizer.projection.regimes import project_row
from optimizer.projection.resources import Resources
from optimizer.projection.rows import Conditions, UnprojectableError

Vector = NDArray[np.float64]
# Constants that the rows determine; the others are given by engine defaults or documents.
FITTED = (
    "gemm_efficiency_ceiling",
    "balance_half_flop_per_byte",
    "balance_exponent",
    "weight_stream_efficiency",
    "cache_stream_efficiency",
    "prefill_attention_efficiency",
    "layer_fixed_s",
    "step_fixed_s",
    "sequence_fixed_s",
    "all_reduce_latency_s",
    "link_efficiency",
    "bus_efficiency",
    "prefill_overlap_share",
    "cache_output_share",
    "grouped_gemm_efficiency",
    "half_rate_tokens",
    "expert_imbalance",
    "tpot_tail_factor",
    "stack_factor_vllm",
    "stack_factor_sglang",
    "all_to_all_hidden_share",
    "smaller_term_share",
    "activation_bytes_per_element",
    "drain_weight",
    "moe_layer_fixed_s",
)
# Width of the Cauchy loss: errors far beyond this hardly count.
SOFT = 0.15
# Step of the numerical derivative, as a share of the range of a constant.
_STEP = 1e-3
# Pull towards the start, in units of the range: keeps constants that the rows leave open.
_RIDGE = 1.0
_DAMPING = 0.7
# Open-loop rows mostly repeat the offered rate; they count little.
RATE_WEIGHT = 0.2


@dataclass(frozen=True)
class Sample:
    """One measured row made ready."""

    row: Conditions
    model: ModelArchitecture
    chip: Resources
    measured: float

    @property
    def weight(self) -> float:
        """Weight of the row in the fit."""
        return RATE_WEIGHT if self.row.regime == "rate" else 1.0

    def error(self, cal: Calibration) -> float:
        """Logarithm of projected over measured; 0 where the row cannot be projected."""
        try:
            found = project_row(self.row, self.model, self.chip, cal)
        except UnprojectableError:
            return 0.0
        return log(found.score / self.measured)


def samples(path: Path) -> list[Sample]:
    """Return the rows of a file that are projectable and measured."""
    from catalogs.load import load_catalog
    from optimizer.projection.measured import Devices, read_measured
    from optimizer.projection.rows import conditions

    devices = Devices(load_catalog(ambient=False))
    out = []
    for cells in read_measured(path):
        text = cells.get("out_tok_s", "") or cells.get("in_tok_s", "")
        try:
            row = conditions(cells)
            out.append(Sample(row, devices.model(row.model), devices.chip(row.gpu), float(text)))
        except (UnprojectableError, ValueError):
            continue
    return out


def fit(
    rows: Sequence[Sample], record: CalibrationFile, start: Calibration, rounds: int
) -> Calibration:
    """Return constants that bring the rows closest, inside their ranges."""
    low = np.array([_ranges(record, name)[0] for name in FITTED])
    high = np.array([_ranges(record, name)[1] for name in FITTED])
    span = high - low
    origin = np.array([getattr(start, name) for name in FITTED])
    weights = np.sqrt([sample.weight for sample in rows])
    point, best = origin.copy(), _errors(rows, start)
    for _ in range(rounds):
        jacobian = _jacobian(rows, start, point, best, low, high)
        soft = weights / np.sqrt(1 + (best / SOFT) ** 2)
        left = np.vstack([jacobian * soft[:, None], _RIDGE * np.eye(len(FITTED))])
        right = np.concatenate([-best * soft, _RIDGE * (origin - point) / span])
        step = np.linalg.lstsq(left, right, rcond=None)[0]
        point = np.clip(point + _DAMPING * step * span, low, high)
        best = _errors(rows, _at(start, point))
    return _at(start, point)


def _ranges(record: CalibrationFile, name: str) -> tuple[float, float]:
    constant = record.constants[name]
    return constant.low, constant.high


def _at(start: Calibration, point: Vector) -> Calibration:
    changes: dict[str, Any] = dict(zip(FITTED, point.tolist(), strict=True))
    return replace(start, **changes)


def _errors(rows: Sequence[Sample], cal: Calibration) -> Vector:
    return np.array([sample.error(cal) for sample in rows])


def _jacobian(
    rows: Sequence[Sample],
    start: Calibration,
    point: Vector,
    base: Vector,
    low: Vector,
    high: Vector,
) -> Vector:
    """Derivative of the errors by each constant, in units of its range."""
    columns = []
    for index, (bottom, top) in enumerate(zip(low, high, strict=True)):
        move = _STEP * (top - bottom)
        if point[index] + move > top:
            move = -move
        shifted = point.copy()
        shifted[index] += move
        slope = (_errors(rows, _at(start, shifted)) - base) / move
        columns.append(slope * (top - bottom))
    return np.stack(columns, axis=1)


def as_toml(record: CalibrationFile, found: Calibration, rows: int, fitted_on: str) -> str:
    """Return the text of a file of constants with the fitted values, dated today (UTC)."""
    lines = [
        "# Constants of the throughput projection: one set for every device.",
        "# Written by `python -m optimizer.projection.refit`; no constant belongs to a device.",
        f'id = "{record.id}"',
        f'fitted_on = "{fitted_on}"',
        f"fitted_rows = {rows}",
        f"fitted_date = {datetime.now(UTC).date().isoformat()}",
        'method = "Gauss-Newton on log(projected / measured), Cauchy loss, ridge to the start"',
    ]
    for name, constant in record.constants.items():
        shown = constant.model_dump() | {"value": float(f"{getattr(found, name):.4g}")}
        lines += ["", f"[constants.{name}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in shown.items()]
    return "\n".join(lines) + "\n"


def _toml(value: str | float) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(int(value)) if value == int(value) else repr(value)


def main(words: Sequence[str] | None = None) -> None:
    """Fit the built-in constants to a file of rows and write them."""
    from catalogs.load import data_path, read_toml
    from catalogs.reading import validated
    from optimizer.projection.calibration import calibration_of
    from optimizer.report.files import write_atomic

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args(words)
    path = data_path("calibration", "global.toml")
    record = validated(CalibrationFile, read_toml(path), path.name)
    rows = samples(given.rows)
    found = fit(rows, record, calibration_of(record, path.name), given.rounds)
    write_atomic(given.output, as_toml(record, found, len(rows), given.rows.name))


if __name__ == "__main__":
    main()
