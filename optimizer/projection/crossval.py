"""Held-out projections: refit without some rows, project those, for folds, devices and families.

Folds are whole workloads, so no length, model and source is on both sides. A device or family
that is left out takes no part in the fit with any of its rows.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.declared import run_key
from optimizer.projection.fitting import solve
from optimizer.projection.parameters import Vector, where
from optimizer.projection.refit import (
    first_rows,
    first_token_problem,
    fit_first,
    stored,
    throughput_problem,
    weights_of,
)
from optimizer.projection.samples import Sample, samples

FOLDS = 5
# What is left out: one of five parts of the workloads, or all rows of a device, a die family, a
# weight format.
KINDS = ("fold", "device", "family", "precision")
# Rounds of a refit, all with the derivatives at the constants of all rows; of the first token.
ROUNDS, FIRST_ROUNDS = 5, 2
# A group of fewer rows is not left out alone: its error would be that of a handful.
LEAST_ROWS = 20
HELD_OUT = ("out_tok_s", "ttft_ms", "tpot_ms")
COLUMNS = (
    "row_id",
    *HELD_OUT,
    *(f"{kind}_left_out{figure}" for kind in KINDS[1:] for figure in ("", "_ttft_ms", "_tpot_ms")),
    "rows_sha256",
    "calibration",
)
MS_PER_S = 1000.0


def fold_of(workload: str) -> int:
    """Return the part of a workload, the same on every machine and for all rows of one run.

    Examples
    --------
    >>> fold_of("a") == fold_of("a")
    True
    """
    return crc32(run_key(workload).encode()) % FOLDS


def label(sample: Sample, kind: str) -> str:
    """Return the group of a row: its fold, device, family or weight format."""
    match kind:
        case "fold":
            return str(fold_of(sample.workload))
        case "device":
            return sample.device
        case "family":
            return sample.family
        case _:
            return sample.row.weight_format


@dataclass(frozen=True)
class Split:
    """Rows that one refit does not see."""

    kind: str
    name: str


@dataclass(frozen=True)
class Held:
    """Held-out figures of a row: output tokens/s, first and further tokens [s]."""

    out: float
    first_s: float | None
    token_s: float | None


def splits_of(rows: Sequence[Sample]) -> list[Split]:
    """Return every refit to make, largest kinds first."""
    out = []
    for kind in KINDS:
        names = [label(row, kind) for row in rows]
        out += [
            Split(kind, name)
            for name in sorted(set(names))
            if names.count(name) >= LEAST_ROWS or kind == "fold"
        ]
    return out


@cache
def _rows(path: Path) -> list[Sample]:
    return samples(path)


@dataclass(frozen=True)
class Slopes:
    """Derivatives of the errors at the stored constants, of throughput and of the first token."""

    throughput: Vector
    first_token: Vector


def slopes_of(rows: Sequence[Sample], start: Calibration) -> Slopes:
    """Return the derivatives that every refit works with."""
    record, _ = stored()
    problems = (
        throughput_problem(rows, record, start),
        first_token_problem(first_rows(rows), record, start),
    )
    points = [where(problem.names, start) for problem in problems]
    return Slopes(*(p.jacobian(x, p.errors(x)) for p, x in zip(problems, points, strict=True)))


def refitted(
    rows: Sequence[Sample], split: Split, start: Calibration, slopes: Slopes
) -> Calibration:
    """Return constants fitted without the rows of a split."""
    record, _ = stored()

    def seen(some: Sequence[Sample]) -> NDArray[np.bool_]:
        return np.array([label(row, split.kind) != split.name for row in some])

    problem = throughput_problem(rows, record, start)
    weights = weights_of(problem, seen(rows))
    found = solve(problem, weights, where(problem.names, start), ROUNDS, slopes.throughput)
    cal = found.constants(problem)
    mine = seen(first_rows(rows))
    kept = [row for row, keep in zip(first_rows(rows), mine, strict=True) if keep]
    return fit_first(kept, record, cal, FIRST_ROUNDS, slopes.first_token[mine])


def _task(path: Path, split: Split, slopes: Slopes) -> dict[str, Held]:
    """Refit without a split and project its rows; runs in a worker."""
    rows = _rows(path)
    _, start = stored()
    cal = refitted(rows, split, start, slopes)
    out = {}
    for row in rows:
        found = row.outcome(cal) if label(row, split.kind) == split.name else None
        if found is not None:
            out[row.row.row_id] = Held(found.score, found.ttft_s, found.tpot_s)
    return out


def run(path: Path, splits: Sequence[Split], workers: int) -> dict[Split, dict[str, Held]]:
    """Make every refit; the derivatives at the stored constants are taken once."""
    rows = _rows(path)
    _, start = stored()
    slopes = slopes_of(rows, start)
    with ProcessPoolExecutor(workers) as pool:
        tasks = {split: pool.submit(_task, path, split, slopes) for split in splits}
        return {split: task.result() for split, task in tasks.items()}


def as_csv(
    rows: Sequence[Sample], held: Mapping[Split, Mapping[str, Held]], digest: str, name: str
) -> str:
    """Return one line per row: what was projected without it, without its device and so on."""
    merged: dict[str, dict[str, Held]] = {kind: {} for kind in KINDS}
    for split, found in held.items():
        merged[split.kind] |= found
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows):
        own = row.row.row_id
        folded = merged["fold"].get(own)
        if folded is None:
            continue
        cells = [cell for kind in KINDS for cell in _cells(merged[kind].get(own))]
        writer.writerow([own, *cells, "" if number else digest, "" if number else name])
    return stream.getvalue()


def _cells(found: Held | None) -> list[str]:
    """Output tokens/s, first and further token [ms]; blank where the row was not left out."""
    if found is None:
        return ["", "", ""]
    times = (_text(value, MS_PER_S) for value in (found.first_s, found.token_s))
    return [_text(found.out), *times]


def _text(value: float | None, scale: float = 1.0) -> str:
    return "" if value is None or not isfinite(value) else f"{value * scale:.5g}"


def digest_of(cal: Calibration) -> str:
    """Return a short hash of the constants: what the stored projections stand for."""
    text = ";".join(f"{k}={v}" for k, v in sorted(asdict(cal).items()) if k != "fitted_date")
    return hashlib.sha256(text.encode()).hexdigest()[:16]
