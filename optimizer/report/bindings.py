"""What keeps each knob from growing, with the distance to the line that stops it."""

from collections.abc import Mapping

from optimizer.report.numbers import Number, as_printed, json_number
from optimizer.report.result import Binding, Line
from optimizer.solver.binding import Binding as Held
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
    lines = tuple(_line(label, solved, request, quantities) for label in held.by)
    return Binding(knob=held.knob, by=lines, gain=held.gain)


def _line(
    label: str, solved: SolvedDesign, request: Request, quantities: Mapping[str, Number | None]
) -> Line:
    for limit in request.limits:
        value = quantities.get(limit.name)
        if label == f"--limit {limit}" and value is not None:
            shown = json_number(as_printed(value), [limit.value])
            slack = abs(as_printed(shown) - as_printed(limit.value))
            return Line(
                name=label,
                quantity=limit.name,
                value=shown,
                line=json_number(limit.value),
                slack=json_number(slack, [0]),
            )
    return _legal_line(label, solved) or Line(name=label)


def _legal_line(rule: str, solved: SolvedDesign) -> Line | None:
    """The test of a rule that fails by the least, in share of its line."""
    said = solved.assessment
    tests = [
        (test.slack / test.threshold, finding.paragraph, test)
        for finding in (*said.findings, *said.engineering)
        if finding.rule == rule
        for test in finding.tests
        if test.slack is not None and test.threshold and test.holds is False
    ]
    if not tests:
        return None
    _, paragraph, test = min(tests, key=lambda entry: entry[:2])
    return Line(
        name=paragraph,
        quantity=test.quantity,
        value=json_number(test.value, [test.threshold]),
        line=json_number(test.threshold),
        slack=json_number(test.slack or 0),
    )
