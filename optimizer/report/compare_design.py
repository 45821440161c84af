"""A solved design as a column: read from its result, built again where it is projected."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from catalogs.errors import InputError
from optimizer.design.uncertain import ESTIMATES
from optimizer.report.compare_parts import (
    PEAKS,
    UNKNOWN,
    Job,
    Measure,
    Part,
    Projected,
    not_projected,
    read_projection,
    with_sums,
)
from optimizer.report.comparison import Basis
from optimizer.report.confirm import EDITED, NOT_CONFIRMED, REPLAY, Again, computed_again
from optimizer.report.estimates import error_notes
from optimizer.report.result import Design, Result
from optimizer.report.settings import Settings, read_pairs

KNOB_ROWS = (
    "enabled_cores", "core_clock_mhz", "tensor_rate_fraction", "memory_part",
    "memory_data_rate_gbps", "links", "board_class",
)  # fmt: skip
DERIVED_ROWS = (
    "tpp", "performance_density", "dram_bandwidth_gb_s", "io_bandwidth_gb_s",
    "link_bandwidth_gb_s", "memory_capacity_gb", "dense_bf16_tflops", "tdp_w",
)  # fmt: skip
# A vector format keeps its full rate whatever the tensor rate; its name in a die's table.
VECTOR = {"fp16_vector": "fp16", "fp32_vector": "fp32", "fp64": "fp64"}
AREA = "applicable_die_area_mm2"


def of_result(result: Result, origin: str) -> Part:
    """The best design of a result as a column.

    Raises
    ------
    InputError
        The result holds no design.
    """
    if not result.designs:
        raise InputError(
            f"holds no design (status {result.status})",
            origin,
            "optimize explain and the text of the result say why",
        )
    best = result.designs[0]
    rules = _table(result.inputs.get("rules"))
    where = f"{rules.get('id', 'rules unknown')} on {rules.get('on', 'a day unknown')}"
    again = computed_again(result, best)
    if again.doubt is not None and again.doubt.cause == EDITED:
        raise InputError(str(again.doubt), origin, REPLAY)
    sure = best.status == "optimal" and again.doubt is None
    proved = "proved optimal" if sure else "NOT PROVED optimal"
    proved += f" of {best.parent} alone" if len(result.parents) == 1 else ""
    more = len(result.designs) - 1
    die = _record(result, "dies", best.parent)
    settings = Settings.from_dict(_table(result.inputs.get("options")))
    market = _known(_table(result.inputs.get("options")).get("datacenter"), "stated")
    notes: tuple[str, ...] = (f"solved under {where}, {proved} for its own workload",)
    notes += (f"ranks 2 to {more + 1} of the file are not shown",) if more else ()
    notes += (f"{NOT_CONFIRMED}: {again.doubt}; {REPLAY}",) if again.doubt else ()
    return Part(
        id=f"{best.parent}_design",
        name=f"design cut from {best.parent}",
        kind="design",
        origin=origin,
        measures=with_sums(_measures(best, die) | {"datacenter": market}),
        facts=read_pairs(settings.facts, "--fact") | _facts(best, die) | _stated(market),
        project=lambda job: _projected(again, job),
        notes=(
            *notes,
            *_errors(best),
            *best.flags,
            f"weakest evidence of its silicon: grade {best.evidence.grade}",
        ),
    )


def _record(result: Result, kind: str, name: str) -> Mapping[str, Any]:
    """A catalog record as the result carries it, empty where it was stripped."""
    return _table(_table(_table(result.inputs.get("catalog")).get(kind)).get(name))


def _table(value: Any) -> Mapping[str, Any]:
    """A table of the document, empty where it is none."""
    return value if isinstance(value, Mapping) else {}


def _measures(design: Design, die: Mapping[str, Any]) -> dict[str, Measure]:
    rows: dict[str, Measure] = {"die": Measure(design.parent, "designed")}
    rows |= {name: _known(design.knobs.get(name), "designed") for name in KNOB_ROWS}
    rows |= {name: _known(design.quantities.get(name), "derived") for name in DERIVED_ROWS}
    rows["peak_rate_clock_mhz"] = _known(design.knobs.get("core_clock_mhz"), "derived")
    rows |= {name: _estimate(design, name) for name in ESTIMATES}
    rows[AREA] = _known(design.quantities.get(AREA), _basis(die, AREA, "logic_dies"))
    rows |= _peaks(design, die)
    memory, port = _table(die.get("memory")), _table(die.get("pcie"))
    sites, width = design.knobs.get("memory_sites"), memory.get("site_width_bits")
    if isinstance(sites, int) and isinstance(width, int):
        rows["bus_width_bits"] = Measure(sites * width, "derived")
    rows["link_part"] = _known(_table(die.get("link")).get("part"), "published")
    rows["pcie_gen"] = _known(port.get("gen"), "published")
    rows["pcie_gb_s"] = _known(port.get("gb_s_bidir"), "published")
    return rows


def _estimate(design: Design, name: str) -> Measure:
    """An estimate of silicon with its p10 and p90, as far as the document has them."""
    found, ends = _known(design.quantities.get(name), "estimated"), design.derived.get(name)
    if ends is None or found.value is None:
        return found
    return replace(found, grade=ends.grade, low=ends.low, high=ends.high)


def _errors(design: Design) -> tuple[str, ...]:
    """How far the estimates of a design err beside their intervals."""
    known = (name for name in ESTIMATES if design.quantities.get(name) is not None)
    each = {n: design.derived[n].relative_error for n in known if n in design.derived}
    return error_notes(each, design.parent, tuple(each))


def _known(value: Any, basis: Basis) -> Measure:
    """A value of the document, its number exact as printed."""
    if value is None:
        return UNKNOWN
    return Measure(_exact(value) if isinstance(value, float) else value, basis)


def _exact(value: Any) -> Decimal | None:
    """A number of the document, exact as printed; nothing where it is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(repr(value)) if number else None


def _basis(record: Mapping[str, Any], *paths: str) -> Basis:
    """Basis that a record states for a value, published where it states none."""
    stated = _table(record.get("basis"))
    found: list[Basis] = [
        basis
        for basis in ("measured", "derived", "estimated")
        if any(path in _list(stated.get(basis)) for path in paths)
    ]
    return found[0] if found else "published"


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _peaks(design: Design, die: Mapping[str, Any]) -> dict[str, Measure]:
    """Dense peaks: cores x clock x operations, matrix formats at the tensor rate."""
    names = ("enabled_cores", "core_clock_mhz", "tensor_rate_fraction")
    cores, clock, share = (_exact(design.knobs.get(name)) for name in names)
    if cores is None or clock is None or share is None:
        return {}
    matrix = _table(die.get("dense_ops_per_clk_per_core"))
    vector = _table(die.get("vector_ops_per_clk_per_core"))
    found = {}
    for name in PEAKS:
        ops = _exact(vector.get(VECTOR[name]) if name in VECTOR else matrix.get(name))
        if ops is not None:
            rate = cores * clock * ops / 10**6
            found[f"dense_{name}"] = Measure(rate if name in VECTOR else rate * share, "derived")
    return found


def _stated(market: Measure) -> dict[str, Any]:
    return {} if market.value is None else {"datacenter": market.value}


def _facts(design: Design, die: Mapping[str, Any]) -> dict[str, Any]:
    """What the law reads of a design: the quantities of the document, exact as printed."""
    names = (AREA, "tpp", "dram_bandwidth_gb_s", "io_bandwidth_gb_s", "dense_bf16_tflops", "tdp_w")
    found = {name: _known(design.quantities.get(name), "derived").value for name in names}
    same = {"bit_length_x_tops": "tpp", "io_transfer_rate_gb_s": "io_bandwidth_gb_s"}
    kind = _table(die.get("memory")).get("kind")
    facts = {
        "item_kind": "ic",
        "vendor": die.get("vendor"),
        "has_hbm": None if kind is None else kind == "HBM",
        "transistor_count_bn": _known(die.get("transistors_billion"), "published").value,
        **found,
        **{name: found[of] for name, of in same.items()},
    }
    return {name: value for name, value in facts.items() if value is not None}


def _projected(again: Again, job: Job) -> Projected:
    """Projection of the design on a job, from the silicon that the result carries."""
    if again.doubt is not None or again.case is None or again.built is None:
        return not_projected(str(again.doubt))
    from optimizer.projection import prepare
    from optimizer.projection.ratios import kin_of_die
    from optimizer.report.projected import projection_of

    prepared = prepare(job.workload, again.case.catalog, stack=job.stack)
    table = prepared.project(again.built.resources())
    said = projection_of(table).model_dump() | {"reason": table.reason[0]}
    return read_projection(said, kin_of_die(again.built.space.die))
