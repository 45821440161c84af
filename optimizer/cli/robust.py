"""``optimize robust FILE``: one design for several rule sets that may come to apply."""

from pathlib import Path
from typing import Annotated, Any

import typer

from catalogs.errors import InputError, near_matches
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import emit, note, plan
from optimizer.cli.question import DRAWS, PAGE, WISH, settings_of, takes

app = typer.Typer(rich_markup_mode=None)

KINDS = {
    "all": ("safe", "least_regret", "best_expected"),
    "safe": ("safe",),
    "regret": ("least_regret",),
    "expected": ("best_expected",),
}
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Scenarios as TOML.")]
RobustOption = Annotated[
    str,
    typer.Option("--robust", metavar="safe|regret|expected|all", help="Which designs to show."),
]


@app.command()
@takes(WISH, DRAWS, PAGE)
def robust(file: FileArgument, robust: RobustOption = "all", **values: Any) -> int:
    """Fix one design before the rule is known: safe, least regret, best expected value.

    FILE lists [[scenarios]] with name, rules, weight and, if wanted, on, set,
    with, without, exporter, margin.
    """
    from optimizer.report.robust import read_scenarios, robust_document
    from optimizer.report.robust_text import as_robust_markdown, as_robust_text

    target = plan(
        values["output"], values["format_"], quiet=values["quiet"], allowed=("text", "json", "md")
    )
    if robust not in KINDS:
        remedy = near_matches(robust, KINDS) or f"One of {', '.join(KINDS)}"
        raise InputError(f"unknown kind '{robust}'", "--robust", remedy)
    scenarios = read_scenarios(file)
    settings = settings_of({**values, "rules": scenarios.scenarios[0].rules})
    found = robust_document(scenarios, settings, KINDS[robust])
    match target.format:
        case "json":
            emit(target, found.to_json())
        case "md":
            emit(target, as_robust_markdown(found))
        case _:
            emit(target, as_robust_text(found))
    if found.status == "infeasible":
        note("no feasible design in any scenario")
        return ExitCode.INFEASIBLE
    return ExitCode.DONE if found.status == "optimal" else ExitCode.NOT_PROVED
