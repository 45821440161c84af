"""``optimize validate``: projections beside measured rows, errors by device and regime."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli import options as opt

if TYPE_CHECKING:
    from optimizer.projection.measured import ProjectedRow

app = typer.Typer(rich_markup_mode=None)

MeasuredOption = Annotated[
    Path | None,
    typer.Option(
        "--measured",
        metavar="FILE",
        help="Measured rows (.csv); the built-in public rows when absent.",
        show_default=False,
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Also write the accuracy page (.md, .html).",
        show_default=False,
    ),
]


def register(root: typer.Typer) -> None:
    """Add the command to an application."""
    root.command("validate")(validate)


@app.command()
def validate(
    measured: MeasuredOption = None,
    report: ReportOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Project measured rows from their conditions alone.

    The text form shows errors by regime and device where measured columns are
    filled; csv, json and -o FILE.csv give one projection per row.
    """
    from catalogs.load import load_catalog
    from optimizer.cli.output import Target, emit, plan
    from optimizer.projection import accuracy_report
    from optimizer.projection import measured as rows_module
    from optimizer.report.files import check_writable, write_atomic

    target = plan(output, format_, quiet=quiet)
    if report is not None:
        check_writable(report)
    source = measured or rows_module.public_path()
    rows = rows_module.read_measured(source)
    projected = rows_module.project_measured(rows, load_catalog(list(catalog or [])))
    if report is not None:
        page = report_html if report.suffix == ".html" else report_text
        write_atomic(report, page(rows, projected, source.name, held=measured is None))
    summary = accuracy_report.as_text(rows, projected)
    match target.format:
        case "csv":
            emit(target, as_csv(projected))
        case "json":
            emit(target, as_json(projected))
        case "md":
            emit(target, report_text(rows, projected, source.name, held=measured is None))
        case _:
            emit(target, summary)
    if target.path is not None and target.format != "text":
        emit(Target("text"), summary)
    return 0


def as_csv(projected: "Sequence[ProjectedRow]") -> str:
    """One line per row, in the order of the input; blank where there is no figure."""
    from optimizer.projection.measured import OUTPUT_COLUMNS
    from optimizer.report.safe import safe_cell

    stream = io.StringIO()
    writer = csv.DictWriter(stream, OUTPUT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in projected:
        writer.writerow({name: safe_cell(cell) for name, cell in row.cells().items()})
    return stream.getvalue()


def as_json(projected: "Sequence[ProjectedRow]") -> str:
    """The same rows as JSON; null where there is no figure."""
    from optimizer.projection.measured import OUTPUT_COLUMNS

    texts = {"row_id", "reason", "interval_of", "note"}
    rows = [
        {
            name: (cell or None) if name in texts else (float(cell) if cell else None)
            for name, cell in row.cells().items()
            if name in OUTPUT_COLUMNS
        }
        for row in projected
    ]
    return json.dumps({"schema": "optimize-validation/1", "rows": rows}, indent=1)


def report_text(
    rows: Sequence[Mapping[str, str]],
    projected: "Sequence[ProjectedRow]",
    name: str,
    *,
    held: bool = False,
) -> str:
    """The accuracy page; `held` adds what was projected of the built-in rows without them."""
    from optimizer.projection.accuracy_report import Run, as_markdown
    from optimizer.projection.calibration import load_calibration
    from optimizer.projection.heldout import load_heldout
    from optimizer.projection.intervals import load_intervals

    run = Run(rows, projected, name, load_heldout() if held else None)
    return as_markdown(run, load_calibration(), load_intervals())


def report_html(
    rows: Sequence[Mapping[str, str]],
    projected: "Sequence[ProjectedRow]",
    name: str,
    *,
    held: bool = False,
) -> str:
    """The accuracy page as one self-contained file, with parity plots."""
    from optimizer.projection.heldout import load_heldout, pairs
    from optimizer.projection.parity import as_html

    page = report_text(rows, projected, name, held=held)
    if held:
        plotted = {q: pairs(rows, load_heldout(), q) for q in _PLOTTED}
    else:
        from optimizer.projection.accuracy import pairs_of

        plotted = {q: pairs_of(rows, projected, q) for q in _PLOTTED}
    return as_html(page, {_PLOTTED[q]: found for q, found in plotted.items()})


_PLOTTED = {"throughput": "Output, tokens/s", "ttft_ms": "TTFT, ms", "tpot_ms": "TPOT, ms"}
