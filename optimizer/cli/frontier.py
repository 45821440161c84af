"""``optimize frontier``: exact Pareto sets of throughput and what it is traded against."""

from typing import Annotated, Any

import typer

from catalogs.errors import InputError
from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import emit, note, plan

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
def frontier(
    objectives: ObjectivesOption = "throughput,tpp",
    step: StepOption = None,
    exact: ExactOption = False,
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
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """List every design that no lawful design beats in all objectives at once.

    Throughput is one of the objectives; the others are tpp, performance_density,
    dram_bandwidth_gb_s, io_bandwidth_gb_s, total_bandwidth_gb_s, power_w,
    unit_cost_usd (less is better), memory_capacity_gb, salvage_share,
    throughput_per_watt, throughput_per_dollar and throughput_per_wafer (more is
    better). Three or more objectives are resolved in steps that are chosen and
    printed, unless --exact.
    """
    from optimizer.cli.root import settings_of
    from optimizer.report.frontier import frontier as build
    from optimizer.report.frontier import read_steps
    from optimizer.report.solve import load_case
    from optimizer.solver.aspects import behind
    from optimizer.solver.frontier import read_objectives

    values = dict(locals())
    target = plan(output, format_, quiet=quiet)
    others = read_objectives(objectives)
    steps = read_steps(step or (), behind(others))
    if not rules:
        raise InputError("say which rule set applies", "--rules", "All: optimize rules list")
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
