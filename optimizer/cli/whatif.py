"""``optimize what-if``: one change of the law, for parts that exist and parts that would."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli.output import Target, emit, note, plan
from optimizer.cli.question import FILE, LAW, WISH, settings_of, takes

if TYPE_CHECKING:
    from optimizer.study.scenario import Change, Scenario

# Options that here say what becomes different; the law before is read without them.
CHANGES = ("on", "set_", "with_", "without")

app = typer.Typer(rich_markup_mode=None)

VersusOption = Annotated[
    str | None,
    typer.Option("--versus", metavar="RULES", help="Another rule set instead.", show_default=False),
]
WhatOnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="The same rules on another day.", show_default=False),
]


PartOption = Annotated[
    list[str] | None,
    typer.Option(
        "--part",
        metavar="SKU",
        help="Show this cataloged part whether or not it changes. Repeatable.",
        show_default=False,
    ),
]


@app.command()
@takes({**LAW, "on": WhatOnOption}, WISH, FILE)
def what_if_command(versus: VersusOption = None, part: PartOption = None, **values: Any) -> int:
    """Change the law once: which parts change class, and what would be built the next day.

    --rules is the law before. Give one change: --set, --with and --without
    together are one reform; --versus and --on stand alone. Projected, not
    measured; classification only; not legal advice.
    """
    from optimizer.study.scenario import scenario

    target = plan(values["output"], values["format_"], quiet=values["quiet"])
    change = _change(versus, values)
    before = settings_of({**values, **dict.fromkeys(CHANGES)})
    asked = scenario(before, change)
    parts = tuple(dict.fromkeys(asked.before.catalog.sku(name).id for name in part or ()))
    return _answered(asked, target, parts)


def _change(versus: str | None, values: dict[str, Any]) -> "Change":
    from optimizer.study.scenario import Change

    return Change(
        set_=tuple(values["set_"] or ()),
        with_=tuple(values["with_"] or ()),
        without=tuple(values["without"] or ()),
        versus=versus,
        on=values["on"],
    )


def _answered(asked: "Scenario", target: Target, parts: tuple[str, ...]) -> int:
    from optimizer.cli.errors import ExitCode
    from optimizer.study.whatif import records, what_if

    if target.format == "csv":
        from optimizer.report.whatif_csv import as_csv

        names = asked.before.settings.rules, asked.name_after
        emit(target, as_csv(records(asked, parts or asked.before.catalog.skus), *names))
        return int(ExitCode.DONE)
    from optimizer.report.whatif_build import document_of
    from optimizer.report.whatif_text import as_page, headline

    document = document_of(what_if(asked), parts)
    emit(
        target, document.to_json() if target.format == "json" else as_page(document, target.format)
    )
    if target.path is not None and not target.quiet:
        note(headline(document))
    statuses = {document.status_before, document.status_after}
    if statuses <= {"infeasible"}:
        note("no feasible design before or after")
        return int(ExitCode.INFEASIBLE)
    if statuses & {"feasible", "undecided"}:
        note("not proved: see the dies marked so")
        return int(ExitCode.NOT_PROVED)
    return int(ExitCode.DONE)
