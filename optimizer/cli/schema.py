"""``optimize schema NAME``: JSON Schemas of the files that users read and write."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from catalogs.errors import InputError, near_matches
from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

app = typer.Typer()


def _result() -> Any:
    from optimizer.report.result import Result

    return Result


def _sku() -> Any:
    from catalogs import Sku

    return Sku


def _die() -> Any:
    from catalogs import Die

    return Die


def _workload() -> Any:
    from catalogs.architectures import Workload

    return Workload


def _rules() -> Any:
    from constraints.rules import Pack

    return Pack


def _sheet() -> Any:
    from optimizer.report.sheet import Sheet

    return Sheet


def _assessment() -> Any:
    from constraints import Assessment

    return Assessment


def _compare() -> Any:
    from optimizer.report.comparison import Comparison

    return Comparison


def _backtest() -> Any:
    from optimizer.report.backtest_document import Backtest

    return Backtest


def _whatif() -> Any:
    from optimizer.report.whatif_document import WhatIfDocument

    return WhatIfDocument


def _frontier() -> Any:
    from optimizer.report.frontier_document import Frontier

    return Frontier


def _explain() -> Any:
    from optimizer.report.explain_document import Explanation

    return Explanation


def _robust() -> Any:
    from optimizer.report.robust_document import Robust

    return Robust


def _check_table() -> Any:
    from optimizer.report.check_table import CheckTable

    return CheckTable


MODELS: dict[str, Callable[[], Any]] = {
    "result": _result,
    "sku": _sku,
    "die": _die,
    "rules": _rules,
    "workload": _workload,
    "assessment": _assessment,
    "sheet": _sheet,
    "whatif": _whatif,
    "compare": _compare,
    "backtest": _backtest,
    "frontier": _frontier,
    "explain": _explain,
    "robust": _robust,
    "check-table": _check_table,
}
"""Name of a schema -> the model that it is made from."""


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of one kind of document.

    Examples
    --------
    >>> schema_of("result")["properties"]["schema"]["const"]
    'optimize-result/1'
    """
    if name not in MODELS:
        remedy = near_matches(name, MODELS) or f"Schemas: {', '.join(MODELS)}"
        raise InputError(f"no schema '{name}'", remedy=remedy)
    from pydantic import TypeAdapter

    schema = TypeAdapter(MODELS[name]()).json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(MODELS)}.")],
    output: opt.JsonOutputOption = None,
) -> None:
    """Print the JSON Schema of a result, a catalog record, a rule file or a workload."""
    target = plan(output, "json", allowed=("json",))
    emit(target, json.dumps(schema_of(name), indent=2, ensure_ascii=True))
