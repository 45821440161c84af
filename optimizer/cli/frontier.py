"""``optimize frontier``: exact Pareto sets of throughput and what it is traded against."""

from typing import Annotated, Any

import typer

from optimizer.cli.errors import ExitCode
from optimizer.cli.output import emit, note, plan
from optimizer.cli.question import DRAWS, FILE, LAW, WISH, settings_of, takes

app = typer.Typer(rich_markup_mode=None)

ObjectivesOption = Annotated[
    str,
    typer.Option(
        "--objectives",
        metavar="NAMES",
        help="Throughput and others, comma between: throughput,tpp,power_w.",
    ),
]
StepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--step",
        metavar="NAME=VALUE",
        help="Resolution of an objective: tpp=50. Repeatable.",
        show_default=False,
    ),
]
ExactOption = Annotated[
    bool,
    typer.Option("--exact", help="No steps, with three objectives or more as well."),
]
_CODES = {
    "optimal": ExitCode.DONE,
    "feasible": ExitCode.NOT_PROVED,
    "undecided": ExitCode.NOT_PROVED,
    "infeasible": ExitCode.INFEASIBLE,
}


@app.command()
@takes(LAW, WISH, DRAWS, FILE)
def frontier(
    objectives: ObjectivesOption = "throughput,tpp",
    step: StepOption = None,
    exact: ExactOption = False,
    **values: Any,
) -> int:
    """List every design that no lawful design beats in all objectives at once.

    Throughput is one of the objectives; the others are tpp, performance_density,
    dram_bandwidth_gb_s, io_bandwidth_gb_s, total_bandwidth_gb_s, power_w,
    unit_cost_usd (less is better), memory_capacity_gb, salvage_share,
    throughput_per_watt, throughput_per_dollar and throughput_per_wafer (more is
    better). Three or more objectives are resolved in steps that are chosen and
    printed, unless --exact.
    """
    from optimizer.report.frontier import frontier as build
    from optimizer.report.frontier_ratios import read_steps
    from optimizer.report.solve import load_case
    from optimizer.solver.frontier import read_objectives

    target = plan(values["output"], values["format_"], quiet=values["quiet"])
    others = read_objectives(objectives)
    steps = read_steps(step or (), others)
    found = build(load_case(settings_of(values)), others, steps, exact=exact)
    emit(target, _rendered(found, target.format))
    code = _CODES[found.status]
    if code is not ExitCode.DONE:
        why = next((p.reason or " with ".join(p.conflict) for p in found.parents), "")
        note(f"{found.status}: {why or 'no parent has a proved frontier'}")
    return code


def _rendered(found: Any, form: str) -> str:
    from optimizer.report import frontier_text as text

    match form:
        case "json":
            return str(found.to_json())
        case "csv":
            return text.as_frontier_csv(found)
        case "md":
            return text.as_frontier_markdown(found)
    return text.as_frontier_text(found)
