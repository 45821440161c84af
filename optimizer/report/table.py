"""The ranking as one CSV row per design: numbers unrounded, blank where unknown."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.report.numbers import law_changes
from optimizer.report.result import Design, Result
from optimizer.report.safe import safe_cell

_PROJECTED = ("tokens_per_s_per_chip", "low", "high", "ttft_ms", "tpot_ms")
_TIMES = ("ttft_low_ms", "ttft_high_ms", "tpot_low_ms", "tpot_high_ms")
_RANKED = ("objective_value", "within_interval", "ratio_band")


def as_csv(result: Result) -> str:
    """Designs as CSV; columns are the JSON names of knobs, quantities and projection."""
    law = law_columns(result.inputs["rules"])
    rows = []
    for each in result.designs:
        said = {"flags": "; ".join(each.flags), "warnings": "; ".join(result.warnings)}
        times = {name: getattr(each.projection, name) for name in _TIMES}
        rows.append({**_row(each), **law, **said, **times})
    return rows_as_csv(rows, ("rank", "parent", *law, "flags"))


def law_columns(rules: Mapping[str, Any]) -> dict[str, str | None]:
    """The law of an answer, as every row of its CSV states it.

    Parameters
    ----------
    rules : mapping
        ``rules`` of the inputs that a document embeds.

    Examples
    --------
    >>> law = {"id": "x", "on": "2025-12-31", "destination": "CN", "changes": ["y added"]}
    >>> law_columns(law)["changes"]
    'y added'
    """
    changed = law_changes(rules.get("changes", ()), rules.get("exporter"), rules.get("margin") or 0)
    return {
        "ruleset": rules["id"],
        "on": rules["on"],
        "destination": rules["destination"],
        "law_last_checked": rules.get("last_checked"),
        "changes": "; ".join(changed),
    }


def rows_as_csv(rows: Sequence[Mapping[str, object]], empty: Sequence[str]) -> str:
    """Rows as CSV: the union of their columns in order, blank where a row has no value.

    Parameters
    ----------
    rows : sequence of mapping
        Values by column; None is blank.
    empty : sequence of str
        Columns of a table without rows.

    Examples
    --------
    >>> print(rows_as_csv([{"a": 1, "b": None}, {"a": True, "c": "=x"}], ()), end="")
    a,b,c
    1,,
    true,,'=x
    """
    columns = list(dict.fromkeys(name for row in rows for name in row)) or list(empty)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def _row(design: Design) -> dict[str, object]:
    projected = {name: getattr(design.projection, name) for name in _PROJECTED}
    names = (line.name for b in design.binding for line in b.by)
    binding = ";".join(dict.fromkeys(names))
    head = {"rank": design.rank, "parent": design.parent, "verdict": design.verdict}
    ranked = {name: getattr(design, name) for name in _RANKED}
    return {**head, **design.knobs, **design.quantities, **projected, **ranked, "binding": binding}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return safe_cell(value)
