"""The user's own figures in an answer: assumed where read, warned of where not or where strange."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from catalogs.economics import Economics, economics
from catalogs.economics_overlay import PRICES, Override
from catalogs.economics_tables import builtin_figure
from optimizer.report.numbers import text_number
from optimizer.silicon.defaults import process_of

if TYPE_CHECKING:
    from optimizer.report.solve import Case

# What a new die alone reads.
_NEW_DIE = ("area", "cost.nre_usd")


def figure_words(case: "Case", *, new_die: bool = False) -> tuple[str, ...]:
    """Figures of the user that an answer reads, as assumptions; a confidential one by its key.

    Examples
    --------
    >>> from optimizer.report.settings import Settings
    >>> from optimizer.report.solve import load_case
    >>> own = ("cost.memory_prices.GDDR7.2025=14", "cost.memory_prices.GDDR7.2026=15")
    >>> case = load_case(Settings(rules="us-2025", parents=("gb202",), economics=own))
    >>> figure_words(case)
    ('cost.memory_prices.GDDR7.2025 is the figure of the user, 14',)
    """
    return tuple(_said(each) for each in _last(case) if unread(each, case, new_die=new_die) is None)


def unread_figures(case: "Case", *, new_die: bool = False) -> tuple[str, ...]:
    """Figures of the user that change nothing in an answer, with the reason."""
    found = ((each.key, unread(each, case, new_die=new_die)) for each in _last(case))
    return tuple(f"{key} is not used: {why}" for key, why in found if why is not None)


def strange_figures(case: "Case", *, new_die: bool = False) -> tuple[str, ...]:
    """Figures of the user that an answer reads and that lie outside the range of their source.

    A confidential one is left out: the range would tell of it.
    """
    read = (each for each in _last(case) if unread(each, case, new_die=new_die) is None)
    return tuple(filter(None, (_strange(each) for each in read if not each.confidential)))


def _strange(each: Override) -> str:
    known = builtin_figure(each.key)
    if known is None or known["low"] <= each.value <= known["high"]:
        return ""
    ends = f"{_number(Decimal(known['low']))} to {_number(Decimal(known['high']))}"
    return (
        f"{each.key} is outside {ends}, the range of its source ({', '.join(known['sources'])}): "
        "no interval and no error that is stated covers it"
    )


def unread(each: Override, case: "Case", *, new_die: bool = False) -> str | None:
    """Why no design of a case reads a figure of the user; None where one may.

    Parameters
    ----------
    each : Override
    case : Case
        Its parents are those that the answer reads; all where it names none.
    new_die : bool
        Whether the answer is one of a new die.
    """
    steps = each.key.split(".")
    if not new_die and any(each.key == top or each.key.startswith(f"{top}.") for top in _NEW_DIE):
        return "only new-die reads it"
    if steps[1:2] and steps[1] in PRICES and steps[0] == "cost":
        return _unread_price(steps[1], steps[2], int(steps[3]), case)
    dies = case.request.parents or tuple(case.catalog.dies)
    named = {
        ("floorplans", "dies"): set(dies),
        ("cost", "assemblies"): set(dies),
        ("yield", "processes"): _processes(case),
        ("power", "dram_pj_per_bit"): _kinds(case),
        ("power", "families"): {
            name for name, own in _figures(case).power.families.items() if {*own.dies} & {*dies}
        },
    }.get((steps[0], steps[1] if len(steps) > 1 else ""))
    if named is not None and steps[2] not in named:
        return f"no die of the answer has {steps[2]}"
    return None


def _last(case: "Case") -> tuple[Override, ...]:
    """The last of each key, which alone stands."""
    return tuple({each.key: each for each in case.overrides}.values())


def _said(each: Override) -> str:
    if each.confidential:
        return f"{each.key} is a confidential figure of the user"
    ends = f" ({_number(each.low)} to {_number(each.high)})" if each.low != each.high else ""
    return f"{each.key} is the figure of the user, {_number(each.value)}{ends}"


def _number(value: Decimal) -> str:
    """As it was given: an own figure is never rounded."""
    return text_number(value) if value == value.to_integral_value() else f"{value.normalize():f}"


def _figures(case: "Case") -> Economics:
    return case.request.figures or economics()


def _kinds(case: "Case") -> set[str]:
    dies = case.request.parents or tuple(case.catalog.dies)
    parts = {part for die in dies for part in case.catalog.dies[die].memory.parts}
    known = case.catalog.memory_parts
    return {name.upper() for part in parts for name in (part, known[part].kind)}


def _processes(case: "Case") -> set[str]:
    return set(_each_process(case))


def _each_process(case: "Case") -> Iterator[str]:
    figures = _figures(case)
    for name in case.request.parents or tuple(case.catalog.dies):
        if name in figures.floorplans.dies:
            yield figures.floorplans.dies[name].process
        for die in case.catalog.dies[name].logic_dies:
            process = process_of(die.process_node or "", figures)
            if process is not None:
                yield process


def _unread_price(kind: str, name: str, year: int, case: "Case") -> str | None:
    """Prices are those of the law's year: the last one up to it."""
    law = case.ruleset.on.year
    if year > law:
        return f"the law's day is in {law}, and the answer reads prices up to that year"
    field = PRICES[kind][0]
    listed = getattr(_figures(case).cost, kind)
    years = [p.year for p in listed if getattr(p, field).upper() == name.upper() and p.year <= law]
    if max(years, default=year) > year:
        return f"the price of {max(years)} stands nearer to the law's day, in {law}"
    known = _kinds(case) if kind == "memory_prices" else _processes(case)
    return (
        None if name.upper() in {k.upper() for k in known} else f"no die of the answer has {name}"
    )
