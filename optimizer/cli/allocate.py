"""``optimize allocate FILE.toml``: which bins to sell as which part, and what each is worth."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

app = typer.Typer(rich_markup_mode=None)

PlanArgument = Annotated[
    Path, typer.Argument(metavar="FILE.toml", help="Parts, wafers, resources.")
]


def register(root: typer.Typer) -> None:
    """Add the command to an application."""
    root.command("allocate")(allocate)


@app.command()
def allocate(
    file: PlanArgument,
    catalog: opt.CatalogOption = None,
    set_economics: opt.EconomicsOption = None,
    draws: opt.DrawsOption = None,
    seed: opt.SeedOption = None,
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Share the dies of a wafer run out between a flagship and its derivatives.

    Says what limits the plan, and the opportunity cost of a die, a packaging slot
    and a memory stack. Engineering estimate; says nothing of what may be exported.
    """
    from catalogs.economics_overlay import read_overrides, replaced
    from catalogs.load import load_catalog
    from optimizer.report.allocation import solved_plan
    from optimizer.report.allocation_plan import read_plan
    from optimizer.silicon.uncertainty import Draws

    target = plan(output, format_, quiet=quiet)
    own = tuple(read_overrides(tuple(set_economics or ())))
    found = solved_plan(
        read_plan(file),
        load_catalog(tuple(catalog or ())),
        replaced(own) if own else None,
        Draws.of(draws, seed),
        [each.key for each in own if each.confidential],
    )
    emit(target, _rendered(found, target.format))
    return 0


def _rendered(found: dict[str, Any], form: str) -> str:
    from optimizer.report.allocation_text import plan_blocks
    from optimizer.report.layout import as_markdown, as_text
    from optimizer.report.ranges import flat
    from optimizer.report.table import rows_as_csv

    if form == "json":
        return json.dumps(found, indent=2, allow_nan=False) + "\n"
    if form == "csv":
        return rows_as_csv([flat(sku) for sku in found["skus"]], ())
    parts = plan_blocks(found)
    return as_markdown(parts) if form == "md" else as_text(parts)
