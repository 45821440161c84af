"""Who says so: sources, claims, and the fact that a record's value amounts to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from catalogs.values import Basis, Flag, Grade, Id, Text, exact

SourceKind = Literal[
    "rule", "bill", "filing", "vendor", "vendor_copy", "vendor_quote", "press", "database",
    "measured", "paper", "secondary", "weak", "computed",
]  # fmt: skip
HowSeen = Literal["opened", "copy", "not_opened"]

_PRIMARY = frozenset({"rule", "bill", "filing", "vendor"})
_HEARSAY = frozenset({"secondary", "weak", "computed"})
_UNITS = (
    ("_gb_s", "GB/s"), ("gb_s_bidir", "GB/s"), ("gb_s_bidir_per_link", "GB/s"),
    ("gb_s_bidir_total", "GB/s"), ("_pj_per_bit", "pJ/bit"), ("_bytes_per_clk", "B/clk/core"),
    ("_gbps", "Gbit/s"), ("_mhz", "MHz"), ("_mm2", "mm2"), ("_bits", "bit"), ("_usd", "USD"),
    ("_gb", "GB"), ("_mb", "MB"), ("_w", "W"), ("_v", "V"), ("_billion", "billion"),
    ("_tpp", "TPP"),
)  # fmt: skip


class Source(BaseModel):
    """A document or data set, and whether it was itself opened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    title: Text
    kind: SourceKind
    seen: HowSeen
    url: Text | None = None
    site_root_only: Flag = False
    replaces: Flag = False

    @property
    def grade(self) -> Grade:
        """A: law, filing or vendor document that was opened; C: hearsay; B: everything else."""
        if self.kind in _HEARSAY:
            return "C"
        return "A" if self.kind in _PRIMARY and self.seen == "opened" else "B"


def _claimed(value: object) -> object:
    if isinstance(value, str | dt.date):
        return value
    return exact(value)


Claimed = Annotated[
    Decimal | str | dt.date,
    BeforeValidator(_claimed),
    WithJsonSchema({"type": ["number", "string"]}),
]


class Claim(BaseModel):
    """What another source says of the same field; a superseded claim never enters an interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Text
    value: Claimed
    source: Id
    superseded: Flag = False
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a record with its unit, basis, sources, grade and rival claims."""

    name: str
    value: Any
    unit: str
    basis: Basis
    sources: tuple[str, ...]
    grade: Grade
    claims: tuple[Claim, ...] = ()
    note: str | None = None
    confidential: bool = False

    @property
    def live_values(self) -> tuple[Any, ...]:
        """The preferred value first, then every live claim of another value."""
        own = () if self.value is None else (self.value,)
        rivals = (c.value for c in self.claims if not c.superseded)
        return tuple(dict.fromkeys([*own, *rivals]))

    @property
    def disputed(self) -> bool:
        """Whether live sources give more than one value."""
        return len(self.live_values) > 1

    @property
    def low(self) -> Decimal | None:
        """The lowest live number, or None if the value is unknown or no number."""
        return min(self._numbers(), default=None) if self.value is not None else None

    @property
    def high(self) -> Decimal | None:
        """The highest live number, or None if the value is unknown or no number."""
        return max(self._numbers(), default=None) if self.value is not None else None

    def _numbers(self) -> list[Decimal]:
        return [
            Decimal(v)
            for v in self.live_values
            if isinstance(v, int | Decimal) and not isinstance(v, bool)
        ]


def graded(basis: Basis, grades: Iterable[Grade], *, named: bool) -> Grade:
    """Return the grade of a value from its basis and the grades of its sources.

    Parameters
    ----------
    basis : Basis
        An estimate is C whoever made it.
    grades : iterable of Grade
        Grades of the sources.
    named : bool
        True where the value names its own sources: the best of them counts, except for a derived
        value, which is as weak as its weakest input. A value that rests on the record's list
        alone takes the weakest, since the list does not say which source gives it.

    Examples
    --------
    >>> graded("published", ["A", "B"], named=True), graded("published", ["A", "B"], named=False)
    ('A', 'B')
    """
    found = sorted(grades)
    if basis == "estimated" or not found:
        return "C"
    return found[0] if named and basis != "derived" else found[-1]


def unit_of(name: str) -> str:
    """Return the unit that a field name spells, '' where it spells none.

    Examples
    --------
    >>> unit_of("memory.bandwidth_gb_s"), unit_of("dense_tflops.fp8"), unit_of("vendor")
    ('GB/s', 'TFLOPS', '')
    """
    table, _, leaf = name.rpartition(".")
    if table == "dense_tflops":
        return "TOPS" if leaf.startswith("int") else "TFLOPS"
    if table.endswith("_ops_per_clk_per_core"):
        return "op/clk/core"
    if table == "area_breakdown_mm2":
        return "mm2"
    last = leaf.partition("[")[0]
    return next((unit for suffix, unit in _UNITS if last.endswith(suffix) or last == suffix), "")
