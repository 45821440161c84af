"""A plan of bins as a page to read."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from optimizer.report.allocation_draws import NONE_LEFT
from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import percent, text_number
from optimizer.report.ranges import MOVED, movers

MADE = ("part", "made", "80 %", "margin", "cash cost", "die", "slots", "effective cost")
COSTS = ("cash_cost_usd", "die_usd", "resources_usd", "effective_cost_usd")
KINDS = ("share %", "dies", "used", "one more, USD", "serves")
DUALS = ("one more", "used", "limit", "USD", "80 %", "% of draws")


UNMOVED = "no input alone changes what is made or earned"


def plan_blocks(found: Mapping[str, Any]) -> list[Block]:
    """The answer as a page."""
    limits = ", ".join(found["limited_by"]) or "nothing that earns"
    head = f"{found['die']}: {_money(found['value_usd'])} USD of margin, limited by {limits}"
    parts: list[Block] = [
        Heading(head, 1),
        Heading("PARTS, units and USD a unit"),
        Table(MADE, tuple(_made(s) for s in found["skus"]), frozenset(range(1, 8))),
        *_unmade(found),
        Heading("DIES, by the parts that they can serve"),
        Table(KINDS, tuple(_kind(c) for c in found["classes"]), frozenset({0, 1, 2, 3})),
        Heading("DUALS: what one more is worth, and the share of draws in which it is"),
        Table(DUALS, tuple(_duals(found)), frozenset({1, 2, 3, 4, 5})),
        Heading("REGIMES, by share of draws"),
        Lines(tuple(_regime(r) for r in found["regimes"]), bullet=True),
        Lines((MOVED,)),
        Lines(tuple(_moved(found)) or (f"nothing: {UNMOVED}",), bullet=True),
        Lines((found["note"], _drawn(found), _erring(found))),
    ]
    return [b for b in parts if not (isinstance(b, Table) and not b.rows)]


def _unmade(found: Mapping[str, Any]) -> list[Block]:
    """Why there are parts of which none can be made."""
    why = tuple(f"{s['name']}: {s['none_because']}" for s in found["skus"] if s["none_because"])
    return [Heading("WARNINGS"), Lines(why, bullet=True)] if why else []


def _drawn(found: Mapping[str, Any]) -> str:
    return (
        f"80 %: {text_number(found['draws'])} draws of defects, block areas, speed yield and "
        f"modeled cash costs, seed {found['seed']}"
    )


def _erring(found: Mapping[str, Any]) -> str:
    cash, share = found["errors"]["cash_cost_usd"], found["errors"]["share"]
    tested = "not tested" if share is None else percent(share, 1)
    return f"error to expect beside: modeled cash cost {percent(cash, 0)}, shares of dies {tested}"


def _made(sku: Mapping[str, Any]) -> tuple[str, ...]:
    usd = (sku["margin_usd"], *(_value(sku[k]) for k in COSTS))
    made = sku["made"]
    ends = f"{_whole(made['low'])} to {_whole(made['high'])}"
    return (sku["name"], _whole(made["value"]), ends, *map(_usd, usd))


def _kind(kind: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        text_number(kind["share"] * 100, digits=3),
        _whole(kind["dies"]),
        _whole(kind["used"]),
        _usd(kind["die_usd"]),
        ", ".join(kind["serves"]),
    )


def _duals(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    wafers = found["wafers"]
    yield ("wafer", _whole(wafers), _whole(wafers), *_dual(found["wafer_usd"]))
    for each in found["resources"]:
        yield (each["name"], _whole(each["used"]), _whole(each["limit"]), *_dual(each["dual_usd"]))
    for sku in found["skus"]:
        if sku["demand"] is not None:
            made, demand = _whole(sku["made"]["value"]), _whole(sku["demand"])
            yield (f"demand for {sku['name']}", made, demand, *_dual(sku["demand_usd"]))


def _dual(each: Mapping[str, Any]) -> tuple[str, str, str]:
    ends = f"{_usd(each['low'])} to {_usd(each['high'])}"
    return _usd(each["value"]), ends, percent(each["share_of_draws"], 1)


def _regime(each: Mapping[str, Any]) -> str:
    limits = ", ".join(each["limited_by"]) or "-"
    return f"{percent(each['share_of_draws'], 1)}: {each['regime']} ({limits})"


def _moved(found: Mapping[str, Any]) -> Iterator[str]:
    named = [("margin", found["value_usd"]), ("a wafer", found["wafer_usd"])]
    named += [(f"{s['name']} made", s["made"]) for s in found["skus"]]
    for name, each in named:
        if each["moved_by"]:
            yield f"{name}: {movers(each)}"


def _value(each: Mapping[str, Any] | None) -> float | None:
    return None if each is None else each["value"]


def _whole(value: float | None) -> str:
    return "-" if value is None else text_number(math.floor(value + NONE_LEFT))


def _usd(value: float | None) -> str:
    return "unknown" if value is None else text_number(round(value))


def _money(each: Mapping[str, float]) -> str:
    low, high = (text_number(round(each[k])) for k in ("low", "high"))
    return f"{text_number(round(each['value']))} ({low} to {high})"
