"""Rows of a comparison: which there are, whether the parts agree, on which side of which line."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from optimizer.projection.intervals import RATIO
from optimizer.projection.ratios import ratio_band, told_apart
from optimizer.report.check_words import others
from optimizer.report.compare_parts import PEAKS, Job, Measure, Projected
from optimizer.report.comparison import Cell, Likeness, Row, Told
from optimizer.report.numbers import json_number
from optimizer.report.words import plural

if TYPE_CHECKING:
    from constraints import Assessment

# Row -> unit, by group; a row marked optional is left out where no part has a value.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "silicon": {
        "die": "", "applicable_die_area_mm2": "mm2", "enabled_cores": "", "core_clock_mhz": "MHz",
        "peak_rate_clock_mhz": "MHz", "tensor_rate_fraction": "",
    },
    "dense peaks": {
        "dense_bf16_tflops": "TFLOPS",
        **{f"dense_{name}": "TOPS" if name.startswith("int") else "TFLOPS" for name in PEAKS},
    },
    "memory": {
        "memory_part": "", "memory_capacity_gb": "GB", "bus_width_bits": "bit",
        "memory_data_rate_gbps": "Gbit/s",
    },
    "links and I/O": {
        "link_part": "", "links": "", "link_bandwidth_gb_s": "GB/s", "pcie_gen": "",
        "pcie_gb_s": "GB/s", "scale_up_domain": "chips",
    },
    "power": {"tdp_w": "W", "power_w": "W", "board_class": ""},
    "dies and cost": {"salvage_share": "", "unit_cost_usd": "USD"},
    "legal quantities": {
        "tpp": "TPP", "performance_density": "TPP/mm2", "dram_bandwidth_gb_s": "GB/s",
        "io_bandwidth_gb_s": "GB/s", "total_bandwidth_gb_s": "GB/s", "datacenter": "",
        "declared_tpp": "TPP", "declared_eccn": "",
    },
}  # fmt: skip
OPTIONAL = frozenset(
    {f"dense_{name}" for name in PEAKS}
    | {"peak_rate_clock_mhz", "link_part", "pcie_gen", "scale_up_domain", "power_w"}
    | {"salvage_share", "unit_cost_usd"}
    | {"declared_tpp", "declared_eccn"}
)
EQUAL_DIGITS = 12
"""Significant digits up to which two projected numbers are the same, as the solver has it."""

SPEED = "tokens_per_s_per_chip"


def letter(place: int) -> str:
    """Letter under which the part at a place is shown.

    Examples
    --------
    >>> letter(0), letter(25)
    ('A', 'Z')
    """
    return chr(ord("A") + place)


def lines_of(said: Sequence["Assessment | None"]) -> dict[str, set[Fraction]]:
    """Legal lines by quantity; without a rule set, every line of every rule set for all."""
    found: dict[str, set[Fraction]] = {}
    told = [each for each in said if each is not None]
    for each in told:
        for finding in each.findings:
            for test in finding.tests:
                if isinstance(test.threshold, Fraction) and test.slack is not None:
                    name = "total_bandwidth_gb_s" if "+" in test.quantity else test.quantity
                    found.setdefault(name, set()).add(test.threshold)
    if told:
        return found
    every = _every_line()
    return dict.fromkeys(GROUPS["legal quantities"], every)


def _every_line() -> set[Fraction]:
    from constraints import load_law

    law = load_law()
    return {
        Fraction(use.value)
        for name in law.bundles
        if name != "us"
        for use in law.ruleset(name).atoms().values()
        if isinstance(use.value, int | Decimal | Fraction) and not isinstance(use.value, bool)
    }


def row(
    group: str,
    name: str,
    unit: str,
    measures: Sequence[Measure],
    lines: Mapping[str, set[Fraction]],
) -> Row:
    """One quantity over all parts, each value on its own side of every line."""
    near = sorted(lines.get(name, ()))
    return Row(
        group=group,
        name=name,
        unit=unit,
        likeness=likeness(measures),
        lines=tuple(json_number(line) for line in near),
        cells=tuple(_cell(measure, near) for measure in measures),
    )


def _cell(measure: Measure, lines: Sequence[Fraction]) -> Cell:
    value = measure.value
    number = not isinstance(value, str | bool) and value is not None
    return Cell(
        value=json_number(value, lines) if number else value,  # type: ignore[arg-type]
        basis=measure.basis,
        grade=measure.grade,
        low=measure.low,
        high=measure.high,
        confidential=measure.confidential,
    )


def likeness(measures: Sequence[Measure]) -> Likeness:
    """Whether values agree; an unknown one never counts as equal.

    Examples
    --------
    >>> likeness([Measure(1), Measure(2)]), likeness([Measure(1), Measure(None)])
    ('different', 'unknown')
    >>> likeness([Measure(5, low=4, high=6), Measure(6, low=5, high=7)])
    'overlapping'
    """
    known = [measure for measure in measures if measure.value is not None]
    if len({_rounded(measure) for measure in known}) > 1:
        low = [measure.low for measure in known]
        high = [measure.high for measure in known]
        spans = [each for each in (*low, *high) if each is not None]
        whole = len(spans) == len(low) + len(high)
        apart = not whole or max(low) > min(high)  # type: ignore[type-var,operator]
        return "different" if apart else "overlapping"
    return "same" if len(known) == len(measures) else "unknown"


def _rounded(measure: Measure) -> object:
    """A projected number without the noise of floating point, anything else as it is."""
    value = measure.value
    return float(f"{value:.{EQUAL_DIGITS}g}") if isinstance(value, float) else value


def classification_rows(said: Sequence["Assessment"]) -> list[Row]:
    """Verdict, tier and license need of every part, and where else it is controlled."""
    values: dict[str, list[str]] = {
        "verdict": [each.verdict for each in said],
        "tier": [each.tier for each in said],
        "license": [each.license.status for each in said],
    }
    if any(others(each, certain=False) for each in said):
        values["controlled_only_elsewhere"] = [_elsewhere(each) for each in said]
    return [
        row("classification", name, "", [Measure(text, "checked") for text in texts], {})
        for name, texts in values.items()
    ]


def _elsewhere(said: "Assessment") -> str:
    """Count of other destinations, those that hang on an unknown fact marked."""
    places, possible = others(said), others(said, certain=False)
    if not possible:
        return "no"
    return plural(len(places or possible), "destination") + ("" if places else ", perhaps")


def projected_rows(found: Sequence[Projected], job: Job) -> list[Row]:
    """Throughput with its interval, and times, of every part."""
    units = {SPEED: "tokens/s", "ttft_ms": "ms", "tpot_ms": "ms"}
    rows = [
        row("projected", name, unit, [getattr(each, name) for each in found], {})
        for name, unit in units.items()
    ]
    pairs = _apart(found, job)
    speeds, *times = rows
    if speeds.likeness in ("different", "overlapping"):
        like = _likeness(pairs, speeds.likeness)
        speeds = speeds.model_copy(update={"likeness": like, "pairs": pairs})
    return [speeds, *(_times(each, pairs) for each in times)]


def _times(row: Row, pairs: Sequence[Told]) -> Row:
    """Times differ where the intervals of some two lie apart, of parts alike in what was measured.

    The intervals of times are those of measured kinds, so they tell nothing of another.
    """
    if row.likeness != "different":
        return row
    cells = dict(zip(map(letter, range(len(row.cells))), row.cells, strict=True))
    known = [(cells[p.one], cells[p.other]) for p in pairs if p.band == RATIO]
    apart = any(_gap(one, other) or _gap(other, one) for one, other in known)
    return row if apart else row.model_copy(update={"likeness": "overlapping"})


def _gap(one: Cell, other: Cell) -> bool:
    """Whether the interval of one lies above that of the other; both have to be known."""
    return one.low is not None and other.high is not None and one.low > other.high


def _apart(found: Sequence[Projected], job: Job) -> tuple[Told, ...]:
    """Each two throughputs: whether the interval of their ratio leaves out 1, by which band."""
    pairs = []
    for (i, one), (j, other) in combinations(enumerate(found), 2):
        if one.kin is None or other.kin is None:
            continue
        band = ratio_band(job.stack, job.formats, one.kin, other.kin)
        apart = told_apart(_speed(one), _speed(other), band)
        group = None if band is None else band.group
        pairs.append(Told(one=letter(i), other=letter(j), told_apart=apart, band=group))
    return tuple(pairs)


def _speed(found: Projected) -> float:
    value = found.tokens_per_s_per_chip.value
    assert isinstance(value, int | float)
    return value


def _likeness(pairs: Sequence[Told], unknown: Likeness) -> Likeness:
    """Throughputs differ where some two are told apart."""
    said = {pair.told_apart for pair in pairs}
    return "different" if True in said else "overlapping" if said == {False} else unknown
