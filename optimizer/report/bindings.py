"""What keeps each knob from growing, with the distance to the line that stops it."""

from collections.abc import Mapping, Sequence

from constraints.check import NOT_CONTROLLED
from constraints.findings import Finding, View, findings
from constraints.rulesets import CONTROL, ENGINEERING
from optimizer.design import Design
from optimizer.report.numbers import Number, as_printed, json_number
from optimizer.report.result import Binding, Line
from optimizer.solver.binding import Binding as Held
from optimizer.solver.checked import facts_of
from optimizer.solver.outcome import SolvedDesign
from optimizer.solver.request import Request


def binding_rows(
    solved: SolvedDesign, request: Request, quantities: Mapping[str, Number | None]
) -> tuple[Binding, ...]:
    """Binding knobs of a design.

    Parameters
    ----------
    solved : SolvedDesign
        Names, for each knob, the requirements that forbid its next step.
    request : Request
        Holds the user's limits, whose lines are shown beside the values.
    quantities : mapping
        Values of the design.
    """
    return tuple(_row(held, solved, request, quantities) for held in solved.binding)


def _row(
    held: Held, solved: SolvedDesign, request: Request, quantities: Mapping[str, Number | None]
) -> Binding:
    past = _findings_at(held.step, request) if any(not b.startswith("--") for b in held.by) else ()
    lines = tuple(
        line for label in held.by for line in _lines(label, solved, request, quantities, past)
    )
    return Binding(knob=held.knob, by=lines, gain=held.gain)


def _findings_at(step: Design | None, request: Request) -> tuple[Finding, ...]:
    """What the checker says of the next step of a knob."""
    if step is None:
        return ()
    rules = request.ruleset
    whole = rules.vocabulary.completed(facts_of(step, rules))
    return findings(View(rules, whole, request.destination, None, {}), (CONTROL, ENGINEERING))


def _lines(
    label: str,
    solved: SolvedDesign,
    request: Request,
    quantities: Mapping[str, Number | None],
    past: Sequence[Finding],
) -> tuple[Line, ...]:
    for limit in request.limits:
        value = quantities.get(limit.name)
        if label == f"--limit {limit}" and value is not None:
            shown = json_number(as_printed(value), [limit.value])
            slack = abs(as_printed(shown) - as_printed(limit.value))
            return (
                Line(
                    name=label,
                    quantity=limit.name,
                    value=shown,
                    line=json_number(limit.value),
                    slack=json_number(slack, [0]),
                ),
            )
    return _legal_lines(label, solved, past) or (Line(name=label),)


def _legal_lines(rule: str, solved: SolvedDesign, past: Sequence[Finding]) -> tuple[Line, ...]:
    """Every line of a rule that the step crosses, the nearest first.

    A paragraph whose condition as a whole the step does not meet stops nothing.
    """
    said = solved.assessment
    met = {
        (finding.paragraph, test.text)
        for finding in past
        if finding.rule == rule and finding.verdict != NOT_CONTROLLED
        for test in finding.tests
        if test.holds is not False
    }
    tests = [
        (test.slack / test.threshold, finding.paragraph, test)
        for finding in (*said.findings, *said.engineering)
        for test in finding.tests
        if (finding.paragraph, test.text) in met
        and test.slack is not None
        and test.threshold
        and test.holds is False
    ]
    return tuple(
        Line(
            name=paragraph,
            quantity=test.quantity,
            value=json_number(test.value, [test.threshold]),
            line=json_number(test.threshold),
            slack=json_number(test.slack or 0),
        )
        for _, paragraph, test in sorted(tests, key=lambda each: each[:2])
    )
