"""A part as a column: exact measures by row name, its facts for the law, its projection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from catalogs.errors import InputError
from optimizer.report.comparison import Basis

if TYPE_CHECKING:
    from datetime import date

    from catalogs import Catalog, Sku
    from catalogs.architectures import Workload
    from catalogs.facts import Fact
    from optimizer.projection.ratios import Kin
    from optimizer.report.compare_estimates import Estimates

Exact = int | float | Decimal | Fraction
Kind = Literal["sku", "design", "facts"]

# Row -> path in a SKU record or name of a fact of the law.
SKU_ROWS: Mapping[str, str] = {
    "die": "die",
    "applicable_die_area_mm2": "applicable_die_area_mm2",
    "enabled_cores": "cores_enabled",
    "core_clock_mhz": "boost_clock_mhz",
    "peak_rate_clock_mhz": "peak_rate_clock_mhz",
    "tensor_rate_fraction": "tensor_rate_fraction",
    "dense_bf16_tflops": "dense_bf16_tflops",
    "memory_part": "memory.part",
    "memory_capacity_gb": "memory.capacity_gb",
    "bus_width_bits": "memory.bus_width_bits",
    "memory_data_rate_gbps": "memory.data_rate_gbps",
    "link_part": "link.part",
    "links": "link.links",
    "link_bandwidth_gb_s": "link.gb_s_bidir",
    "pcie_gen": "pcie.gen",
    "pcie_gb_s": "pcie.gb_s_bidir",
    "scale_up_domain": "scale_up_domain",
    "tdp_w": "tdp_w",
    "board_class": "form_factor",
    "datacenter": "datacenter",
    "tpp": "tpp",
    "dram_bandwidth_gb_s": "dram_bandwidth_gb_s",
    "io_bandwidth_gb_s": "io_bandwidth_gb_s",
    "declared_tpp": "declared_tpp",
    "declared_eccn": "declared_eccn",
}
PEAKS = (
    "fp16", "fp16_fp32acc", "fp8", "int8", "fp6", "fp4", "int4", "tf32", "fp32_tensor",
    "fp64_tensor", "fp16_vector", "fp32_vector", "fp64",
)  # fmt: skip
"""Formats with a dense peak, widest use first; BF16 has a row of its own."""


@dataclass(frozen=True, slots=True)
class Measure:
    """An exact value with its basis and evidence grade; ``None`` is unknown."""

    value: Exact | str | bool | None
    basis: Basis | None = None
    grade: str = ""
    confidential: bool = False
    low: float | None = None
    high: float | None = None


UNKNOWN = Measure(None)


@dataclass(frozen=True, slots=True)
class Projected:
    """Throughput and times on a workload, or why there are none."""

    tokens_per_s_per_chip: Measure
    ttft_ms: Measure
    tpot_ms: Measure
    reason: str | None
    assumptions: tuple[str, ...] = ()
    kin: "Kin | None" = None


@dataclass(frozen=True, slots=True)
class Job:
    """What every column is projected on: one workload, one software stack."""

    workload: "Workload"
    stack: str

    @property
    def formats(self) -> tuple[str, ...]:
        """Weight formats of the members."""
        return tuple(member.weight_precision for member in self.workload.members)


@dataclass(frozen=True, slots=True)
class Part:
    """What a column is made from.

    Attributes
    ----------
    measures : mapping
        Row name to value; a row that is absent is unknown.
    facts, intervals, grades : mapping
        What the law reads, its disputed ranges, and evidence grades.
    project : callable
        From a job to its projection.
    estimate : callable or None
        From the day of the law, if any, to what the silicon models say; None where the measures
        have it already, or where they know no part.
    """

    id: str
    name: str
    kind: Kind
    origin: str
    measures: Mapping[str, Measure]
    facts: Mapping[str, Any]
    project: Callable[[Job], Projected]
    estimate: "Callable[[date | None], Estimates] | None" = None
    intervals: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def with_sums(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Add density and total bandwidth, which follow from other rows.

    Examples
    --------
    >>> rows = {"dram_bandwidth_gb_s": Measure(1398), "io_bandwidth_gb_s": Measure(128)}
    >>> with_sums(rows)["total_bandwidth_gb_s"].value, with_sums(rows)["performance_density"].value
    (Fraction(1526, 1), None)
    """
    tpp, area = _number(measures, "tpp"), _number(measures, "applicable_die_area_mm2")
    dram, io = _number(measures, "dram_bandwidth_gb_s"), _number(measures, "io_bandwidth_gb_s")
    density = None if tpp is None or not area else tpp / area
    total = None if dram is None or io is None else dram + io
    found = dict(measures)
    if "performance_density" not in found:
        found["performance_density"] = _derived(density, found, "tpp", "applicable_die_area_mm2")
    names = ("dram_bandwidth_gb_s", "io_bandwidth_gb_s")
    return found | {"total_bandwidth_gb_s": _derived(total, found, *names)}


def _number(measures: Mapping[str, Measure], name: str) -> Fraction | None:
    value = measures.get(name, UNKNOWN).value
    return None if value is None or isinstance(value, str | bool) else Fraction(str(value))


def _derived(value: Fraction | None, measures: Mapping[str, Measure], *of: str) -> Measure:
    """A value as weak as its weakest input."""
    if value is None:
        return UNKNOWN
    parts = [measures[name] for name in of]
    return Measure(
        value,
        "derived",
        max(part.grade for part in parts),
        any(part.confidential for part in parts),
    )


def of_sku(sku: "Sku", origin: str, catalog: "Catalog") -> Part:
    """A cataloged or hypothetical SKU as a column."""
    facts = sku.legal_facts()
    paths = {**SKU_ROWS, **{f"dense_{name}": f"dense_tflops.{name}" for name in PEAKS}}
    rows = {row: _of_fact(sku.fact(path), sku.basis_of(path)) for row, path in paths.items()}
    grades = {name: sku.fact(name).grade for name in facts if sku.fact(name).sources}
    return Part(
        id=sku.id,
        name=f"{sku.vendor} {sku.name}",
        kind="sku",
        origin=origin,
        measures=with_sums(rows),
        facts=facts,
        project=lambda job: _projected(sku, job, catalog),
        estimate=lambda on: _estimated(sku, catalog, on),
        intervals=sku.legal_intervals(),
        grades=grades,
        notes=() if sku.status == "shipped" else (f"not a shipped part: {sku.status}",),
    )


def _estimated(sku: "Sku", catalog: "Catalog", on: "date | None") -> "Estimates":
    from optimizer.report.compare_estimates import estimates_of

    return estimates_of(sku, catalog, on)


def _of_fact(fact: "Fact", basis: Basis) -> Measure:
    """A fact of a record."""
    if fact.value is None:
        return UNKNOWN
    return Measure(fact.value, basis, fact.grade, fact.confidential)


def _projected(sku: "Sku", job: Job, catalog: "Catalog") -> Projected:
    from optimizer.projection.answer import answer
    from optimizer.projection.answer_json import as_json
    from optimizer.projection.ratios import kin_of_sku

    try:
        found = answer(sku, job.workload, catalog, stack=job.stack)
    except InputError as error:
        return not_projected(f"{error.what}")
    return read_projection(as_json(found)["projection"], kin_of_sku(sku), found.assumptions)


def _time(said: Mapping[str, Any], name: str) -> Measure:
    """A time with the ends of its interval."""
    low, high = said[f"{name}_low_ms"], said[f"{name}_high_ms"]
    return Measure(said[f"{name}_ms"], "projected", low=low, high=high)


def read_projection(
    said: Mapping[str, Any], kin: "Kin", assumptions: tuple[str, ...] = ()
) -> Projected:
    """Measures out of the JSON form of the projection of a part of this kin."""
    speed = said["tokens_per_s_per_chip"] if said["reason"] is None else None
    if speed is None:
        return not_projected(f"not served: {said['reason']}")
    return Projected(
        Measure(speed, "projected", low=said["low"], high=said["high"]),
        _time(said, "ttft"),
        _time(said, "tpot"),
        None,
        assumptions,
        kin,
    )


def not_projected(reason: str) -> Projected:
    """No projection, and why."""
    return Projected(UNKNOWN, UNKNOWN, UNKNOWN, reason)


def of_facts(path: Path, id_: str, name: str, facts: Mapping[str, Any]) -> Part:
    """A file of facts, which knows what the law asks and nothing else."""
    from constraints.quantities import load_quantities

    known = load_quantities()
    read = {
        row: known[row].read(facts[row])
        for row in (*SKU_ROWS, "performance_density")
        if row in known and row in facts
    }
    rows = {row: Measure(value, "stated") for row, value in read.items() if value is not None}
    return Part(
        id=id_,
        name=name,
        kind="facts",
        origin=str(path),
        measures=with_sums(rows),
        facts=facts,
        project=lambda _: not_projected("a file of facts says nothing of rates and memory"),
    )
