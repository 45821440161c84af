"""The part of the page that shows one design: quantities, cut, what binds, projection."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optimizer.report.aim import columns_of, near_words, unit_of
from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import exact_text, faithful, significant, text_number
from optimizer.report.ranges import MOVED, movers
from optimizer.report.result import Design, Estimate, Finding
from optimizer.report.words import (
    UNITS,
    binding_text,
    interval,
    knobs_text,
    label,
    quantity_text,
    sequences,
    short,
    times_words,
)
from optimizer.silicon.power import BITS_PER_BYTE

LOADS = "power is at full activity of all units, the sustained clock at that of prefill"
ENGINEERING_WORDS = {
    "controlled": "beyond",
    "not_controlled": "within",
    "undetermined": "not evaluated",
}


def next_ranks(
    designs: Sequence[Design], objective: str, options: Mapping[str, Any]
) -> list[Block]:
    """Every design after the first in one row, by what it does otherwise, and if none is left."""
    end = _no_more(len(designs), options)
    if len(designs) < 2:
        return [Heading("NEXT RANKS"), Lines(end)] if end else []
    first = designs[0]
    rows = tuple(
        (
            str(d.rank),
            d.parent,
            significant(d.projection.tokens_per_s_per_chip),
            *(significant(d.objective_value) for _ in columns_of(objective)),
            _quantity(d, "tpp"),
            text_number(d.quantities.get("tdp_w")),
            _otherwise(d, first),
        )
        for d in designs[1:]
    )
    aim = columns_of(objective)
    header = ("rank", "parent", "tokens/s", *aim, "TPP", "TDP W", "differs from the first in")
    numbers = frozenset({0, *range(2, len(header) - 1)})
    parts: list[Block] = [Heading("NEXT RANKS"), Table(header, rows, numbers)]
    near = [d.rank for d in designs[1:] if d.within_interval]
    named = f"rank{'s' * (len(near) > 1)} {', '.join(map(str, near))}" if near else ""
    if len(near) > 1 and near[-1] - near[0] == len(near) - 1:
        named = f"ranks {near[0]} to {near[-1]}"
    return [*parts, Lines((*end, *near_words(objective, named)))]


def _no_more(found: int, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a ranking is shorter than what was asked for."""
    top, share = options.get("top", 1), options.get("diverse")
    if found >= top:
        return ()
    near = f" within {share} of the first" if share else ""
    meet = f"no more than {found} of the ranked dies meet every requirement{near}"
    return (f"asked for {top} designs: {meet}",)


def _otherwise(design: Design, first: Design) -> str:
    changed = {n: value for n, value in design.knobs.items() if value != first.knobs[n]}
    return knobs_text(changed) or "-"


def design_blocks(design: Design, objective: str) -> list[Block]:
    """Blocks of one design in full."""
    head = f"DESIGN, cut from {design.parent}"
    rows = tuple(_quantities(design))
    cut = tuple((r.name, r.die, r.parent, r.design) for r in design.fuse_map if r.changed)
    kept = "; ".join(f"{r.name}: {r.design}" for r in design.fuse_map if not r.changed)
    parts: list[Block] = [
        Heading(head),
        Table(("quantity", "value", "unit"), rows, frozenset({1})),
        Heading(f"FUSE MAP, changes from {design.reference}", 3),
        Table(("knob", "die", design.reference, "design"), cut, frozenset({1, 2})),
    ]
    if kept:
        parts.append(Lines((f"unchanged are {kept}",)))
    parts += [
        *_derived(design),
        *_binding(design),
        *_projection(design, objective),
        *_classification(design),
    ]
    return [*parts, *flag_blocks(design.flags)]


def flag_blocks(flags: Sequence[str]) -> list[Block]:
    """What has to be said beside a design, where there is any."""
    return [Heading("FLAGS", 3), Lines(tuple(flags), bullet=True)] if flags else []


def lines_of(design: Design, name: str) -> list[int | float]:
    """Every legal line or limit that a quantity of a design is compared with."""
    tests = [test for finding in design.classification for test in finding.tests]
    legal = [t.threshold for t in tests if t.quantity == name and t.slack is not None]
    own = [line.line for b in design.binding for line in b.by if line.quantity == name]
    return [v for v in (*legal, *own) if isinstance(v, int | float)]


def _quantities(design: Design) -> Iterator[tuple[str, str, str]]:
    """Every quantity, and after the bandwidth the width of the bus that it goes over."""
    for name in design.quantities:
        yield label(name), _quantity(design, name), UNITS.get(name, "")
        bits = bus_bits(design) if name == "dram_bandwidth_gb_s" else None
        if bits is not None:
            yield "memory bus, sites in use", text_number(bits), "bit"


def bus_bits(design: Design) -> int | None:
    """Width of the memory bus of the sites in use, from bandwidth and data rate. [bit]"""
    bandwidth = design.quantities.get("dram_bandwidth_gb_s")
    rate = design.knobs.get("memory_data_rate_gbps")
    if bandwidth is None or not isinstance(rate, int | float) or isinstance(rate, bool):
        return None
    return round(bandwidth * BITS_PER_BYTE / rate) if rate else None


def _quantity(design: Design, name: str) -> str:
    return quantity_text(name, design.quantities[name], lines_of(design, name))


def _derived(design: Design) -> list[Block]:
    """What the silicon models say, each with its range, the error of its model and its grade."""
    rows = tuple(
        (
            label(name),
            text_number(each.estimate, digits=2),
            UNITS.get(name, ""),
            "-" if each.low is None and each.high is None else _range(each),
            "-" if each.relative_error is None else f"{each.relative_error:.0%}",
            each.grade or "-",
        )
        for name, each in design.derived.items()
    )
    header = ("derived", "value", "unit", "range", "error", "grade")
    if not rows:
        return []
    table = Table(header, rows, frozenset({1, 4}))
    notes, moved = _notes(design), _moved(design)
    found: list[Block] = [Heading("DERIVED, by models of the silicon", 3), table, Lines(notes)]
    return [*found, Lines((MOVED,)), Lines(moved, bullet=True)] if moved else found


def _notes(design: Design) -> tuple[str, ...]:
    """What the table has no room for: loads, models without a test, and what is missing."""
    found = design.derived
    notes = [f"{label(n)}: unknown: {', '.join(e.missing)}" for n, e in found.items() if e.missing]
    notes += [f"{label(n)} is not validated: {e.untested}" for n, e in found.items() if e.untested]
    clock = found.get("sustained_clock_mhz")
    return (*notes, LOADS) if clock is not None and clock.estimate is not None else tuple(notes)


def _moved(design: Design) -> tuple[str, ...]:
    """The strongest inputs of each estimate."""
    return tuple(
        f"{label(name)}: {movers(each.model_dump())}"
        for name, each in design.derived.items()
        if each.moved_by
    )


def _range(each: Estimate) -> str:
    low, high = (text_number(v, digits=2) for v in (each.low, each.high))
    return f"{low} to {high} ({each.spans})"


def _binding(design: Design) -> list[Block]:
    closed = tuple(binding_text(b) for b in design.binding if b.by)
    ended = ", ".join(label(b.knob) for b in design.binding if not b.by)
    parts: list[Block] = [Heading("WHAT BINDS", 3), Lines(closed, bullet=True)]
    if ended:
        parts.append(Lines((f"at the parent's end: {ended}",)))
    return parts if design.binding else []


def _projection(design: Design, objective: str) -> list[Block]:
    p = design.projection
    head = (
        f"PROJECTED {significant(p.tokens_per_s_per_chip)} tokens/s per chip, "
        f"80 % interval {interval(p.low, p.high)}"
    )
    if not p.members:
        return [Heading(head, 3)]
    rows = tuple(
        (
            m.name,
            significant(m.tokens_per_s_per_chip),
            significant(m.ttft_ms, 3),
            significant(m.tpot_ms, 3),
            "-" if m.chips is None else str(m.chips),
            sequences(m.batch),
            m.binding or m.reason or "-",
        )
        for m in p.members
    )
    header = ("member", "tokens/s", "TTFT ms", "TPOT ms", "chips", "batch", "bound by")
    return [
        Heading(head, 3),
        Table(header, rows, frozenset({1, 2, 3, 4, 5})),
        Lines((times_words(m.model_dump() for m in p.members), *_ranked_by(design, objective))),
    ]


def _ranked_by(design: Design, objective: str) -> tuple[str, ...]:
    """The value that was maximized, where that is another than the throughput above."""
    if not columns_of(objective) or design.objective_value is None:
        return ()
    return (f"maximized: {significant(design.objective_value)} {unit_of(objective)}",)


def _classification(design: Design) -> list[Block]:
    shown = [f for f in design.classification if f.kind != "presumption"]
    rows = tuple((short(f.paragraph), _verdict(f), why(f)) for f in shown)
    weakest = ", ".join(design.evidence.weakest)
    return [
        Heading(f"CLASSIFICATION, 3A090 tier: {design.tier or '-'}", 3),
        Table(("paragraph", "verdict", "why"), rows),
        Lines((f"weakest evidence of the silicon: grade {design.evidence.grade} ({weakest})",)),
    ]


def _verdict(finding: Finding) -> str:
    """Law speaks of control, engineering of what can be built."""
    return ENGINEERING_WORDS[finding.verdict] if finding.kind == "engineering" else finding.verdict


def why(finding: Finding) -> str:
    """What decides a paragraph: an exclusion, or a value beside its line."""
    value, line = finding.value, finding.threshold
    if finding.because or finding.slack is None:
        return finding.because or finding.condition
    if isinstance(value, str) or isinstance(line, str) or value is None or line is None:
        return finding.condition
    unit = UNITS.get(finding.quantity, "")
    shown = finding.arithmetic or f"{label(finding.quantity)} {faithful(value, [line])}"
    return f"{shown}, line {exact_text(line)} {unit}".rstrip()
