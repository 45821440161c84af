"""Measured rows made ready for a fit: conditions, model, chip and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.regimes import Outcome, project_row
from optimizer.projection.resources import Resources
from optimizer.projection.rows import Conditions, UnprojectableError

# Open-loop rows mostly repeat the offered rate; they count little.
RATE_WEIGHT = 0.3


@dataclass(frozen=True)
class Sample:
    """One measured row made ready; figures are None where the row has none.

    `work` is equal where two devices did the same under the same software.
    """

    row: Conditions
    model: ModelArchitecture
    chip: Resources
    vendor: str
    device: str
    family: str
    workload: str
    work: str
    measured: float
    first_s: float | None
    token_s: float | None

    @property
    def weight(self) -> float:
        """Weight of the row in the fit."""
        return RATE_WEIGHT if self.row.regime == "rate" else 1.0

    def outcome(self, cal: Calibration) -> Outcome | None:
        """Return the projection, None where there is none."""
        try:
            return project_row(self.row, self.model, self.chip, cal, self.vendor)
        except UnprojectableError:
            return None

    def error(self, cal: Calibration) -> float:
        """Logarithm of projected over measured output; 0 where the row cannot be projected."""
        found = self.outcome(cal)
        return 0.0 if found is None else log(found.score / self.measured)

    def first_token_error(self, cal: Calibration) -> float:
        """Logarithm of projected over measured TTFT; 0 where there is none."""
        found = self.outcome(cal) if self.first_s else None
        if found is None or not found.ttft_s or not self.first_s:
            return 0.0
        return log(found.ttft_s / self.first_s)


def samples(path: Path) -> list[Sample]:
    """Return the rows of a file that are projectable and measured."""
    from catalogs.load import load_catalog
    from optimizer.projection.accuracy import pair_of
    from optimizer.projection.measured import Devices, read_measured
    from optimizer.projection.ranking import like_for_like
    from optimizer.projection.rows import conditions

    devices = Devices(load_catalog(ambient=False))
    out = []
    for cells in read_measured(path):
        try:
            row = conditions(cells)
            chip, model = devices.chip(row.gpu), devices.model(row.model)
        except UnprojectableError:
            continue
        measured = _cell(cells.get("out_tok_s", "")) or _cell(cells.get("in_tok_s", ""))
        if not measured:
            continue
        out.append(
            Sample(
                row=row,
                model=model,
                chip=chip,
                vendor=devices.vendor(row.gpu),
                device=devices.device(row.gpu),
                family=devices.family(row.gpu),
                workload=cells.get("workload_id") or row.row_id,
                work=like_for_like(pair_of(cells, measured, measured)),
                measured=measured,
                first_s=_cell(cells.get("ttft_ms", ""), 1e-3),
                token_s=_cell(cells.get("tpot_ms", ""), 1e-3),
            )
        )
    return out


def pairs_of(rows: Sequence[Sample]) -> NDArray[np.intp]:
    """Return the places of the rows of every two devices on equal work, the best row of each.

    Examples
    --------
    >>> pairs_of([]).shape
    (0, 2)
    """
    groups: dict[str, dict[str, int]] = {}
    for place, row in enumerate(rows):
        best = groups.setdefault(row.work, {})
        if row.measured > rows[best.setdefault(row.device, place)].measured:
            best[row.device] = place
    found = [pair for best in groups.values() for pair in combinations(best.values(), 2)]
    return np.array(found, dtype=np.intp).reshape(-1, 2)


def _cell(text: str, scale: float = 1.0) -> float | None:
    try:
        value = float(text) * scale
    except ValueError:
        return None
    return value if value > 0 else None
