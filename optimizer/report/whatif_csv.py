"""The static half of a what-if as tidy CSV: a row per part, paragraph and rule set."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from constraints import Assessment
from constraints.check import UNDETERMINED
from constraints.findings import Finding
from constraints.quantities import Vocabulary, load_quantities
from optimizer.report.safe import safe_cell
from optimizer.report.whatif_document import Side
from optimizer.report.whatif_skus import side_of
from optimizer.study.whatif import Examined

COLUMNS = (
    "sku", "rule_set", "rule", "paragraph", "verdict", "value", "line", "slack", "unit", "needs",
    "grade", "quantity", "op", "because", "changes",
)  # fmt: skip


def as_csv(records: tuple[Examined, ...], before: str, after: str) -> str:
    """Every paragraph of every part under both rule sets; blank where unknown.

    ``value``, ``line`` and ``slack`` are numbers or blank; ``slack`` is negative below the line.
    ``op`` is the comparison of the rule that it decides by. ``because`` says what takes the part
    out of a paragraph, whatever its numbers; ``changes`` what the user changed in the rule set.

    Parameters
    ----------
    records : tuple of Examined
        Full assessments, in the order of the rows.
    before, after : str
        Names of the two rule sets.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        for name, said in ((before, record.before), (after, record.after)):
            writer.writerows(_rows(record.sku, name, said))
    return stream.getvalue()


def _rows(sku: str, rules: str, said: Assessment) -> Iterator[list[str]]:
    known = Vocabulary(load_quantities())
    for finding in said.findings:
        side = side_of(finding)
        if side is not None:
            cells = [sku, rules, finding.rule, finding.paragraph, *_numbers(side)]
            cells += [_needs(finding, known), side.grade, side.quantity]
            cells += [_op(finding), side.because, "; ".join(said.changes)]
            yield [safe_cell(cell) for cell in cells]


def _numbers(side: Side) -> tuple[str, ...]:
    value, line, slack = side.value, side.line, side.slack
    measured = _is_number(line) and (_is_number(value) or not side.because)
    if not measured:
        return (side.verdict, "", "", "", side.unit)
    below = _is_number(value) and value < line  # type: ignore[operator]
    signed = -slack if below and slack else slack
    return (side.verdict, *map(_cell, (value, line, signed)), side.unit)


def _op(finding: Finding) -> str:
    """The comparison that decides, as the rule has it: value, op, line."""
    deciding = (finding.quantity, finding.threshold)
    return next((t.op for t in finding.tests if (t.quantity, t.threshold) == deciding), "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    """A number unrounded, blank where there is none."""
    if not _is_number(value):
        return ""
    return str(value) if isinstance(value, Decimal) else repr(value)


def _needs(finding: Finding, known: Vocabulary) -> str:
    """Facts of a paragraph that nobody has stated, where it is open."""
    if finding.verdict != UNDETERMINED:
        return ""
    names = (n for test in finding.tests if test.value is None for n in test.quantity.split(" + "))
    return ";".join(dict.fromkeys(root for name in names for root in sorted(known.roots(name))))
