"""Facts and computed quantities: the one table of names that conditions may use, and its reading.

The table itself is ``packs/quantities.toml``; arithmetic is written there and nowhere else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from catalogs.errors import InputError, close_names
from catalogs.load import read_toml
from constraints.expressions import Expr, compiled, exact, names, substitute
from constraints.syntax import parse_arithmetic

TABLE = Path(__file__).parent / "packs" / "quantities.toml"
TRUTH = {"true": True, "false": False}
# Digits that a number may have in all: enough for any data sheet.
MOST_DIGITS = 40
# A quantity given beside the facts that it follows from may differ by rounding, not by more.
ROUNDING = Fraction(1, 100)
PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
KIND_OF_FACT = "item_kind"
# Names that an error offers at most, and the share of letters that they share with the wrong one.
MOST_OFFERS, LOOKS_ALIKE = 3, 60


class Quantity(BaseModel):
    """A name that conditions may use.

    Examples
    --------
    >>> load_quantities()["performance_density"].definition
    'tpp / applicable_die_area_mm2'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    unit: str = ""
    type: str
    meaning: str
    law: str = ""
    definition: str = ""
    of: str = ""
    positive: bool = False
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        """Exact value of this quantity from text or a Python value; blank is unknown.

        Raises
        ------
        InputError
            Not of this type, negative, not finite, or none of the choices.

        Examples
        --------
        >>> load_quantities()["tpp"].read("4799.99")
        Decimal('4799.99')
        """
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            return None
        found: Any = READERS[self.type](value)
        if found is None or (self.choices and found not in self.choices):
            raise InputError(f"{_as_written(value)} is not {self.expected()}", self.name)
        if self.type == "number" and (found < 0 or (self.positive and found == 0)):
            wanted = "positive" if self.positive else "zero or more"
            raise InputError(f"{value} is not possible, it must be {wanted}", self.name)
        return found

    def expected(self) -> str:
        """What a value of this quantity looks like, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        unit = f" in {self.unit}, without the unit" if self.unit not in ("", "1") else ""
        return {
            "number": f"a plain decimal number{unit}",
            "bool": "true or false",
            "date": "a day as 2026-01-31",
            "str": "a text",
        }[self.type]


def _as_written(value: Any) -> str:
    """A value as a file has it, never as Python prints it.

    Examples
    --------
    >>> [_as_written(each) for each in ("2 TB", Decimal("NaN"), True, [1], {})]
    ["'2 TB'", 'nan', 'true', 'a list', 'a table']
    """
    match value:
        case str():
            return f"'{value}'"
        case bool() | Decimal():
            return str(value).casefold()
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
    return str(value)


def plain_number(value: Any) -> int | Decimal | Fraction | None:
    """Return an exact number of at most 40 digits; ``None`` for anything else.

    Examples
    --------
    >>> plain_number("2399.5"), plain_number("1e400"), plain_number(True), plain_number(10**50)
    (Decimal('2399.5'), None, None, None)
    """
    if isinstance(value, str) and len(value) <= MOST_DIGITS and PLAIN.fullmatch(value):
        return Decimal(value)
    if isinstance(value, Decimal):
        size = len(value.as_tuple().digits) + abs(value.adjusted()) if value.is_finite() else None
        return value if size is not None and size <= MOST_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        return None
    return value if abs(value) < 10**MOST_DIGITS else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else TRUTH.get(str(value).casefold())


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


READERS: Mapping[str, Callable[[Any], Any]] = {
    "number": plain_number, "bool": _truth, "date": _day, "str": _text,
}  # fmt: skip


@cache
def load_quantities() -> Mapping[str, Quantity]:
    """Read the table of facts and quantities once."""
    return {name: Quantity(name=name, **row) for name, row in read_toml(TABLE).items()}


@dataclass(frozen=True)
class Vocabulary:
    """The quantities that one body of law may name: the table, and what its packs declare."""

    quantities: Mapping[str, Quantity]

    @cached_property
    def definitions(self) -> Mapping[str, Expr]:
        """Expression of each computed quantity, in facts only."""
        found: dict[str, Expr] = {}
        for name, each in self.quantities.items():
            if each.definition:
                found[name] = substitute(parse_arithmetic(each.definition), found)
        return found

    @cached_property
    def _computed(self) -> tuple[tuple[str, Any], ...]:
        return tuple((name, compiled(expr)) for name, expr in self.definitions.items())

    def read(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Exact facts from texts or values: names checked, blanks dropped, floats refused.

        Raises
        ------
        InputError
            An unknown name, with near matches; or a value that its quantity cannot take.

        Examples
        --------
        >>> Vocabulary(load_quantities()).read({"tpp": "2368", "datacenter": "true"})
        {'tpp': Decimal('2368'), 'datacenter': True}
        """
        found = {}
        for name, value in facts.items():
            if name not in self.quantities:
                raise unknown_fact(name, self.quantities)
            read = self.quantities[name].read(value)
            if read is not None:
                found[name] = read
        return found

    def known(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts that some rule of this vocabulary can ask for; the others bear on nothing.

        Examples
        --------
        >>> Vocabulary(load_quantities()).known({"tpp": 2368, "a_fact_of_another_pack": True})
        {'tpp': 2368}
        """
        return {name: value for name, value in facts.items() if name in self.quantities}

    def completed(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts as the engine computes with them: Fractions, item kind, computed quantities.

        An item of which a fact of integrated circuits is known is one, unless it says otherwise.
        A quantity is computed wherever its facts are known; given directly it stands in for them.

        Raises
        ------
        InputError
            A quantity is given and contradicts the facts that it follows from.

        Examples
        --------
        >>> whole = Vocabulary(load_quantities()).completed({"tpp": 2368, "tdp_w": 400})
        >>> whole["item_kind"], whole.get("performance_density")
        ('ic', None)
        """
        whole = {name: exact(value) for name, value in facts.items() if value is not None}
        if KIND_OF_FACT not in whole:
            kinds = {self.quantities[name].of for name in whole if name in self.quantities}
            for kind in kinds - {""}:
                whole[KIND_OF_FACT] = kind
        for name, value in self._computed:
            if (found := value(whole)) is not None:
                if abs(whole.get(name, found) - found) > found * ROUNDING:
                    what = f"{name} contradicts {self.quantities[name].definition}"
                    raise InputError(what, remedy=f"Leave out {name}: it follows.")
                whole[name] = found
        return whole

    def roots(self, name: str) -> frozenset[str]:
        """Facts behind a name: its definition's, or itself."""
        return names(self.definitions[name]) if name in self.definitions else frozenset({name})


def unknown_fact(name: str, known: Mapping[str, Quantity]) -> InputError:
    """Return the error for a name that no fact has.

    Examples
    --------
    >>> print(unknown_fact("die_areas", load_quantities()))
    unknown fact 'die_areas'. Did you mean 'applicable_die_area_mm2' or 'largest_die_area_mm2'?
    """
    alike = _alike(name, known)
    offers = "Did you mean " + " or ".join(f"'{each}'" for each in alike) + "?" if alike else None
    item = ", ".join(each for each, quantity in known.items() if quantity.of)
    others = f"Facts of an item: {item}; 'optimize rules show RULE' names those of a rule."
    return InputError(f"unknown fact '{name}'", remedy=offers or others)


def _alike(name: str, known: Mapping[str, Quantity]) -> list[str]:
    """Names that hold most words of a name, or else look like it, nearest first."""
    words = name.casefold().split("_")
    shared = {
        each: sum(any(_begins(a, b) for b in each.split("_")) for a in words) for each in known
    }
    most = max(shared.values())
    if 2 * most > len(words):
        kept = [each for each, count in shared.items() if count == most]
        return sorted(kept, key=lambda each: (len(each.split("_")), each))[:MOST_OFFERS]
    return close_names(name.casefold(), known, LOOKS_ALIKE, MOST_OFFERS)


def _begins(one: str, other: str) -> bool:
    return len(one) > 1 and (one.startswith(other) or other.startswith(one))
