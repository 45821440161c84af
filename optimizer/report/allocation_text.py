"""A plan of bins as a page to read."""

import math
from collections.abc import Mapping
from typing import Any

from optimizer.report.allocation import NONE_LEFT, NOTE
from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import text_number

MADE = ("part", "made", "80 %", "margin", "cash cost", "die", "slots", "effective cost")
KINDS = ("share %", "dies", "used", "one more, USD", "serves")


def plan_blocks(found: Mapping[str, Any]) -> list[Block]:
    """The answer as a page."""
    limits = ", ".join(found["limited_by"]) or "nothing that earns"
    head = f"{found['die']}: {_money(found['value_usd'])} USD of margin, limited by {limits}"
    made = tuple(
        (
            s["name"],
            _whole(s["made"]["value"]),
            f"{_whole(s['made']['low'])} to {_whole(s['made']['high'])}",
            *(_usd(s[k]) for k in ("margin_usd", "cash_cost_usd", "die_usd", "resources_usd",
                                   "effective_cost_usd")),
        )
        for s in found["skus"]
    )  # fmt: skip
    kinds = tuple(
        (
            text_number(c["share"] * 100, digits=3),
            _whole(c["dies"]),
            _whole(c["used"]),
            _usd(c["die_usd"]),
            ", ".join(c["serves"]),
        )
        for c in found["classes"]
    )
    held = tuple(
        (r["name"], _whole(r["used"]), _whole(r["limit"]), _money(r["dual_usd"]))
        for r in found["resources"]
    )
    wafers = f"one more wafer of {_whole(found['wafers'])}: {_money(found['wafer_usd'])} USD"
    parts: list[Block] = [
        Heading(head, 1),
        Heading("PARTS, units and USD a unit"),
        Table(MADE, made, frozenset(range(1, 8))),
        Heading("DIES, by the parts that they can serve"),
        Table(
            ("share %", "dies", "used", "one more, USD", "serves"), kinds, frozenset({0, 1, 2, 3})
        ),
        Heading("RESOURCES"),
        Table(("resource", "used", "limit", "one more, USD"), held, frozenset({1, 2, 3})),
        Lines((wafers, NOTE, f"80 %: {found['draws']} draws of defect density and speed yield")),
    ]
    return [b for b in parts if not (isinstance(b, Table) and not b.rows)]


def _whole(value: float | None) -> str:
    return "-" if value is None else text_number(math.floor(value + NONE_LEFT))


def _usd(value: float | None) -> str:
    return "unknown" if value is None else text_number(round(value))


def _money(each: Mapping[str, float]) -> str:
    low, high = (text_number(round(each[k])) for k in ("low", "high"))
    return f"{text_number(round(each['value']))} ({low} to {high})"
