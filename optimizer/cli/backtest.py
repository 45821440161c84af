"""``optimize backtest``: every derived SKU of history beside the optimum of its die."""

from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import emit, note, plan

if TYPE_CHECKING:
    from optimizer.report.backtest_document import Backtest

app = typer.Typer(rich_markup_mode=None)

DerivationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--derivation",
        metavar="ID",
        help="One derivation, by its id or its SKU; all when absent. Repeatable.",
        show_default=False,
    ),
]


@app.command()
def backtest(
    derivation: DerivationOption = None,
    workload: opt.WorkloadOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Compare shipped parts with the proved optimum of their die, law and day.

    Without --workload, data-center parts are judged on the default mix, or on a
    small model where the die cannot serve it, and other parts on the small one.

    Compared parts stand once more beside the optimum that needs no better bin,
    no more power and no more money than they do.
    """
    from catalogs.load import load_catalog
    from constraints import load_law
    from optimizer.cli.errors import ExitCode
    from optimizer.projection.answer import open_workload
    from optimizer.report.backtest_document import document
    from optimizer.study.backtest import backtest as compared

    target = plan(output, format_, quiet=quiet)
    known = load_catalog(tuple(catalog or ()))
    mix = None if workload is None else open_workload(workload, known)
    rows = compared(known, load_law(), derivations=derivation or (), workload=mix)
    emit(target, _rendered(document(rows, None if mix is None else mix.id), target.format))
    unproved = [
        row.derivation.id
        for row in rows
        if row.proved is False or (row.held is not None and row.held.proved is False)
    ]
    if unproved:
        note(f"not proved: {', '.join(unproved)}")
        return ExitCode.NOT_PROVED
    return ExitCode.DONE


def _rendered(found: "Backtest", form: str) -> str:
    from optimizer.report.backtest_text import as_csv, as_markdown_page, as_page

    match form:
        case "json":
            return found.to_json()
        case "csv":
            return as_csv(found)
        case "md":
            return as_markdown_page(found)
    return as_page(found)
