"""Held-out projections as stored by `crossval`: what was projected of a row without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalogs.load import data_path, read_csv
from optimizer.projection.accuracy import Pair, measured_of, pair_of

# Column of the stored file and measured columns that it stands beside, first filled one wins.
FIGURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "throughput": ("out_tok_s", ("out_tok_s", "in_tok_s")),
    "ttft_ms": ("ttft_ms", ("ttft_ms",)),
    "tpot_ms": ("tpot_ms", ("tpot_ms",)),
}
# The same where a device, a die family or a format was left out: `new_device`, and of the times
# `new_device_ttft_ms` and so on.
for _kind in ("device", "family", "precision"):
    FIGURES |= {
        f"new_{_kind}": (f"{_kind}_left_out", ("out_tok_s", "in_tok_s")),
        f"new_{_kind}_ttft_ms": (f"{_kind}_left_out_ttft_ms", ("ttft_ms",)),
        f"new_{_kind}_tpot_ms": (f"{_kind}_left_out_tpot_ms", ("tpot_ms",)),
    }


@dataclass(frozen=True)
class HeldOut:
    """Stored held-out projections by row id, and what they were made with."""

    rows: Mapping[str, Mapping[str, str]]
    rows_sha256: str
    calibration: str


def heldout_path() -> Path:
    """Return the built-in held-out projections of the public rows."""
    return data_path("calibration", "heldout.csv")


@cache
def load_heldout() -> HeldOut:
    """Return the stored projections.

    Examples
    --------
    >>> len(load_heldout().rows) > 3000
    True
    """
    rows = read_csv(heldout_path())
    return HeldOut(
        {row["row_id"]: row for row in rows}, rows[0]["rows_sha256"], rows[0]["calibration"]
    )


def pairs(rows: Sequence[Mapping[str, str]], held: HeldOut, figure: str) -> list[Pair]:
    """Return measured figures beside those projected without them."""
    column, names = FIGURES[figure]
    out = []
    for row in rows:
        projected = measured_of(held.rows.get(row["row_id"], {}), column)
        measured = next((v for v in (measured_of(row, n) for n in names) if v is not None), None)
        if projected is not None and measured is not None:
            out.append(pair_of(row, measured, projected))
    return out


def known(rows: Sequence[Mapping[str, str]]) -> dict[str, set[str]]:
    """Return the devices, die families and weight formats that rows tell something about."""
    from catalogs.load import load_catalog
    from optimizer.projection.measured import Devices
    from optimizer.projection.rows import UnprojectableError

    devices = Devices(load_catalog(ambient=False))
    out: dict[str, set[str]] = {"devices": set(), "families": set(), "precisions": set()}
    for row in rows:
        try:
            devices.chip(row["gpu"].strip())
        except UnprojectableError:
            continue
        out["devices"].add(devices.device(row["gpu"].strip()))
        out["families"].add(devices.family(row["gpu"].strip()))
        out["precisions"].add(row["w_prec"].strip())
    return out
