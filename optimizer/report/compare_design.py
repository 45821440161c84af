"""A solved design as a column: read from its result, built again where it is projected."""

import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from catalogs.errors import InputError
from optimizer.report.canonical import digest
from optimizer.report.compare_parts import (
    PEAKS,
    UNKNOWN,
    Measure,
    Part,
    Projected,
    not_projected,
    read_projection,
    with_sums,
)
from optimizer.report.comparison import Basis
from optimizer.report.result import Design, Result

if TYPE_CHECKING:
    from catalogs.architectures import Workload
    from optimizer.design import Design as Built
    from optimizer.report.solve import Case

T = TypeVar("T")

KNOB_ROWS = (
    "enabled_cores", "core_clock_mhz", "tensor_rate_fraction", "memory_part",
    "memory_data_rate_gbps", "links", "board_class",
)  # fmt: skip
MORE_KNOBS = ("memory_gb_per_site", "clamshell", "memory_sites")
DERIVED_ROWS = (
    "tpp", "performance_density", "dram_bandwidth_gb_s", "io_bandwidth_gb_s",
    "link_bandwidth_gb_s", "memory_capacity_gb", "dense_bf16_tflops", "tdp_w",
)  # fmt: skip
# A vector format keeps its full rate whatever the tensor rate; its name in a die's table.
VECTOR = {"fp16_vector": "fp16", "fp32_vector": "fp32", "fp64": "fp64"}
AREA = "applicable_die_area_mm2"
SAME_SILICON = ("tpp", "dram_bandwidth_gb_s", "link_bandwidth_gb_s", "memory_capacity_gb")


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
    proved = "proved optimal" if best.status == "optimal" else "NOT PROVED optimal"
    more = len(result.designs) - 1
    die = _record(result, "dies", best.parent)
    market = _known(_table(result.inputs.get("options")).get("datacenter"), "stated")
    notes: tuple[str, ...] = (f"solved under {where}, {proved} for its own workload",)
    notes += (f"ranks 2 to {more + 1} of the file are not shown",) if more else ()
    doubt = _rebuilt(result, best, lambda case, built: "")[1]
    notes += (f"NOT CONFIRMED by the catalog installed here: {doubt}",) if doubt else ()
    return Part(
        id=f"{best.parent}_design",
        name=f"design cut from {best.parent}",
        kind="design",
        origin=origin,
        measures=with_sums(_measures(best, die) | {"datacenter": market}),
        facts=_facts(best, die) | _stated(market),
        project=lambda workload: _projected(result, best, workload),
        notes=(*notes, f"weakest evidence of its silicon: grade {best.evidence.grade}"),
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
    rows["power_w"] = _known(design.quantities.get("power_w"), "estimated")
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


def _projected(result: Result, design: Design, workload: "Workload") -> Projected:
    """Projection of the design on a workload, from the silicon that the result carries."""

    def project(case: "Case", built: "Built") -> Projected:
        from optimizer.projection import prepare
        from optimizer.report.projected import projection_of

        prepared = prepare(workload, case.catalog, stack=case.request.stack)
        table = prepared.project(built.resources())
        return read_projection(projection_of(table).model_dump() | {"reason": table.reason[0]})

    found, doubt = _rebuilt(result, design, project)
    return not_projected(doubt) if found is None else found


def _rebuilt(
    result: Result, design: Design, use: Callable[["Case", "Built"], T]
) -> tuple[T | None, str]:
    """Build the design again from the result's own files and use it, or say why it cannot be."""
    from optimizer.report.embed import laid_out
    from optimizer.report.settings import Settings
    from optimizer.report.solve import load_case

    if result.stripped:
        return None, "the result is stripped of confidential values"
    if digest(result.inputs) != result.hashes.get("inputs"):
        return None, "its inputs are not those that its hash names"
    try:
        settings = Settings.from_dict(_table(result.inputs.get("options")))
        files = _table(result.inputs.get("files"))
        with tempfile.TemporaryDirectory(prefix="optimize-compare-") as folder:
            case = load_case(laid_out(settings, files, Path(folder)), ambient=False)
            built = _built(case, design)
            return (None, built) if isinstance(built, str) else (use(case, built), "")
    except InputError as error:
        return None, str(error)


def _built(case: "Case", design: Design) -> "Built | str":
    """The design built again, or why its numbers do not come back."""
    from optimizer.design import Design as Built
    from optimizer.design import Incomplete, build_space
    from optimizer.design.space import RATE_STEPS_PER_GBPS, RATE_UNITS

    request, knobs = case.request, design.knobs
    if any(knobs.get(name) is None for name in (*KNOB_ROWS, *MORE_KNOBS)):
        return "its knobs are not complete"
    space = build_space(case.catalog, design.parent, request.ruleset.on, request.datacenter)
    if isinstance(space, Incomplete):
        return f"the die cannot be built from the catalog: {space.reason}"
    wanted = (knobs["memory_part"], knobs["memory_gb_per_site"], knobs["clamshell"])
    options = [o for o in space.memory if (o.part, o.gb_per_site, o.clamshell) == wanted]
    if not options:
        return "its memory is not in the catalog"
    built = Built(
        space,
        cores=_whole(knobs["enabled_cores"], 1),
        clock_mhz=_whole(knobs["core_clock_mhz"], 1),
        rate_units=_whole(knobs["tensor_rate_fraction"], RATE_UNITS),
        option=options[0],
        sites=_whole(knobs["memory_sites"], 1),
        rate=_whole(knobs["memory_data_rate_gbps"], RATE_STEPS_PER_GBPS),
        links=_whole(knobs["links"], 1),
        board=str(knobs["board_class"]),
    )
    now = built.quantities()
    if any(float(now[n] or 0) != float(design.quantities.get(n) or 0) for n in SAME_SILICON):
        return "the catalog has changed since: its numbers do not come back"
    return built


def _whole(value: Any, steps: int) -> int:
    """A knob in integer steps; a word is no step. [1/steps]"""
    number = _exact(value)
    if number is None:
        raise InputError(f"{value!r} is no number", "designs[0].knobs")
    return round(number * steps)
