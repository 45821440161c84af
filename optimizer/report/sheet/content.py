"""The sheet of a result as data: what every rendering shows, and where each number is from."""

from collections.abc import Mapping
from typing import Any

from catalogs.architectures import WorkloadMember
from catalogs.errors import InputError
from constraints import Assessment
from optimizer.report.assessment import NOT_SCREENED
from optimizer.report.canonical import digest
from optimizer.report.confirm import EDITED, NOT_CONFIRMED, REPLAY, computed_again
from optimizer.report.numbers import faithful, percent
from optimizer.report.public import HIDDEN, without_parts
from optimizer.report.result import Binding, Design, Line, Member, Result
from optimizer.report.settings import objective_of
from optimizer.report.sheet.cells import (
    NONE,
    UNKNOWN,
    Cells,
    exact,
    grouped,
    projected,
)
from optimizer.report.sheet.law import assessed, classification, ruleset_of_result, unit_of
from optimizer.report.sheet.model import Cell, Figure, Fuse, MemberRow, Projected, Sheet
from optimizer.report.sheet.names import default_name, read_name
from optimizer.report.sheet.notes import Notes
from optimizer.report.sheet.plane import chart_of
from optimizer.report.sheet.silicon import WITHHELD, Silicon, silicon_of
from optimizer.report.sheet.specification import Specification
from optimizer.report.words import NOT_ADVICE, label, short, times_words

# Weight of the one member of a workload that states none, as its record has it. [1]
_WHOLE = int(WorkloadMember.model_fields["weight"].default)

# How each line of a fuse map is cut; the rest is a matter of what is mounted.
_HOW = {
    "tensor rate": "rate limiter, set by fuse",
    "core clock cap": "clock cap, set by fuse",
    "memory data rate": "data rate cap, set by fuse",
    "memory sites": "sites switched off by fuse or left empty",
    "links": "links switched off by fuse",
    "memory part": "memory that is mounted",
    "memory capacity": "memory that is mounted",
    "board": "board that is built",
}
# Lines that a bare die has no value of.
_MOUNTED = frozenset({"memory part", "memory capacity, GB", "board"})


def sheet_of(
    result: Result, *, name: str | None = None, rank: int = 1, confirm: bool = True
) -> Sheet:
    """The sheet of one design of a result.

    Parameters
    ----------
    result : Result
        Of any request.
    name : str, optional
        Name of the part; by default from the parent and the figures.
    rank : int
        Which design of the ranking.
    confirm : bool
        Compute the design again from its knobs; false only for a result just made.

    Raises
    ------
    InputError
        The result has no such design, the rules installed here are not its rules, or the file
        says something else than its own knobs and inputs.
    """
    design = _ranked(result, rank)
    place = f"designs[{result.designs.index(design)}]"
    doubt = _doubt(result, design, place) if confirm else ""
    rules = ruleset_of_result(result)
    said = assessed(result, design, rules)
    silicon = silicon_of(result, design)
    cells, notes = Cells(design, place, silicon.hidden), Notes()
    spec = Specification(design, cells, silicon, notes)
    figures = _key_figures(cells, spec)
    return Sheet(
        name=default_name(design) if name is None else read_name(name),
        subtitle=f"Derived from {silicon.die.vendor} {silicon.die.name}. Planning sheet of a part "
        "that does not exist; throughput is projected, power and yield are estimated.",
        standing=_standing(result, design) + (f". {doubt}" if doubt else ""),
        rank=design.rank,
        reference=f"{silicon.reference.vendor} {silicon.reference.name}",
        key_figures=figures,
        specification=spec.groups(),
        fuse_map=_fuses(design, silicon),
        projection=_projection(result, design, place, notes),
        classification=classification(design, said, place, silicon.hidden, notes),
        chart=chart_of(result, design, rules, silicon),
        binding=_binding(design, silicon),
        assumptions=_assumptions(result, said),
        warnings=tuple(dict.fromkeys((*result.warnings, *said.warnings))),
        endnotes=notes.all(),
        not_screened=NOT_SCREENED,
        disclaimer=NOT_ADVICE,
        withheld=silicon.withheld,
        hashes={"design": digest(design), **result.hashes},
        versions=dict(result.versions),
    )


def _ranked(result: Result, rank: int) -> Design:
    found = next((design for design in result.designs if design.rank == rank), None)
    if found is None:
        count = len(result.designs)
        raise InputError(
            f"has no design of rank {rank}" if count else "holds no design",
            "designs",
            f"It ranks {count}" if count else f"Its status is {result.status}",
        )
    return found


def _doubt(result: Result, design: Design, place: str) -> str:
    """What a reader is told of a design that cannot be computed again; empty where it was."""
    doubt = computed_again(result, design).doubt
    if doubt is None:
        return ""
    if doubt.cause == EDITED:
        raise InputError(f"{EDITED}: {doubt.where or place}", f"rank {design.rank}", REPLAY)
    return f"{NOT_CONFIRMED}: {doubt}"


def _standing(result: Result, design: Design) -> str:
    if design.status != "optimal":
        return "best found, NOT PROVED optimal"
    objective = objective_of(result.inputs["options"]).replace("_", " ")
    if design.rank > 1:
        return f"rank {design.rank} by projected {objective}"
    if result.status != "optimal":
        return "best found, NOT PROVED optimal over all parents"
    solved = sum(row.status == "optimal" for row in result.parents)
    scope = f" of the {solved} of {len(result.parents)} dies that could be solved,"
    if len(result.parents) == 1:
        scope = f" of {design.parent}, the only die asked,"
    elif solved == len(result.parents):
        scope = ""
    return f"proved optimal{scope} in projected {objective}"


def _key_figures(cells: Cells, spec: Specification) -> tuple[Figure, ...]:
    speed = cells.design.projection.tokens_per_s_per_chip
    place = f"{cells.place}.projection.tokens_per_s_per_chip"
    names = (
        ("TPP", "TPP", "tpp", spec.tpp_note()),
        ("performance density", "TPP/mm2", "performance_density", (spec.density_note(),)),
        ("DRAM bandwidth", "GB/s", "dram_bandwidth_gb_s", ()),
        ("memory", "GB", "memory_capacity_gb", ()),
        ("FP16 and BF16, dense", "TFLOPS", "dense_bf16_tflops", ()),
    )
    figures = [
        Figure(label=label, unit=unit, cell=cells.quantity(name), notes=notes)
        for label, unit, name, notes in names
    ]
    shown = projected(speed, place)
    return (*figures, Figure(label="PROJECTED, per chip", unit="tokens/s", cell=shown))


def _fuses(design: Design, silicon: Silicon) -> tuple[Fuse, ...]:
    shown = without_parts(design, silicon.withheld)
    return tuple(
        Fuse(
            name=row.name,
            die=_cut(row.die, was.die, NONE if row.name in _MOUNTED else UNKNOWN, silicon),
            parent=_cut(row.parent, was.parent, UNKNOWN, silicon),
            design=_cut(row.design, row.design, UNKNOWN, silicon),
            how=_how(row.name) if row.changed else "as the parent",
            changed=row.changed,
        )
        for row, was in zip(shown.fuse_map, design.fuse_map, strict=True)
    )


def _cut(text: str, was: str, empty: str, silicon: Silicon) -> str:
    """A value of the fuse map; a dash says that there is none, or that it is confidential."""
    if text == HIDDEN:
        return WITHHELD if was != HIDDEN else empty
    part = silicon.memory.get(text)
    return grouped(text) if part is None else str(part.name)


def _how(name: str) -> str:
    if name.endswith("s enabled"):
        return "cores switched off by fuse"
    return _HOW.get(name.partition(",")[0], "set by fuse")


def _projection(result: Result, design: Design, place: str, notes: Notes) -> Projected:
    p, workload, model = design.projection, result.inputs["workload"], result.inputs["projection"]
    shares = ", ".join(f"{m['name']} {m.get('weight', _WHOLE)}" for m in workload["members"])
    note = notes.add(
        "PROJECTED, not measured: calibrated roofline model, constants "
        f"'{model['calibration']}' of {model['fitted_date']}, stack {model['stack']}; 80 % "
        "interval from its errors on published benchmarks. "
        f"{times_words(m.model_dump() for m in p.members)}. The mix is output tokens over weighted "
        f"GPU-seconds (weights: {shares}).",
        str(workload.get("cite", "")),
    )
    head = {
        n: projected(getattr(p, n), f"{place}.projection.{n}")
        for n in ("tokens_per_s_per_chip", "low", "high")
    }
    members = tuple(_member(m, f"{place}.projection.members[{i}]") for i, m in enumerate(p.members))
    named = str(workload.get("name", workload["id"]))
    return Projected(workload=named, members=members, notes=(note,), **head)


def _member(member: Member, place: str) -> MemberRow:
    digits: Mapping[str, int] = {"ttft_ms": 3, "tpot_ms": 3, "batch": 3}
    names = ("tokens_per_s_per_chip", "low", "high", "ttft_ms", "tpot_ms", "batch")
    cells: dict[str, Any] = {
        name: projected(getattr(member, name), f"{place}.{name}", digits.get(name, 4))
        for name in names
    }
    chips = member.chips
    cells["chips"] = (
        Cell(text=UNKNOWN)
        if chips is None
        else Cell(text=str(chips), value=chips, source=f"{place}.chips", basis="projected")
    )
    bound = member.reason or member.binding or UNKNOWN
    return MemberRow(name=member.name, model=member.model, bound_by=bound, **cells)


def _binding(design: Design, silicon: Silicon) -> tuple[str, ...]:
    return tuple(
        _stopped(each)
        for each in design.binding
        if each.by and not {line.quantity for line in each.by} & silicon.hidden
    )


def _stopped(binding: Binding) -> str:
    """Why a knob cannot grow: the lines that stop it, each with its margin."""
    lines = "; ".join(_line(line) for line in binding.by)
    return f"{label(binding.knob)} (next step +{percent(binding.gain, 2)}): {lines}"


def _line(line: Line) -> str:
    if line.slack is None:
        return short(line.name)
    unit = unit_of(line.quantity or "")
    share = f" ({percent(exact(line.slack) / exact(line.line), 2)})" if line.line else ""
    return f"{short(line.name)}, margin {faithful(line.slack)} {unit}".rstrip() + share


def _assumptions(result: Result, said: Assessment) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*result.assumptions, *said.assumptions)))
