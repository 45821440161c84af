"""Measured rows made ready for a fit: conditions, model, chip and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from pathlib import Path

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.regimes import Outcome, project_row
from optimizer.projection.resources import Resources
from optimizer.projection.rows import Conditions, UnprojectableError

# Open-loop rows mostly repeat the offered rate; they count little.
RATE_WEIGHT = 0.3


@dataclass(frozen=True)
class Sample:
    """One measured row made ready; figures are None where the row has none."""

    row: Conditions
    model: ModelArchitecture
    chip: Resources
    vendor: str
    device: str
    family: str
    workload: str
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
    from optimizer.projection.measured import Devices, read_measured
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
                measured=measured,
                first_s=_cell(cells.get("ttft_ms", ""), 1e-3),
                token_s=_cell(cells.get("tpot_ms", ""), 1e-3),
            )
        )
    return out


def _cell(text: str, scale: float = 1.0) -> float | None:
    try:
        value = float(text) * scale
    except ValueError:
        return None
    return value if value > 0 else None
