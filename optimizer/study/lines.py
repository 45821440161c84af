"""How close a part stands to each legal line: the lowest threshold that would catch it.

A line of a quantity is the lowest threshold above its value at which the law, all else unchanged,
would no longer leave the part alone. Density and processing performance are moved one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from constraints.check import screen
from constraints.expressions import BinOp, Compare, Expr, Name, Number, atoms, exact
from constraints.rulesets import Ruleset

TPP, DENSITY = "tpp", "performance_density"
DRAM, IO, TOTAL = "dram_bandwidth_gb_s", "io_bandwidth_gb_s", "total_bandwidth_gb_s"
MEASURED = (TPP, DENSITY, DRAM, IO, TOTAL)
AREA = "applicable_die_area_mm2"
# The October 2022 text measures the same two products under other names.
NAMES: Mapping[str, str] = {"bit_length_x_tops": TPP, "io_transfer_rate_gb_s": IO}
SAME: Mapping[str, tuple[str, ...]] = {
    TPP: (TPP, "bit_length_x_tops"),
    IO: (IO, "io_transfer_rate_gb_s"),
}
NOT_CONTROLLED = "not_controlled"
# A value just past a threshold, whether or not the line itself is caught.
PAST = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Measure:
    """A legal quantity of a part beside the line that it would cross first.

    Attributes
    ----------
    quantity : str
        One of `MEASURED`.
    value : Fraction or None
        None where a fact is unknown.
    line : Fraction or None
        None where no threshold above the value catches the part.
    paragraph : str
        What would catch it there; empty without a line.
    """

    quantity: str
    value: Fraction | None
    line: Fraction | None = None
    paragraph: str = ""

    @property
    def share(self) -> Fraction | None:
        """Value as a share of its line. [1]"""
        return None if self.value is None or not self.line else self.value / self.line


def measures(
    facts: Mapping[str, Any], ruleset: Ruleset, destination: str = "CN"
) -> tuple[Measure, ...]:
    """Every legal quantity of a part with its line.

    Parameters
    ----------
    facts : mapping
        Facts under the names of the law.
    ruleset : Ruleset
        Law of the day.
    destination : str
        Where the part goes. [ISO 3166 code]

    Examples
    --------
    >>> from constraints import load_law
    >>> facts = {"tpp": 2368, "applicable_die_area_mm2": 814, "datacenter": True}
    >>> [(m.quantity, m.line) for m in measures(facts, load_law().ruleset("us-2023"))][:2]
    [('tpp', Fraction(2400, 1)), ('performance_density', Fraction(16, 5))]
    """
    given = {name: exact(value) for name, value in facts.items() if value is not None}
    values = _values(given)
    free = _verdict(given, ruleset, destination)[0] == NOT_CONTROLLED
    return tuple(
        _measure(name, values, given, ruleset, destination) if free else Measure(name, values[name])
        for name in MEASURED
    )


def _values(given: Mapping[str, Any]) -> dict[str, Fraction | None]:
    values: dict[str, Fraction | None] = {name: given.get(name) for name in MEASURED}
    tpp, area = given.get(TPP), given.get(AREA)
    if values[DENSITY] is None and tpp is not None and area:
        values[DENSITY] = Fraction(tpp) / Fraction(area)
    dram, io = values[DRAM], values[IO]
    if dram is not None and io is not None:
        values[TOTAL] = dram + io
    return values


def _measure(
    name: str,
    values: Mapping[str, Fraction | None],
    given: Mapping[str, Any],
    ruleset: Ruleset,
    destination: str,
) -> Measure:
    value = values[name]
    if value is None:
        return Measure(name, None)
    for line, clauses in thresholds(ruleset, destination).get(name, {}).items():
        if line < value:
            continue
        moved = _moved(name, line * (1 + PAST), values, given)
        verdict, caught = _verdict(moved, ruleset, destination)
        if verdict != NOT_CONTROLLED:
            named = [clause for clause in caught if clause in clauses] or [*caught, ""]
            return Measure(name, value, line, named[0])
    return Measure(name, value)


def _moved(
    name: str,
    value: Fraction,
    values: Mapping[str, Fraction | None],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """The part with one quantity moved; density stands for the area, so that it stays put."""
    moved = {key: fact for key, fact in given.items() if key != AREA}
    if values[DENSITY] is not None:
        moved[DENSITY] = values[DENSITY]
    if name == TOTAL:
        return moved | {DRAM: value - (values[IO] or 0)}
    return moved | dict.fromkeys(SAME.get(name, (name,)), value)


def _verdict(
    facts: Mapping[str, Any], ruleset: Ruleset, destination: str
) -> tuple[str, tuple[str, ...]]:
    read = ruleset.vocabulary.read(facts)
    verdict, _, caught, _ = screen(ruleset, destination).classify(read)
    return verdict, caught


@lru_cache(maxsize=64)
def thresholds(
    ruleset: Ruleset, destination: str
) -> Mapping[str, Mapping[Fraction, frozenset[str]]]:
    """Numbers with which controls compare each quantity, ascending, and the clauses that do."""
    found: dict[str, dict[Fraction, set[str]]] = {}
    for rule in ruleset.controls(destination):
        for clause in (*rule.paragraphs, *rule.exclusions):
            for name, line in _compared(clause.expr):
                found.setdefault(name, {}).setdefault(line, set()).add(clause.id)
    return {
        name: {line: frozenset(ids) for line, ids in sorted(lines.items())}
        for name, lines in found.items()
    }


def _compared(expr: Expr) -> Iterator[tuple[str, Fraction]]:
    for atom in atoms(expr):
        if not isinstance(atom, Compare):
            continue
        for side, other in ((atom.left, atom.right), (atom.right, atom.left)):
            if isinstance(other, Number):
                match side:
                    case Name(name):
                        yield NAMES.get(name, name), other.value
                    case BinOp("+", Name(a), Name(b)) if {a, b} == {DRAM, IO}:
                        yield TOTAL, other.value


__all__ = ["MEASURED", "Measure", "measures", "thresholds"]
