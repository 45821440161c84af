"""Projections of measured rows, from their conditions alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.architectures import ModelArchitecture
from catalogs.errors import InputError
from catalogs.load import data_path, read_csv
from optimizer.projection.calibration import Calibration, load_calibration
from optimizer.projection.devices import resources_of_sku
from optimizer.projection.intervals import Interval, load_intervals, row_interval
from optimizer.projection.regimes import project_row
from optimizer.projection.resources import Resources
from optimizer.projection.row_notes import row_notes, strange_release
from optimizer.projection.rows import INPUT_COLUMNS, UnprojectableError, check_columns, conditions
from optimizer.projection.time_intervals import TimeBands, row_times, times_between

if TYPE_CHECKING:
    from catalogs.catalog import Catalog

MS_PER_S = 1000.0
OUTPUT_COLUMNS = (
    "row_id",
    "out_tok_s_projected",
    "low",
    "high",
    "ttft_ms_projected",
    "tpot_ms_projected",
    "in_tok_s_projected",
    "ttft_low_ms",
    "ttft_high_ms",
    "tpot_low_ms",
    "tpot_high_ms",
    "reason",
    "interval_of",
    "note",
)


@dataclass(frozen=True, slots=True)
class ProjectedRow:
    """Projection of one measured row; figures are None where there is none.

    Parameters
    ----------
    out_tok_s, in_tok_s : float or None
        Output and prompt tokens per second of the whole system. [1/s]
    low, high : float or None
        80 % interval of `throughput`. [1/s]
    ttft_ms, tpot_ms : float or None
        Mean latencies. [ms]
    times : TimeBands or None
        80 % intervals of both, as factors.
    reason : str or None
        Why the row is not projected.
    note : str or None
        What the figures leave out.
    """

    row_id: str
    gpu: str
    regime: str
    out_tok_s: float | None = None
    in_tok_s: float | None = None
    low: float | None = None
    high: float | None = None
    ttft_ms: float | None = None
    tpot_ms: float | None = None
    times: TimeBands | None = None
    reason: str | None = None
    note: str | None = None

    @property
    def throughput(self) -> float | None:
        """Output tokens per second, or prompt tokens where the regime yields no other."""
        return self.in_tok_s if self.out_tok_s is None else self.out_tok_s

    def cells(self) -> dict[str, str]:
        """Return the row of the answer; blank where there is no figure."""
        values = (
            self.out_tok_s,
            self.low,
            self.high,
            self.ttft_ms,
            self.tpot_ms,
            self.in_tok_s,
            *times_between(self.ttft_ms, self.tpot_ms, self.times).values(),
        )
        texts = ["" if value is None else f"{value:.6g}" for value in values]
        which = "in_tok_s" if self.out_tok_s is None else "out_tok_s"
        words = (self.reason or "", "" if self.low is None else which, self.note or "")
        return dict(zip(OUTPUT_COLUMNS, [self.row_id, *texts, *words], strict=True))


def public_path() -> Path:
    """Return the built-in measured rows."""
    return data_path("measured", "public.csv")


def read_measured(path: Path) -> list[dict[str, str]]:
    """Read measured rows and check their columns."""
    rows = read_csv(path)
    check_columns(rows, path.name)
    return rows


def project_measured(
    rows: list[dict[str, str]],
    catalog: Catalog,
    calibration: Calibration | None = None,
    intervals: Mapping[str, Interval] | None = None,
) -> list[ProjectedRow]:
    """Project every row from its input columns; measured columns are dropped before anything else.

    Parameters
    ----------
    rows : list of dict
        Text cells by column.
    catalog : Catalog
        Resolves device and model names.
    calibration : Calibration, optional
        Constants; the built-in global set if absent.
    intervals : mapping, optional
        Factors of the 80 % interval by regime; the stored ones if absent.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> row = {"row_id": "1", "gpu": "H20", "model": "Qwen3-8B", "w_prec": "fp8", "kv_prec": "fp8",
    ...        "regime": "concurrency", "isl": "1024", "osl": "1024", "concurrency": "16"}
    >>> project_measured([row], load_catalog())[0].reason is None
    True
    """
    cal = load_calibration() if calibration is None else calibration
    bands = load_intervals() if intervals is None else intervals
    devices = Devices(catalog)
    out = []
    for row in rows:
        blind = {name: row.get(name, "") for name in INPUT_COLUMNS}
        try:
            out.append(_projected(blind, devices, cal, bands))
        except UnprojectableError as error:
            out.append(
                ProjectedRow(blind["row_id"], blind["gpu"], blind["regime"], reason=str(error))
            )
    return out


def _projected(
    row: Mapping[str, str],
    devices: Devices,
    cal: Calibration,
    bands: Mapping[str, Interval],
) -> ProjectedRow:
    stated = conditions(row)
    chip = devices.chip(stated.gpu, stated.chips)
    model = devices.model(stated.model)
    vendor = devices.vendor(stated.gpu)
    outcome = project_row(stated, model, chip, cal, vendor)
    rate = outcome.in_tok_s if outcome.out_tok_s is None else outcome.out_tok_s
    device, family = devices.device(stated.gpu), devices.family(stated.gpu)
    kind = stated.regime, device, family, stated.weight_format
    strange = strange_release(stated, cal, vendor)
    band = row_interval(bands, *kind, strange=strange)
    return ProjectedRow(
        row_id=stated.row_id,
        gpu=stated.gpu,
        regime=stated.regime,
        out_tok_s=outcome.out_tok_s,
        in_tok_s=outcome.in_tok_s,
        low=None if rate is None or band is None else rate * band.low,
        high=None if rate is None or band is None else rate * band.high,
        ttft_ms=_ms(outcome.ttft_s),
        tpot_ms=_ms(outcome.tpot_s),
        times=row_times(*kind, strange=strange),
        note=row_notes(row, stated, model, cal, vendor, beyond=outcome.beyond),
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * MS_PER_S


class Devices:
    """Names resolved once; an unknown one is a reason, not an error."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._chips: dict[tuple[str, bool], Resources | str] = {}

    def chip(self, name: str, chips: int = 0) -> Resources:
        """Return the resources of a named device; one chip alone needs no link."""
        key = (name, chips == 1)
        if key not in self._chips:
            self._chips[key] = self._read(*key)
        found = self._chips[key]
        if isinstance(found, str):
            raise UnprojectableError(found)
        return found

    def vendor(self, name: str) -> str:
        """Return the vendor of a named device, blank where it is not cataloged."""
        try:
            return self._catalog.sku(name).vendor
        except InputError:
            return ""

    def device(self, name: str) -> str:
        """Return the id of a named device: aliases of one part are one device."""
        return self._catalog.sku(name).id

    def family(self, name: str) -> str:
        """Return the architecture of the die of a named device, blank where it is not known."""
        try:
            die = self._catalog.sku(name).die_record
        except InputError:
            return ""
        return "" if die is None or die.architecture is None else die.architecture

    def _read(self, name: str, alone: bool) -> Resources | str:
        try:
            sku = self._catalog.sku(name)
        except InputError:
            return f"device '{name}' is not in the catalog"
        try:
            return resources_of_sku(sku, sku.die_record, chips=1 if alone else None)
        except InputError as error:
            return str(error)

    def model(self, name: str) -> ModelArchitecture:
        """Return a named model."""
        try:
            return self._catalog.model(name)
        except InputError:
            raise UnprojectableError(f"model '{name}' is not in the catalog") from None
