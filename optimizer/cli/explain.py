"""``optimize explain RESULT``: what binds, what it is worth, what conflicts, why not another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from catalogs.errors import InputError
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import emit, note, plan
from optimizer.cli.question import GOALS, LAW, PAGE, WISH, flag_of, settings_of, takes

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
@takes(LAW, WISH, GOALS, PAGE)
def explain(result: ResultArgument = None, why_not: WhyNotOption = None, **values: Any) -> int:
    """Explain an answer: exact next steps of every line that binds or frees, and their worth.

    Where nothing is feasible: every minimal conflict, and the least move of each
    single line that would be enough.
    """
    from optimizer.report.explain import explain_case, explain_result
    from optimizer.report.solve import load_case, read_result

    target = plan(
        values["output"], values["format_"], quiet=values["quiet"], allowed=("text", "json", "md")
    )
    if (result is None) == (values["rules"] is None):
        raise InputError("give a result or --rules, one of the two", "explain")
    named = tuple(why_not or ())
    if result is not None:
        _refuse_beside_a_result(values)
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
    if found.status == "undecided":
        first = found.parents[0]
        own = [] if first.reason is None else [f"{first.parent}: {first.reason}"]
        whys = [*own, *found.unanswered]
        more = f"; and {len(whys) - 1} more dies" if len(whys) > 1 else ""
        note(f"not decided: {whys[0]}{more}")
    return ExitCode.DONE if found.status == "optimal" else ExitCode.NOT_PROVED


def _refuse_beside_a_result(values: Mapping[str, Any]) -> None:
    """Refuse what would otherwise be read past: a result holds the question that it answers."""
    given = [alias for group in (LAW, WISH, GOALS) for name, alias in group.items() if values[name]]
    if given:
        raise InputError(
            "means nothing beside a result, which holds its own question",
            flag_of(given[0]),
            "Give --rules and all options instead, without the result",
        )


def _rendered(found: Any, form: str) -> str:
    from optimizer.report import explain_text as text

    if form == "json":
        return str(found.to_json())
    return text.as_explanation_markdown(found) if form == "md" else text.as_explanation_text(found)
