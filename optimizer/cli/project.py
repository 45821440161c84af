"""``optimize project SKU|FILE``: throughput and latency of a given part on a workload."""

import csv
import io
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

if TYPE_CHECKING:
    from optimizer.projection.answer import Answer
    from optimizer.report.layout import Block

app = typer.Typer(rich_markup_mode=None)

StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="STACK",
        help="Software stack: tensorrt-llm (default), sglang, vllm.",
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
    stack: StackOption = None,
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
    found_catalog, sku = answers.open_part(part, list(catalog or []))
    mix = answers.open_workload(workload, found_catalog)
    found = answers.answer(sku, mix, found_catalog, stack=stack or DEFAULT_STACK)
    emit(target, _rendered(_with_overlays(found), sku.name, target.format))
    if found.served:
        return 0
    note(f"{sku.id} cannot serve {mix.id}: {found.table.reason[0]}")
    return _infeasible_code()


def _with_overlays(found: "Answer") -> dict[str, Any]:
    """The answer as JSON; records that are not the built-in ones are named first."""
    from optimizer.projection.answer import as_json
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
    from optimizer.report.layout import as_markdown, as_text

    if form == "json":
        return json.dumps(data, indent=2, allow_nan=False)
    if form == "csv":
        return _csv(data)
    parts = _blocks(data, name)
    return as_markdown(parts) if form == "md" else as_text(parts)


def _csv(data: dict[str, Any]) -> str:
    from optimizer.report.safe import safe_cell

    rows = []
    for member in data["projection"]["members"]:
        flat = {key: value for key, value in member.items() if key != "shares"}
        rows.append({"sku": data["sku"], "workload": data["workload"], **flat})
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: safe_cell(value) if isinstance(value, str) else value for key, value in row.items()}
        for row in rows
    )
    return stream.getvalue()


def _blocks(data: dict[str, Any], name: str) -> "list[Block]":
    from optimizer.report.layout import Heading, Lines, Table
    from optimizer.report.numbers import significant

    projection = data["projection"]
    where = f"on {data['workload']}"
    if projection["reason"] is None:
        low, high = significant(projection["low"], 3), significant(projection["high"], 3)
        speed = significant(projection["tokens_per_s_per_chip"])
        head = f"{name}: {speed} tokens/s per chip {where}, 80 % interval {low} to {high}"
    else:
        head = f"{name}: NOT SERVED {where}"
    parts: list[Block] = [Heading(head, 1)]
    if projection["reason"] is not None:
        parts.append(Lines((projection["reason"],)))
    served = [m for m in projection["members"] if m["reason"] is None]
    header = ("member", "tokens/s", "TTFT ms", "TPOT ms", "TP", "DP", "batch", "bound by")
    rows = tuple(_row(m) for m in served)
    if rows:
        parts += [Heading("MEMBERS"), Table(header, rows, frozenset(range(1, 7)))]
    parts += [Heading("ASSUMES"), Lines(tuple(data["assumptions"]), bullet=True)]
    return parts


def _row(member: dict[str, Any]) -> tuple[str, ...]:
    from optimizer.report.numbers import percent, significant

    share = member["shares"][member["binding"]]
    return (
        member["name"],
        significant(member["tokens_per_s_per_chip"]),
        significant(member["ttft_ms"], 3),
        significant(member["tpot_ms"], 3),
        str(member["tensor_parallel"]),
        str(member["data_parallel"]),
        f"{member['batch']:,.0f}",
        f"{member['binding']} {percent(share, 0)}; batch by {member['batch_limit']}",
    )
