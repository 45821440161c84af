"""Quantities and findings of a design as the document has them: exact, on their own side."""

from fractions import Fraction
from typing import Any

from constraints.check import Assessment
from constraints.findings import Finding as Said
from optimizer.design.unit_cost import CENTS
from optimizer.report.canonical import plain
from optimizer.report.numbers import Number, json_number
from optimizer.report.result import Finding, JsonNumber, Test
from optimizer.solver.costs import COST
from optimizer.solver.outcome import SolvedDesign
from optimizer.solver.tables import POWER_STEPS


def quantities_of(solved: SolvedDesign) -> dict[str, JsonNumber | None]:
    """Quantities of a design as JSON numbers, each on its own side of every line."""
    exact: dict[str, Number | None] = {
        **solved.design.quantities(),
        "power_w": None if solved.power is None else json_number(solved.power / POWER_STEPS),
        "tdp_w": solved.tdp_w,
        "salvage_share": solved.salvage_share,
        COST: None if solved.unit_cost is None else Fraction(solved.unit_cost.cents, CENTS),
    }
    lines = _lines(solved.assessment)
    return {
        name: None if value is None else json_number(value, lines.get(name, ()))
        for name, value in exact.items()
    }


def _lines(said: Assessment) -> dict[str, list[Number]]:
    """Legal lines by the quantity that is compared with them."""
    found: dict[str, list[Number]] = {}
    for finding in (*said.findings, *said.engineering):
        for test in finding.tests:
            if test.slack is not None:
                found.setdefault(test.quantity, []).append(test.threshold)
    return found


def finding_of(said: Said, kind: str) -> Finding:
    """What one paragraph says, with the deciding test and all others."""
    tests = tuple(
        Test(
            text=t.text,
            quantity=t.quantity,
            arithmetic=t.arithmetic,
            value=_beside(t.value, t.threshold),
            op=t.op,
            threshold=plain(t.threshold),
            holds=t.holds,
            slack=plain(t.slack),
        )
        for t in said.tests
    )
    return Finding(
        rule=said.rule,
        kind=kind,
        paragraph=said.paragraph,
        verdict=said.verdict,
        because=said.because,
        condition=said.condition,
        quantity=said.quantity,
        value=_beside(said.value, said.threshold),
        threshold=plain(said.threshold),
        slack=plain(said.slack),
        arithmetic=said.arithmetic,
        tests=tests,
        citation=said.citation,
        confidence=said.confidence,
        grade=said.grade,
    )


def _beside(value: Any, line: Any) -> Any:
    """A value as JSON, on its own side of its line."""
    if _slackless(value) or _slackless(line):
        return plain(value)
    return json_number(value, [line])


def _slackless(value: Any) -> bool:
    """Whether a value has no distance to a line: unknown, true or false, or a word."""
    return value is None or isinstance(value, bool | str) or not hasattr(value, "__float__")
