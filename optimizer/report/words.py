"""Words, units and small phrases that every rendering of a result shares."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optimizer.report.numbers import exact_text, faithful, floor_text, percent, significant
from optimizer.report.result import Binding, JsonNumber, Line
from optimizer.solver.request import KNOBS, QUANTITIES

UNITS = {
    **KNOBS, **QUANTITIES, "io_transfer_rate_gb_s": "GB/s", "sustained_clock_mhz": "MHz",
    "good_die_usd": "USD",
}  # fmt: skip
"""Units of quantities and knobs, for readers."""

_WORDS = {"tpp": "TPP", "dram": "DRAM", "io": "I/O", "tdp": "TDP", "gb": "GB", "us": "US",
          "tflops": "TFLOPS", "w": "W"}  # fmt: skip
_UNIT_ENDINGS = (
    "_gb_s_mm2",
    "_gb_s",
    "_mm2",
    "_mhz",
    "_gbps",
    "_gb",
    "_w",
    "_usd",
    "_tflops",
    "_ms",
)

_BOTH_WAYS = {"io_bandwidth_gb_s", "link_bandwidth_gb_s", "io_transfer_rate_gb_s"}

VERDICTS = {
    "controlled": "CONTROLLED",
    "not_controlled": "NOT CONTROLLED",
    "undetermined": "UNDETERMINED",
}

NO_PARAGRAPH = "no control of this rule set speaks of this item to this destination"
MOVED_LINES = (
    "every threshold that frees a better design when it alone is relaxed, and those that bind "
    "tightened too"
)
NOT_ADVICE = "Classification only; not legal advice."


def label(name: str) -> str:
    """A quantity's name in words, its unit left to the unit column.

    Examples
    --------
    >>> label("dram_bandwidth_gb_s"), label("tpp"), label("tflops_per_w")
    ('DRAM bandwidth', 'TPP', 'TFLOPS per W')
    """
    if " + " in name:
        return " + ".join(label(each) for each in name.split(" + "))
    both_ways = ", both ways" if name in _BOTH_WAYS else ""
    for ending in _UNIT_ENDINGS:
        if name.endswith(ending) and not name.endswith(f"_per{ending}"):
            name = name.removesuffix(ending)
            break
    return " ".join(_WORDS.get(word, word) for word in name.split("_")) + both_ways


def quantity_text(
    name: str, value: JsonNumber | None, lines: Sequence[JsonNumber] = (), digits: int = 4
) -> str:
    """A quantity for text, never rounder than it is; a share of dies typed back can be met.

    Examples
    --------
    >>> quantity_text("salvage_share", 0.90228), quantity_text("tpp", 2399.469568)
    ('0.9022', '2,399.4696')
    """
    as_text = floor_text if name == "salvage_share" else faithful
    return as_text(value, lines, digits)


def knobs_text(knobs: Mapping[str, Any]) -> str:
    """The knobs of a design in one sentence.

    Examples
    --------
    >>> knobs_text({"enabled_cores": 80, "clamshell": False})
    'enabled cores 80, clamshell no'
    """
    words = {True: "yes", False: "no"}
    return ", ".join(
        f"{label(name)} {words[value] if isinstance(value, bool) else value}"
        for name, value in knobs.items()
    )


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    Examples
    --------
    >>> plural(1, "row"), plural(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def scope_words(rules: Mapping[str, Any]) -> str:
    """Law, day and destination of an answer, with what the user changed in the law.

    Examples
    --------
    >>> scope_words({"id": "x", "on": "2025-12-31", "destination": "CN", "changes": ["y added"]})
    'under x on 2025-12-31, y added, exported to CN'
    """
    law = ", ".join((f"{rules['id']} on {rules['on']}", *rules.get("changes", ())))
    return f"under {law}, exported to {rules['destination']}"


def one_of(names: Sequence[str]) -> str:
    """Names of which one applies, said to be so where they are several.

    Examples
    --------
    >>> one_of(["3A090.c"]), one_of(["3A991.p", "4A994.l"])
    ('3A090.c', 'one of 3A991.p, 4A994.l')
    """
    return ("one of " if len(names) > 1 else "") + ", ".join(names)


def family_words(eccn: Sequence[str]) -> str:
    """The ECCN family of an item, of which one entry applies.

    Examples
    --------
    >>> family_words(["3A991.p", "4A994.l"]), family_words(())
    ('ECCN family, one of 3A991.p, 4A994.l', 'ECCN family not determined by these facts')
    """
    comma = "," if len(eccn) > 1 else ""
    return f"ECCN family{comma} {one_of(eccn) or 'not determined by these facts'}"


def unit_of(quantity: str) -> str:
    """Unit of a quantity, or of a sum of quantities of one unit.

    Examples
    --------
    >>> unit_of("dram_bandwidth_gb_s + io_bandwidth_gb_s"), unit_of("datacenter")
    ('GB/s', '')
    """
    units = {UNITS.get(name, "") for name in quantity.split(" + ")}
    return units.pop() if len(units) == 1 else ""


def interval(low: float | None, high: float | None) -> str:
    """An interval of projected numbers.

    Examples
    --------
    >>> interval(812.3, 1204.9)
    '812.3 to 1,205'
    >>> interval(None, None)
    '-'
    """
    if low is None and high is None:
        return "-"
    return f"{significant(low)} to {significant(high)}"


def times_words(members: Iterable[Mapping[str, Any]]) -> str:
    """The 80 % intervals of the times of a projection's members, as factors on them.

    Parameters
    ----------
    members : iterable of mapping
        Each with its `name`, `ttft_ms`, `tpot_ms` and their ends, `ttft_low_ms` and so on.

    Examples
    --------
    >>> m = {"name": "chat", "ttft_ms": 100, "ttft_low_ms": 70, "ttft_high_ms": 250, "tpot_ms": 20}
    >>> times_words([m])
    '80 % intervals of the times: TTFT x 0.70 to 2.50, TPOT unknown'
    """
    found: dict[str, list[str]] = {}
    for m in members:
        found.setdefault(f"{_factors(m, 'ttft')}, {_factors(m, 'tpot')}", []).append(m["name"])
    named = len(found) > 1
    said = (f"{words} ({', '.join(names)})" if named else words for words, names in found.items())
    return f"80 % intervals of the times: {'; '.join(said)}"


def _factors(m: Mapping[str, Any], name: str) -> str:
    value, low, high = (m.get(f"{name}{end}_ms") for end in ("", "_low", "_high"))
    if not value or low is None or high is None:
        return f"{name.upper()} unknown"
    return f"{name.upper()} x {low / value:.2f} to {high / value:.2f}"


def binding_text(binding: Binding) -> str:
    """Why a knob cannot grow, with the margin to each line in units and per cent.

    Examples
    --------
    >>> line = Line(name="3A090.b", quantity="tpp", value=2399, line=2400, slack=1)
    >>> print(binding_text(Binding(knob="enabled_cores", by=(line,), gain=0.005)))
    enabled cores (next step +0.5 %): 3A090.b: TPP 2,399, line 2,400, margin 1 TPP (0.04 %)
    """
    lines = "; ".join(line_text(line) for line in binding.by)
    return f"{label(binding.knob)} (next step +{percent(binding.gain, 2)}): {lines}"


def short(name: str) -> str:
    """A paragraph without its family, for narrow columns.

    Examples
    --------
    >>> short("us_ear/3A090.b.1"), short("--limit tdp_w<=400")
    ('3A090.b.1', '--limit tdp_w<=400')
    """
    return name if name.startswith("--") else name.rpartition("/")[2]


def line_text(line: Line) -> str:
    """One requirement with its margin."""
    if line.quantity is None or line.value is None or line.line is None or line.slack is None:
        return line.name
    unit = unit_of(line.quantity)
    share = f" ({percent(line.slack / line.line, 2)})" if line.line else ""
    return (
        f"{line.name}: {label(line.quantity)} "
        f"{quantity_text(line.quantity, line.value, [line.line])}, "
        f"line {exact_text(line.line)}, margin {faithful(line.slack)} {unit}".rstrip()
        + share
    )


def sequences(batch: float | None) -> str:
    """Sequences in flight: whole ones, or two digits where there is less than one on average.

    Examples
    --------
    >>> sequences(1234.4), sequences(0.0163), sequences(None)
    ('1,234', '0.016', '-')
    """
    if batch is None:
        return "-"
    return f"{batch:,.0f}" if batch >= 1 else significant(batch, 2)
