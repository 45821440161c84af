"""``optimize compare A B [C ...]``: parts and designs side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

if TYPE_CHECKING:
    from catalogs.architectures import Workload
    from optimizer.report.compare import Law
    from optimizer.report.comparison import Comparison

app = typer.Typer(rich_markup_mode=None)

ProjectedOption = Annotated[
    str | None,
    typer.Option(
        "--workload",
        "-w",
        metavar="WORKLOAD",
        help="Project every part: workload id or file, or a mix A=0.7,B=0.3 (default none).",
        show_default=False,
    ),
]
_OF_THE_LAW = ("on", "destination", "exporter", "set_", "with_", "without", "pack")


@app.command()
def compare(
    context: typer.Context,
    parts: Annotated[
        list[str],
        typer.Argument(metavar="A B [C ...]", help="SKU ids, SKU files (.toml), results (.json)."),
    ],
    rules: opt.RulesOption = None,
    on: opt.OnOption = None,
    destination: opt.DestinationOption = None,
    exporter: opt.ExporterOption = None,
    set_: opt.SetOption = None,
    with_: opt.WithOption = None,
    without: opt.WithoutOption = None,
    pack: opt.PackOption = None,
    workload: ProjectedOption = None,
    stack: opt.StackOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> None:
    """Set parts side by side: silicon, peaks, memory, links, power, legal quantities.

    Differences are marked and every value says whether it is published, derived
    or designed. With --rules each part is classified, with --workload projected.
    """
    from catalogs.errors import InputError
    from optimizer.projection.serving import DEFAULT_STACK
    from optimizer.report.compare import compare as side_by_side
    from optimizer.report.compare_open import open_part

    target = plan(output, format_, quiet=quiet)
    law = _law(context.params)
    overlays = tuple(catalog or ())
    if workload is None and stack is not None:
        raise InputError("means nothing without --workload", "--stack", "Add -w default-mix")
    stack = stack or DEFAULT_STACK
    mix = None if workload is None else _servable(workload, overlays, stack)
    found = side_by_side([open_part(name, overlays) for name in parts], law, mix, stack)
    emit(target, _rendered(found, target.format))


def _servable(name: str, overlays: tuple[Path, ...], stack: str) -> "Workload":
    """A workload by name, refused where no part at all could serve it."""
    from catalogs.load import load_catalog
    from optimizer.projection.answer import open_workload
    from optimizer.projection.serving import prepare

    known = load_catalog(overlays)
    found = open_workload(name, known)
    prepare(found, known, stack=stack)
    return found


def _law(values: dict[str, Any]) -> "Law | None":
    """The rule set, if one is asked for; options of the law need one."""
    from catalogs.errors import InputError

    if values["rules"] is None:
        given = [name for name in _OF_THE_LAW if values[name]]
        if given:
            flag = f"--{given[0].rstrip('_')}"
            raise InputError("means nothing without --rules", flag, "Add --rules us-2025")
        return None
    from constraints.destinations import load_destinations
    from optimizer.report.compare import Law
    from optimizer.report.parts import ruleset_for
    from optimizer.report.settings import DEFAULT_DESTINATION

    stated = values["destination"]
    place = load_destinations().code(DEFAULT_DESTINATION if stated is None else stated)
    return Law(ruleset_for({**values, "margin": None}), place)


def _rendered(found: "Comparison", form: str) -> str:
    from optimizer.report.canonical import readable
    from optimizer.report.compare_text import as_csv, as_markdown_page, as_page

    if form == "json":
        return readable(found.model_dump(by_alias=True))
    if form == "csv":
        return as_csv(found)
    return as_markdown_page(found) if form == "md" else as_page(found)
