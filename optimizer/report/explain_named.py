"""A design that the user has in mind, beside the optimum."""

from typing import Any

from optimizer.design.unit_cost import CENTS, UNIT_COST, WAFER, WAFER_STEPS
from optimizer.projection import Prepared
from optimizer.report.canonical import plain
from optimizer.report.classified import finding_of
from optimizer.report.explain_document import NotThis, Shift
from optimizer.report.flags import flags_of
from optimizer.report.numbers import text_number
from optimizer.report.projected import speed_of
from optimizer.report.ratio import ratio_of
from optimizer.report.solve import Case
from optimizer.solver.limits import printed
from optimizer.solver.request import NUMBERS, THROUGHPUT_NAME
from optimizer.solver.tables import POWER, POWER_STEPS
from optimizer.solver.why_not import WhyNot

# Units of the solver's resources, and what one of theirs is in them.
RESOURCE_WORDS = {
    "tensor": ("tensor rate", "core MHz at a quarter of the full rate", 1),
    "draw": ("bytes that the cores draw", "core MHz", 1),
    "dram": ("DRAM bandwidth", "GB/s", 1000),
    "capacity": ("memory capacity", "GB", 1),
    "link": ("link bandwidth, both ways", "GB/s", 1000),
    POWER: ("power", "W", POWER_STEPS),
    UNIT_COST: ("unit cost", "USD", CENTS),
    WAFER: ("share of a wafer", "", WAFER_STEPS),
}


def not_this(case: Case, found: WhyNot, prepared: Prepared) -> NotThis:
    """A named design beside the optimum: what it breaks, or where its value goes."""
    kinds = {rule.id: rule.kind for rule in case.ruleset.rules}
    said = found.assessment
    broken = {label for label in found.broken if not label.startswith("--")}
    findings = tuple(
        finding_of(f, kinds[f.rule])
        for f in (*said.findings, *said.engineering)
        if f.rule in broken and f.verdict != "not_controlled"
    )
    own = {**printed(found.design), THROUGHPUT_NAME: found.speed}
    ends = speed_of(found.design, prepared)
    return NotThis(
        knobs=plain(found.design.knobs()),
        verdict=said.verdict,
        broken=found.broken,
        classification=findings,
        limits=tuple(_limit_lines(case, found, own)),
        tokens_per_s_per_chip=found.speed,
        low=ends["low"],
        high=ends["high"],
        value=found.value,
        optimum=found.optimum,
        change=found.value / found.optimum - 1,
        ratio=ratio_of(found.value, found.optimum),
        shifts=tuple(_shift(loss) for loss in found.losses),
        tie=found.tie,
        flags=flags_of(found.design, case),
    )


def _limit_lines(case: Case, found: WhyNot, own: dict[str, Any]) -> list[str]:
    lines = []
    for limit in case.request.limits:
        label = f"--limit {limit}"
        value = own.get(limit.name)
        if label in found.broken and value is not None:
            unit = NUMBERS[limit.name]
            shown = text_number(value, [limit.value])
            lines.append(
                f"{limit.name} {shown} is not {limit.op} {text_number(limit.value)} {unit}"
            )
    return [line.rstrip() for line in lines]


def _shift(loss: Any) -> Shift:
    word, unit, scale = RESOURCE_WORDS[loss.resource]
    return Shift(
        resource=word,
        unit=unit,
        named=loss.here / scale,
        optimum=loss.optimum / scale,
        alone=loss.alone,
    )
