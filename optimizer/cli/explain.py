"""``optimize explain RESULT``: what binds, what it is worth, what conflicts, why not another."""

from pathlib import Path
from typing import Annotated, Any

import typer

from catalogs.errors import InputError
from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import emit, note, plan

app = typer.Typer(rich_markup_mode=None)

ResultArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[RESULT]", help="A result as JSON; or give --rules.", show_default=False
    ),
]
WhyNotOption = Annotated[
    list[str] | None,
    typer.Option(
        "--why-not",
        metavar="KNOB=VALUE",
        help="A design you have in mind: knobs not named are the optimum's. Repeatable.",
        show_default=False,
    ),
]


@app.command()
def explain(
    result: ResultArgument = None,
    why_not: WhyNotOption = None,
    rules: opt.RulesOption = None,
    parent: opt.ParentOption = None,
    workload: opt.WorkloadOption = None,
    on: opt.OnOption = None,
    set_: opt.SetOption = None,
    with_: opt.WithOption = None,
    without: opt.WithoutOption = None,
    pack: opt.PackOption = None,
    destination: opt.DestinationOption = None,
    exporter: opt.ExporterOption = None,
    margin: opt.MarginOption = None,
    limit: opt.LimitOption = None,
    fix: opt.FixOption = None,
    fact: opt.FactOption = None,
    not_datacenter: opt.NotDatacenterOption = False,
    catalog: opt.CatalogOption = None,
    format_: opt.PageFormatOption = None,
    output: opt.PageOutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Explain an answer: exact next steps of every binding line, and what each is worth.

    Where nothing is feasible: every minimal conflict, and the least move of each
    single line that would be enough.
    """
    from optimizer.cli.root import settings_of
    from optimizer.report.explain import explain_case, explain_result
    from optimizer.report.solve import load_case, read_result

    values = dict(locals())
    target = plan(output, format_, quiet=quiet, allowed=("text", "json", "md"))
    if (result is None) == (rules is None):
        raise InputError("give a result or --rules, one of the two", "explain")
    named = tuple(why_not or ())
    if result is not None:
        found = explain_result(read_result(result), named)
    else:
        found = explain_case(load_case(settings_of(values)), named)
    emit(target, _rendered(found, target.format))
    if found.reproduced is False:
        note(f"error: {result} does not reproduce; see optimize replay")
        return ExitCode.NOT_REPRODUCED
    if found.status == "infeasible":
        note("no feasible design: " + " with ".join(next(iter(found.parents[0].conflicts), ())))
        return ExitCode.INFEASIBLE
    return ExitCode.DONE if found.status == "optimal" else ExitCode.NOT_PROVED


def _rendered(found: Any, form: str) -> str:
    from optimizer.report import explain_text as text

    if form == "json":
        return str(found.to_json())
    return text.as_explanation_markdown(found) if form == "md" else text.as_explanation_text(found)
