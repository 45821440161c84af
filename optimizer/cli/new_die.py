"""``optimize new-die``: the least lawful area for a wished TPP, its cost, and when it pays."""

import json
from typing import Annotated, Any

import typer

from catalogs.errors import InputError
from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

app = typer.Typer(rich_markup_mode=None)

FamilyOption = Annotated[
    str,
    typer.Option("--family", metavar="FAMILY", help="Area family: ada or blackwell_consumer."),
]
TppOption = Annotated[str, typer.Option("--tpp", metavar="TPP", help="Most TPP it shall have.")]
ClockOption = Annotated[
    int | None,
    typer.Option(
        "--clock", metavar="MHZ", min=1, help="Highest clock (default the parent's).",
        show_default=False,
    ),
]  # fmt: skip
ChannelsOption = Annotated[
    int | None,
    typer.Option(
        "--channels", metavar="N", min=1, help="32-bit channels (default: the lawful bandwidth).",
        show_default=False,
    ),
]  # fmt: skip
FillerOption = Annotated[
    str | None,
    typer.Option(
        "--filler-process",
        metavar="PROCESS",
        help="Process of dark dies beyond the reticle: n16_n12, n7_n6.",
        show_default=False,
    ),
]


def register(root: typer.Typer) -> None:
    """Add the command to an application."""
    root.command("new-die")(new_die)


@app.command()
def new_die(
    family: FamilyOption,
    tpp: TppOption,
    rules: opt.RulesOption = None,
    clock: ClockOption = None,
    channels: ChannelsOption = None,
    filler_process: FillerOption = None,
    workload: opt.WorkloadOption = None,
    on: opt.OnOption = None,
    set_: opt.SetOption = None,
    with_: opt.WithOption = None,
    without: opt.WithoutOption = None,
    pack: opt.PackOption = None,
    destination: opt.DestinationOption = None,
    exporter: opt.ExporterOption = None,
    margin: opt.MarginOption = None,
    fact: opt.FactOption = None,
    not_datacenter: opt.NotDatacenterOption = False,
    catalog: opt.CatalogOption = None,
    set_economics: opt.EconomicsOption = None,
    draws: opt.DrawsOption = None,
    seed: opt.SeedOption = None,
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Estimate the smallest new die that makes a wished TPP lawful, and what it costs.

    Beside it stands the same part fused from the largest die of the family, and
    the volume from which the new die pays. Not legal advice.
    """
    from optimizer.cli.errors import ExitCode
    from optimizer.cli.output import note
    from optimizer.cli.root import settings_of
    from optimizer.report.new_die import Wish
    from optimizer.report.new_die import new_die as answer
    from optimizer.report.solve import load_case

    values = dict(locals())
    target = plan(output, format_, quiet=quiet)
    if not rules:
        raise InputError("say which rule set applies", "--rules", "For example: --rules us-2025")
    case = load_case(settings_of(values))
    wish = Wish(family, _tpp(tpp), clock, channels, filler_process)
    found = answer(case, wish)
    emit(target, _rendered(found, target.format))
    if found["feasible"]:
        return 0
    note(f"no area makes {tpp} TPP lawful under {rules}")
    return int(ExitCode.INFEASIBLE)


def _tpp(text: str) -> Any:
    from fractions import Fraction

    from constraints.quantities import plain_number

    value = plain_number(text.replace(",", ""))
    if value is None or value <= 0:
        raise InputError(f"'{text}' is no TPP", "--tpp", "Give a number above 0, as 2399")
    return Fraction(value)


def _rendered(found: dict[str, Any], form: str) -> str:
    from optimizer.report.layout import as_markdown, as_text
    from optimizer.report.new_die_text import new_die_blocks
    from optimizer.report.ranges import bare
    from optimizer.report.table import rows_as_csv

    if form == "json":
        return json.dumps(found, indent=2, allow_nan=False) + "\n"
    if form == "csv":
        return rows_as_csv([bare(found)], ())
    parts = new_die_blocks(found)
    return as_markdown(parts) if form == "md" else as_text(parts)
