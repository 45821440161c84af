"""``optimize new-die``: the least lawful area for a wished TPP, its cost, and when it pays."""

import json
from typing import Annotated, Any

import typer

from catalogs.errors import InputError
from optimizer.cli.output import emit, plan
from optimizer.cli.question import DRAWS, FILE, LAW, WISH, settings_of, takes, without

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
@takes(LAW, without(WISH, ("parent", "limit", "fix", "sustained")), DRAWS, FILE)
def new_die(
    family: FamilyOption,
    tpp: TppOption,
    clock: ClockOption = None,
    channels: ChannelsOption = None,
    filler_process: FillerOption = None,
    **values: Any,
) -> int:
    """Estimate the smallest new die that makes a wished TPP lawful, and what it costs.

    Beside it stands the same part fused from the largest die of the family, and
    the volume from which the new die pays. Not legal advice.
    """
    from optimizer.cli.errors import ExitCode
    from optimizer.cli.output import note
    from optimizer.report.new_die import Wish
    from optimizer.report.new_die import new_die as answer
    from optimizer.report.solve import load_case

    target = plan(values["output"], values["format_"], quiet=values["quiet"])
    case = load_case(settings_of(values))
    wish = Wish(family, _tpp(tpp), clock, channels, filler_process)
    found = answer(case, wish)
    emit(target, _rendered(found, target.format))
    if found["feasible"]:
        return 0
    if found["feasible"] is None:
        from optimizer.report.new_die_text import not_stated

        note(f"not decided: a rule asks for {not_stated(found['needs'])}")
        return int(ExitCode.NOT_PROVED)
    note(f"no area makes {tpp} TPP lawful under {values['rules']}")
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
