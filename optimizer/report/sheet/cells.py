"""From a value to its printed form: exact value, own side of every line, nothing confidential."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from optimizer.report.design_text import lines_of
from optimizer.report.numbers import as_printed, json_number, significant, text_number
from optimizer.report.result import Design, JsonNumber
from optimizer.report.sheet.model import Basis, Cell
from optimizer.report.sheet.silicon import WITHHELD

UNKNOWN = "undetermined"
"""Printed where a fact is not known, as a verdict is."""

NONE = "none"
"""Printed where there is nothing to know: a test without a number, a margin to no line."""

NOT_APPLICABLE = "not applicable"
"""Printed where a value is no property of the thing: memory of a die, a model of a shipped part."""

_ALL_DIGITS = 20
# Quantities that print every decimal of the JSON.
_IN_FULL = frozenset({"tpp"})
_BASIS: dict[str, Basis] = {"power_w": "estimated", "salvage_share": "estimated"}


@dataclass(frozen=True, slots=True)
class Cells:
    """Writes the values of one design; a hidden quantity is never printed."""

    design: Design
    place: str
    hidden: frozenset[str]

    def quantity(self, name: str, digits: int = 4) -> Cell:
        """A quantity of the design, by its name in the result."""
        if name in self.hidden:
            return Cell(text=WITHHELD)
        value = self.design.quantities.get(name)
        if value is None:
            return Cell(text=UNKNOWN)
        return Cell(
            text=quantity_text(name, value, lines_of(self.design, name), digits),
            value=value,
            source=f"{self.place}.quantities.{name}",
            basis=_BASIS.get(name, "design"),
        )

    def knob(self, name: str) -> Cell:
        """A chosen value of the design."""
        value = self.design.knobs.get(name)
        if value is None:
            return Cell(text=UNKNOWN)
        shown = named(value) if isinstance(value, str | bool) else text_number(value)
        return Cell(text=shown, value=value, source=f"{self.place}.knobs.{name}", basis="design")


# Words of identifiers that are not written in small letters.
_WORDS = {"pcie": "PCIe", "sxm": "SXM", "oam": "OAM", "hbm": "HBM", "nvl": "NVL"}


def named(value: str | bool) -> str:
    """An identifier of the data in words.

    Examples
    --------
    >>> named("pcie_server"), named("not_controlled"), named("OAM"), named(True)
    ('PCIe server', 'not controlled', 'OAM', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(_WORDS.get(word, word) for word in value.split("_"))


def grouped(value: str) -> str:
    """A number of the fuse map as the specification prints it; words as they are.

    Examples
    --------
    >>> grouped("1980"), grouped("24.95"), grouped("pcie_server")
    ('1,980', '24.95', 'PCIe server')
    """
    try:
        return text_number(Decimal(value))
    except InvalidOperation:
        return named(value)


def quantity_text(
    name: str, value: JsonNumber, lines: Iterable[JsonNumber] = (), digits: int = 4
) -> str:
    """A quantity as printed; TPP with every decimal of the JSON.

    Examples
    --------
    >>> quantity_text("tpp", 2399.469568), quantity_text("performance_density", 3.19929, [3.2], 2)
    ('2,399.469568', '3.199')
    """
    return text_number(value, lines, _ALL_DIGITS if name in _IN_FULL else digits)


def derived(value: Fraction | int | None, lines: Iterable[Any] = ()) -> Cell:
    """A number that the sheet computed from the result."""
    if value is None:
        return Cell(text=UNKNOWN)
    return Cell(text=text_number(value, lines), value=json_number(value), basis="derived")


def projected(value: JsonNumber | None, source: str, digits: int = 4) -> Cell:
    """A projected number, to a fixed count of significant digits."""
    if value is None:
        return Cell(text=UNKNOWN)
    return Cell(text=significant(value, digits), value=value, source=source, basis="projected")


def exact(value: JsonNumber) -> Fraction:
    """The number that a JSON number prints.

    Examples
    --------
    >>> exact(21.87)
    Fraction(2187, 100)
    """
    return as_printed(value)
