"""Calibrate in one go: fit the constants, cross-validate, make the intervals, write the page.

Run `python -m optimizer.projection.calibrate [ROWS.csv] -o docs/validation.md`; some minutes. The
files beside the built-in constants are written, each from those before it. The same rows give the
same bytes, whatever was fitted before; a file keeps its date where nothing else of it changed.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from catalogs.load import data_path, load_catalog, read_text
from optimizer.projection.accuracy_report import Run, as_markdown
from optimizer.projection.bands import as_toml, fitted, thin_bands
from optimizer.projection.calibration import load_calibration
from optimizer.projection.crossval import as_csv, digest_of, run, splits_of
from optimizer.projection.heldout import HeldOut, heldout_path, known, load_heldout, pairs
from optimizer.projection.intervals import (
    NEW_FAMILY,
    NEW_MAKER,
    THIN,
    THROUGHPUT,
    TPOT,
    TTFT,
    Band,
    load_intervals,
)
from optimizer.projection.measured import Devices, project_measured, public_path, read_measured
from optimizer.projection.refit import ROUNDS, fit, rows_hash, started, stored
from optimizer.projection.refit import as_toml as constants_toml
from optimizer.projection.samples import samples
from optimizer.projection.thin_ratios import alone, held_out_ratios
from optimizer.report.files import write_atomic

Rows = Sequence[Mapping[str, str]]
# In the order in which each needs the one before.
STEPS = ("fit", "crossval", "intervals", "page")


def fit_constants(path: Path) -> None:
    """Fit the constants to rows, from their stated start, and store them."""
    record, before = stored()
    rows = samples(path)
    found, _ = fit(rows, record, started(record, before), ROUNDS)
    write_dated("global.toml", lambda day: constants_toml(record, found, rows, path, day))


def cross_validate(path: Path, workers: int) -> None:
    """Store what is projected of each row by constants fitted without it, its device and so on."""
    rows = samples(path)
    held = run(path, splits_of(rows), workers)
    _, cal = stored()
    write_atomic(heldout_path(), as_csv(rows, held, rows_hash(path), digest_of(cal)))


def make_intervals(path: Path) -> None:
    """Store the 80 % intervals of the held-out projections."""
    rows, held = read_measured(path), load_heldout()
    write_dated("intervals.toml", lambda day: intervals_toml(rows, held, path.name, day))


def intervals_toml(rows: Rows, held: HeldOut, name: str, day: date) -> str:
    """Return the text of the file of intervals, from projections made without each row."""
    groups = fitted_bands(rows, held, THROUGHPUT)
    ratios: dict[str, list[tuple[float, float]]] = {}
    for part in held_out_ratios(rows, held):
        for kind, found in part.items():
            ratios.setdefault(kind, []).extend(found)
    times = {figure: fitted_bands(rows, held, figure) for figure in (TTFT, TPOT)}
    groups |= thin_bands(ratios)
    return as_toml(groups, load_calibration().id, name, day, known(rows), times)


def fitted_bands(rows: Rows, held: HeldOut, figure: str) -> dict[str, Band]:
    """Return the bands of a figure by regime, and of the device, family or format left out."""
    bands = fitted((p.regime, p.measured, p.projected) for p in pairs(rows, held, figure))
    suffix = "" if figure == THROUGHPUT else f"_{figure}"
    left_out = {
        kind: [(p.measured, p.projected) for p in pairs(rows, held, f"{kind}{suffix}")]
        for kind in THIN
    }
    lone = alone(rows, Devices(load_catalog(ambient=False)))
    family = pairs(rows, held, f"{NEW_FAMILY}{suffix}")
    left_out[NEW_MAKER] = [(p.measured, p.projected) for p in family if p.gpu in lone]
    thin = thin_bands(left_out)
    if NEW_MAKER in thin:
        # One maker tells of one side alone; another has at least the interval of a new family.
        thin[NEW_MAKER] = thin[NEW_MAKER].joined(thin[NEW_FAMILY])
    return bands | thin


def write_page(path: Path, output: Path) -> None:
    """Write the accuracy page."""
    rows = read_measured(path)
    projected = project_measured(rows, load_catalog(ambient=False))
    page = Run(rows, projected, path.name, load_heldout())
    write_atomic(output, as_markdown(page, load_calibration(), load_intervals()))


def write_dated(name: str, text_on: Callable[[date], str]) -> None:
    """Write a stored file as of today (UTC), or leave it where it is the same but for the date."""
    path = data_path("calibration", name)
    before = read_text(path)
    dated = re.search(r"^fitted_date = (\S+)$", before, re.MULTILINE)
    if dated is None or text_on(date.fromisoformat(dated[1])) != before:
        write_atomic(path, text_on(datetime.now(UTC).date()))


def main(words: Sequence[str] | None = None) -> None:
    """Make the steps that are asked for, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="?", default=public_path())
    parser.add_argument("-o", "--output", type=Path, required=True, help="accuracy page (.md)")
    parser.add_argument("--steps", nargs="+", default=STEPS, choices=STEPS)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(words)
    made: dict[str, Callable[[], None]] = {
        "fit": lambda: fit_constants(given.rows),
        "crossval": lambda: cross_validate(given.rows, given.workers),
        "intervals": lambda: make_intervals(given.rows),
        "page": lambda: write_page(given.rows, given.output),
    }
    for step in STEPS:
        if step in given.steps:
            made[step]()


if __name__ == "__main__":
    main()
