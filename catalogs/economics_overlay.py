"""A user's own figures over the built-in ones: typed as KEY=VALUE, or in a file of the same keys.

A key is the path of a figure below `catalogs/data/economics`, the file first:
``yield.processes.n4.defect_density_per_cm2``, ``cost.packages.cowos_s.package_yield``. Prices
stand by kind and year: ``cost.memory_prices.HBM3.2025``, ``cost.wafer_prices.n4.2025``. A value is
a number, or its range ``low..value..high``; in a file also a table that may say
``confidential = true``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from catalogs.economics import Economics, parse_economics
from catalogs.economics_tables import economics_tables
from catalogs.errors import InputError, near_matches
from catalogs.load import read_toml

OPTION = "--set-economics"
USER = "user"
RANGE = ".."
# No figure of silicon is larger; what is would leave the numbers that a cost can be worked out in.
LARGEST = Decimal(10) ** 12
# Ends of the names of figures that divide, and of errors, which are shares below 1.
_POSITIVE = (
    "yield", "efficiency", "alpha_cluster", "diameter_mm", "reticle_mm2", "reference_voltage_v",
    "v_slope", "v_exponent", "v_speed", "interposer_margin",
)  # fmt: skip
_AT_MOST_ONE = ("yield", "efficiency")
_BELOW_ONE = ("error",)
# Lists of dated prices: the name of the list, the field that names the kind, the price, its unit.
PRICES = {
    "wafer_prices": ("process", "price_usd", "USD"),
    "memory_prices": ("kind", "price_usd_per_gb", "USD/GB"),
}


@dataclass(frozen=True, slots=True)
class Override:
    """One figure of the user."""

    key: str
    low: Decimal
    value: Decimal
    high: Decimal
    confidential: bool = False


def read_overrides(texts: Sequence[str]) -> Iterator[Override]:
    """Figures of options and of files, in order; the last of a key stands.

    Raises
    ------
    InputError
        A value that is no number, or a range out of order.
    """
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            if not text.endswith(".toml"):
                raise InputError(
                    f"cannot read '{text}'",
                    OPTION,
                    "Write KEY=NUMBER, KEY=LOW..NUMBER..HIGH, or name a .toml file.",
                )
            yield from _flat(read_toml(Path(text)), "", text)
            continue
        yield _override(key.strip(), value.strip(), OPTION)


def replaced(overrides: Sequence[Override]) -> Economics:
    """The built-in figures with others in their place.

    Raises
    ------
    InputError
        A key that no figure has.

    Examples
    --------
    >>> texts = ["yield.processes.n4.defect_density_per_cm2=0.05..0.1..0.2"]
    >>> float(replaced(tuple(read_overrides(texts))).losses.processes["n4"].defect_density_per_cm2)
    0.1
    >>> own = tuple(read_overrides(["cost.memory_prices.HBM3.2025=20"]))
    >>> dearer = replaced(own).cost.memory_prices[-1]
    >>> dearer.kind, float(dearer.price_usd_per_gb)
    ('HBM3', 20.0)
    """
    tables: dict[str, Any] = copy.deepcopy(economics_tables())
    for each in overrides:
        _put(tables, each)
    cited = set(_cited({k: v for k, v in tables.items() if k != "sources"}))
    sources = {k: v for k, v in tables["sources"].items() if k in cited}
    sources[USER] = {"title": "Given by the user", "urls": []}
    return parse_economics({**tables, "sources": sources})


def _override(key: str, value: object, where: str) -> Override:
    if isinstance(value, Mapping):
        rest = set(value) - {"low", "value", "high", "confidential"}
        if rest or "value" not in value:
            raise InputError(f"{key} needs a 'value' and may have 'low', 'high'", where)
        middle = _number(value["value"], key, where)
        low, high = (_number(value.get(n, middle), key, where) for n in ("low", "high"))
        found = Override(key, low, middle, high, value.get("confidential") is True)
        return _ordered(found, where)
    parts = str(value).split(RANGE)
    numbers = [_number(part, key, where) for part in parts]
    if len(numbers) == 1:
        return Override(key, numbers[0], numbers[0], numbers[0])
    if len(numbers) != len(("low", "value", "high")):
        raise InputError(f"'{value}' is no range for {key}", where, "Write LOW..NUMBER..HIGH.")
    return _ordered(Override(key, numbers[0], numbers[1], numbers[2]), where)


def _number(value: object, key: str, where: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise InputError(f"'{value}' is no number for {key}", where) from None
    if not found.is_finite():
        raise InputError(f"'{value}' is no number for {key}", where)
    remedy = _beyond(found, key)
    if remedy:
        raise InputError(f"'{value}' is out of range for {key}", where, remedy)
    return found


def _beyond(found: Decimal, key: str) -> str:
    """What a figure may be, where it is outside of that."""
    if not 0 <= found <= LARGEST:
        return f"A figure is from 0 to {LARGEST:,}."
    if found > 1 and key.endswith(_AT_MOST_ONE):
        return "It is a share: above 0, at most 1."
    if found >= 1 and key.endswith(_BELOW_ONE):
        return "It is a share: from 0, below 1."
    return "It is above 0." if not found and key.endswith(_POSITIVE) else ""


def _ordered(found: Override, where: str) -> Override:
    if not found.low <= found.value <= found.high:
        said = f"{found.low}, {found.value}, {found.high} of {found.key} are not in order"
        raise InputError(said, where, "Write LOW..NUMBER..HIGH.")
    return found


def _flat(table: Mapping[str, Any], path: str, where: str) -> Iterator[Override]:
    for name, value in table.items():
        key = f"{path}.{name}" if path else name
        if isinstance(value, Mapping) and "value" not in value:
            yield from _flat(value, key, where)
        else:
            yield _override(key, value, where)


def _put(tables: dict[str, Any], each: Override) -> None:
    steps = each.key.split(".")
    figure = {
        "low": each.low,
        "value": each.value,
        "high": each.high,
        "sources": [USER],
        "basis": "estimated",
        "grade": "C",
        "confidential": each.confidential,
    }
    if len(steps) == len(("cost", "list", "kind", "year")) and steps[1] in PRICES:
        _put_price(tables, steps, figure)
        return
    place: Any = tables
    for step in steps[:-1]:
        place = _child(place, step, each.key)
    old = _child(place, steps[-1], each.key)
    if not isinstance(old, Mapping) or "unit" not in old:
        raise InputError(f"'{each.key}' is no single figure", OPTION)
    place[steps[-1]] = {**figure, "unit": old["unit"]}


def _child(place: Any, step: str, key: str) -> Any:
    if not isinstance(place, Mapping) or step not in place:
        known = list(place) if isinstance(place, Mapping) else []
        listed = near_matches(step, known) or f"There: {', '.join(known) or 'nothing'}."
        raise InputError(f"no figure '{key}'", OPTION, listed)
    return place[step]


def _put_price(tables: dict[str, Any], steps: list[str], figure: dict[str, Any]) -> None:
    """Replace the price of a kind and year, or add it."""
    _, name, kind, year = steps
    naming, price, unit = PRICES[name]
    if not year.isdigit():
        raise InputError(f"'{year}' is no year of {name}", OPTION)
    kept = [
        p
        for p in tables["cost"][name]
        if (p[naming].upper(), p["year"]) != (kind.upper(), int(year))
    ]
    known = {p[naming].upper(): p[naming] for p in tables["cost"][name]}
    own = known.get(kind.upper(), kind.upper() if naming == "kind" else kind)
    record = {naming: own, "year": int(year), price: {**figure, "unit": unit}}
    tables["cost"][name] = [*kept, record]


def _cited(part: Any) -> Iterator[str]:
    match part:
        case Mapping():
            for key, value in part.items():
                if key in ("sources", "structure_sources"):
                    yield from value
                else:
                    yield from _cited(value)
        case list() | tuple():
            for item in part:
                yield from _cited(item)
