"""What a user asks the solver: rules, workload, limits and fixed knobs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from catalogs.architectures import Workload
from catalogs.economics import Economics
from catalogs.errors import InputError, near_matches
from constraints.quantities import MOST_DIGITS
from constraints.rulesets import Ruleset

THROUGHPUT = "throughput"
# The quantity whose floor a limit may set.
THROUGHPUT_NAME = "tokens_per_s_per_chip"
THROUGHPUT_PER_WATT = "throughput_per_watt"
THROUGHPUT_PER_DOLLAR = "throughput_per_dollar"
THROUGHPUT_PER_WAFER = "throughput_per_wafer"
# The least rate of any member of the workload: the optimum is max-min over them.
WORST_THROUGHPUT = "worst_throughput"
OBJECTIVES = (
    THROUGHPUT,
    WORST_THROUGHPUT,
    THROUGHPUT_PER_WATT,
    THROUGHPUT_PER_DOLLAR,
    THROUGHPUT_PER_WAFER,
)

# Every name that `--limit` and `--fix` take, with its base unit ("" for a plain number).
QUANTITIES: Mapping[str, str] = {
    "tpp": "TPP",
    "performance_density": "TPP/mm2",
    "applicable_die_area_mm2": "mm2",
    "dram_bandwidth_gb_s": "GB/s",
    "io_bandwidth_gb_s": "GB/s",
    "link_bandwidth_gb_s": "GB/s",
    "total_bandwidth_gb_s": "GB/s",
    "memory_capacity_gb": "GB",
    "dense_bf16_tflops": "TFLOPS",
    "power_w": "W",
    "tdp_w": "W",
    "salvage_share": "",
    "unit_cost_usd": "USD",
    THROUGHPUT_NAME: "tokens/s",
}
KNOBS: Mapping[str, str] = {
    "enabled_cores": "",
    "core_clock_mhz": "MHz",
    "tensor_rate_fraction": "",
    "memory_sites": "",
    "memory_gb_per_site": "GB",
    "memory_data_rate_gbps": "Gbit/s",
    "links": "",
}
CHOICES = ("memory_part", "board_class", "clamshell")
NUMBERS: Mapping[str, str] = {**QUANTITIES, **KNOBS}
# Units accepted beside the base unit, as a factor to it.
UNITS: Mapping[str, Mapping[str, Fraction]] = {
    "GB/s": {"TB/s": Fraction(1000), "MB/s": Fraction(1, 1000)},
    "GB": {"TB": Fraction(1000)},
    "MHz": {"GHz": Fraction(1000)},
    "W": {"kW": Fraction(1000)},
    "tokens/s": {"token/s": Fraction(1)},
}
LIMIT = re.compile(
    r"\s*(?P<name>[A-Za-z_]\w*)\s*(?P<op><=|>=|==|<|>)\s*(?P<number>[-+]?[\d_./]+(?:[eE][-+]?\d+)?)\s*(?P<unit>\S*)\s*"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A user's bound on a quantity or knob.

    Examples
    --------
    >>> Limit.parse("dram_bandwidth_gb_s <= 1.2TB/s")
    Limit(name='dram_bandwidth_gb_s', op='<=', value=Fraction(1200, 1))
    """

    name: str
    op: str
    value: Fraction

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``NAME(<=|<|>=|>|==)NUMBER[UNIT]``.

        Raises
        ------
        InputError
            The text has another form, the name is unknown, or the unit is not accepted.
        """
        found = LIMIT.fullmatch(text)
        if found is None:
            raise InputError(
                f"cannot read '{text}'", "--limit", "Write NAME<=NUMBER, as in power_w<=400W."
            )
        name = known_name(found["name"], "--limit")
        if name in CHOICES:
            raise InputError(f"'{name}' is no number", "--limit", f"Use --fix {name}=VALUE.")
        return cls(name, found["op"], _number(found["number"], found["unit"], name, "--limit"))

    def __str__(self) -> str:
        """As `parse` reads it; the unit is that of the name."""
        return f"{self.name}{self.op}{show(self.value)}"


@dataclass(frozen=True, slots=True)
class Fix:
    """A knob or quantity held at one value."""

    name: str
    value: Fraction | str

    @classmethod
    def parse(cls, text: str) -> Fix:
        """Read ``NAME=VALUE``.

        Examples
        --------
        >>> Fix.parse("links=8")
        Fix(name='links', value=Fraction(8, 1))
        """
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise InputError(f"cannot read '{text}'", "--fix", "Write NAME=VALUE, as in links=8.")
        name = known_name(name.strip(), "--fix")
        value = value.strip()
        if name in CHOICES:
            return cls(name, value)
        found = re.fullmatch(r"([-+]?[\d_./]+)\s*(\S*)", value)
        if found is None:
            raise InputError(f"'{value}' is no number for {name}", "--fix")
        return cls(name, _number(found[1], found[2], name, "--fix"))

    def __str__(self) -> str:
        shown = self.value if isinstance(self.value, str) else show(self.value)
        return f"{self.name}={shown}"


def known_name(name: str, option: str) -> str:
    """Return a quantity or knob name, or raise with near matches."""
    known = [*QUANTITIES, *KNOBS, *CHOICES]
    if name not in known:
        raise InputError(
            f"unknown quantity or knob '{name}'",
            option,
            near_matches(name, known) or f"Known: {', '.join(known)}.",
        )
    return name


def show(value: Fraction) -> str:
    """Exact text of a number: an integer, a decimal, or a quotient.

    Examples
    --------
    >>> show(Fraction(1398)), show(Fraction(5, 2)), show(Fraction(1, 3))
    ('1398', '2.5', '1/3')
    """
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return str(value)
    places, scaled = 0, abs(value)
    while scaled.denominator != 1:
        places, scaled = places + 1, scaled * 10
    digits = str(scaled.numerator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _number(text: str, unit: str, name: str, option: str) -> Fraction:
    base = NUMBERS[name]
    accepted = {base: Fraction(1), "": Fraction(1), **UNITS.get(base, {})}
    if unit not in accepted:
        listed = ", ".join(u for u in accepted if u) or "none"
        raise InputError(
            f"unit '{unit}' is not accepted for {name}", option, f"Accepted: {listed}."
        )
    try:
        value = Fraction(text.replace("_", "")) if "/" in text else _decimal(text)
    except (InvalidOperation, ValueError, ZeroDivisionError):
        raise InputError(f"'{text}' is no number for {name}", option) from None
    if value < 0:
        raise InputError(f"{name} cannot be negative", option, "Give a number from 0 up.")
    return value * accepted[unit]


def _decimal(text: str) -> Fraction:
    """An exact decimal of no more digits than a data sheet has; others are no numbers here."""
    value = Decimal(text)
    if len(value.as_tuple().digits) + abs(value.adjusted()) > MOST_DIGITS:
        raise InvalidOperation
    return Fraction(value)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the solver.

    Attributes
    ----------
    ruleset : Ruleset
        Law of the day, overrides and margin included.
    workload : Workload
        What the part shall serve.
    parents : tuple of str
        Die ids; empty means every die of the catalog.
    destination : str
        Where the part goes. [ISO 3166 code]
    datacenter : bool
        Declared market: designed or marketed for datacenters.
    objective : str
        One of `OBJECTIVES`.
    limits, fixes : tuple
        The user's own bounds.
    top : int
        Number of ranked designs per parent.
    diverse : Fraction or None
        Rank designs that differ, within this share of the optimum, instead of the next best. [1]
    prove : bool
        Run the proof (tests and bulk searches may leave it out; the result says so).
    stack : str
        Software stack that the projection assumes.
    figures : Economics or None
        Prices, defects and coefficients; the built-in ones where absent.
    sustained : bool
        Project at the clock that the board class sustains, not at the highest one.
    facts : tuple of (name, value)
        What the user states of the shipment or the part, under the names of the law.
    """

    ruleset: Ruleset
    workload: Workload
    parents: tuple[str, ...] = ()
    destination: str = "CN"
    datacenter: bool = True
    objective: str = THROUGHPUT
    limits: tuple[Limit, ...] = ()
    fixes: tuple[Fix, ...] = ()
    top: int = 1
    diverse: Fraction | None = None
    prove: bool = True
    stack: str = "tensorrt-llm"
    figures: Economics | None = None
    sustained: bool = False
    facts: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other whatever the silicon and the law."""
        typed = {each: f"--limit {each}" for each in self.limits}
        for fix in self.fixes:
            if isinstance(fix.value, Fraction):
                typed.setdefault(Limit(fix.name, "==", fix.value), f"--fix {fix}")
        for name in {each.name for each in typed}:
            clash = contradiction([each for each in typed if each.name == name])
            if clash:
                first, second = (typed[each] for each in clash)
                option = "--limit" if "--limit" in first + second else "--fix"
                raise InputError(f"{first} and {second} contradict each other", option)


def throughput_floor(limits: Sequence[Limit]) -> Fraction | None:
    """The least throughput that limits ask for; None where they ask for none. [token/s per chip]"""
    floors = [limit for limit in limits if limit.name == THROUGHPUT_NAME]
    for limit in floors:
        if limit.op not in (">=", ">"):
            raise InputError(
                f"'{limit.name}' is what the solver maximizes",
                "--limit",
                f"Write {limit.name}>=NUMBER.",
            )
    return max((limit.value for limit in floors), default=None)


def contradiction(bounds: Sequence[Limit]) -> tuple[Limit, Limit] | None:
    """Two bounds on one quantity that no number meets, if there are such.

    Examples
    --------
    >>> low, high = Limit("tpp", "<", Fraction(100)), Limit("tpp", ">=", Fraction(100))
    >>> contradiction([low, high]) == (high, low)
    True
    """
    lower = [b for b in bounds if b.op in (">", ">=", "==")]
    upper = [b for b in bounds if b.op in ("<", "<=", "==")]
    for low in lower:
        for high in upper:
            open_ = low.op == ">" or high.op == "<"
            if low.value > high.value or (low.value == high.value and open_):
                return low, high
    return None
