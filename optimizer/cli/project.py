"""``optimize project SKU|FILE``: throughput and latency of a given part on a workload."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

if TYPE_CHECKING:
    from optimizer.projection.answer import Answer

app = typer.Typer(rich_markup_mode=None)

PrefillOption = Annotated[
    str | None,
    typer.Option(
        "--prefill-with",
        metavar="SKU|FILE",
        help="Part of a pool of its own that reads the prompts.",
        show_default=False,
    ),
]
NetworkOption = Annotated[
    float | None,
    typer.Option(
        "--network",
        metavar="GB/S",
        help="Network between the pools, GB/s per chip and direction.",
        show_default=False,
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate",
        metavar="REQ/S",
        help="Requests per second of the workload: instances needed and times at that load.",
        show_default=False,
    ),
]
BurstOption = Annotated[
    int | None,
    typer.Option(
        "--burst",
        metavar="N",
        help="Requests that come at once to one instance: time until all are answered.",
        show_default=False,
    ),
]
PartArgument = Annotated[str, typer.Argument(metavar="SKU|FILE", help="SKU id, alias or file.")]


def register(root: typer.Typer) -> None:
    """Add the command to an application."""
    root.command("project")(project)


@app.command()
def project(
    part: PartArgument,
    workload: opt.WorkloadOption = None,
    stack: opt.StackOption = None,
    prefill_with: PrefillOption = None,
    network: NetworkOption = None,
    rate: RateOption = None,
    burst: BurstOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.FormatOption = None,
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Project output tokens per second and chip, first-token and per-token time.

    States the layout, the binding term and an 80 % interval. A part that cannot
    serve the workload gets the reason, never a number.
    """
    from optimizer.cli.output import note
    from optimizer.projection import answer as answers
    from optimizer.projection.serving import DEFAULT_STACK

    target = plan(output, format_, quiet=quiet)
    other, files = answers.part_name(prefill_with)
    found_catalog, sku = answers.open_part(part, [*files, *(catalog or [])])
    mix = answers.open_workload(workload, found_catalog)
    mix = answers.with_prefill(mix, other, network)
    found = answers.answer(
        sku, mix, found_catalog, stack=stack or DEFAULT_STACK, rate=rate, burst=burst
    )
    emit(target, _rendered(_with_overlays(found), sku.name, target.format))
    if found.served:
        return 0
    note(f"{sku.id} cannot serve {mix.id}: {found.table.reason[0]}")
    return _infeasible_code()


def _with_overlays(found: "Answer") -> dict[str, Any]:
    """The answer as JSON; records that are not the built-in ones are named first."""
    from optimizer.projection.answer_json import as_json
    from optimizer.report.overlays import overlays_of_sku, overlays_of_workload

    catalog = found.sku._catalog
    own = overlays_of_sku(found.sku)
    if catalog is not None:
        own += overlays_of_workload(found.workload, catalog)
    data = as_json(found)
    data["assumptions"] = [*map(str, own), *data["assumptions"]]
    return {**data, "overlays": [each.to_dict() for each in own]}


def _infeasible_code() -> int:
    from optimizer.cli.errors import ExitCode

    return int(ExitCode.INFEASIBLE)


def _rendered(data: dict[str, Any], name: str, form: str) -> str:
    from optimizer.report import projection_text as text

    if form == "json":
        return json.dumps(data, indent=2, allow_nan=False)
    if form == "csv":
        return text.as_projection_csv(data)
    if form == "md":
        return text.as_projection_markdown(data, name)
    return text.as_projection_text(data, name)
