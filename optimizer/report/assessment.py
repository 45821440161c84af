"""An assessment as a page, as JSON and as one CSV row: verdict first, the law's day always."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from constraints.check import Assessment
from constraints.findings import Finding, Test
from constraints.quantities import load_quantities
from optimizer.report.aftermath import every_matter
from optimizer.report.canonical import plain
from optimizer.report.check_words import (
    WORD,
    distance,
    elsewhere_lines,
    finding_words,
    guard_lines,
    holds_lines,
    later_law,
    spoken,
    unspoken,
    verdict_line,
)
from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import exact_text, json_exact, text_number
from optimizer.report.words import NO_PARAGRAPH, NOT_ADVICE, family_words, label

SCHEMA = "optimize-check/1"
NOT_SCREENED = "end users, entity list, military end use, de minimis, foreign direct product"
BULK_COLUMNS = ("verdict", "paragraphs", "tier", "needs")
HOLDS = {True: "met", False: "not met", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Part:
    """What was classified: its name, who says so of each fact, what is not the built-in record."""

    id: str
    name: str
    grades: Mapping[str, str] = field(default_factory=dict)
    declared: str = ""
    overlays: tuple[str, ...] = ()


def document(said: Assessment, part: Part) -> dict[str, Any]:
    """The assessment as JSON values; a number stays on its own side of its line.

    A consequence (license, exceptions, review, duty ...) keeps the keys of its record.
    """
    kept = {
        name: getattr(said, name)
        for name in Assessment.__dataclass_fields__
        if name not in ("findings", "engineering", "facts")
    }
    rest = {name: plain(_plain_record(value)) for name, value in kept.items()}
    lines = lines_of(said)
    return {
        "schema": SCHEMA,
        "id": part.id,
        "name": part.name,
        "verdict": rest.pop("verdict"),
        "tier": rest.pop("tier"),
        **rest,
        "overlays": list(part.overlays),
        "facts": plain(said.facts),
        "grades": dict(part.grades),
        "findings": [_finding(each, lines) for each in said.findings],
        "engineering": [_finding(each, lines) for each in said.engineering],
        "not_screened": NOT_SCREENED,
        "not_legal_advice": True,
    }


def _plain_record(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain_record(each) for each in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def lines_of(said: Assessment) -> frozenset[Fraction]:
    """Every number that a paragraph of the rule set compares this item with."""
    tests = (test for each in (*said.findings, *said.engineering) for test in each.tests)
    return frozenset(test.threshold for test in tests if isinstance(test.threshold, Fraction))


def _finding(finding: Finding, lines: Collection[Fraction]) -> dict[str, Any]:
    found = {**asdict(finding), "tests": [_test(each, lines) for each in finding.tests]}
    return {**plain({**found, "value": None}), "value": _value(finding.value, lines)}


def _test(test: Test, lines: Collection[Fraction]) -> dict[str, Any]:
    return {**plain({**asdict(test), "value": None}), "value": _value(test.value, lines)}


def _value(value: Any, lines: Collection[Fraction]) -> Any:
    return json_exact(value, lines) if isinstance(value, Fraction) else plain(value)


def row(verdict: str, tier: str, paragraphs: tuple[str, ...], needs: tuple[str, ...]) -> list[str]:
    """Cells of the columns that bulk output adds, in their order."""
    return [verdict, ";".join(paragraphs), tier, ";".join(needs)]


def as_page(said: Assessment, part: Part, form: str) -> str:
    """The assessment as text of at most 80 columns, or as Markdown."""
    parts = list(blocks(said, part))
    return as_markdown(parts) if form == "md" else as_text(parts)


def blocks(said: Assessment, part: Part) -> Iterator[Block]:
    """Parts of the page, in reading order."""
    yield Heading(f"{verdict_line(said)}: {part.name}", 1)
    yield Lines(tuple(f"WARNING: {each}" for each in (*part.overlays, *said.cautions)))
    yield Lines(tuple(_standing(said)))
    yield Heading("CONSEQUENCES")
    yield Lines(tuple(every_matter(said)))
    if said.assumptions:
        yield Heading("ASSUMES")
        yield Lines(said.assumptions, bullet=True)
    further = tuple(each for each in said.warnings if each not in said.cautions)
    if further:
        yield Heading("WARNINGS")
        yield Lines(further, bullet=True)
    lines = lines_of(said)
    yield from _paragraphs("PARAGRAPHS", said.findings, lines, said.guard_band)
    limits = tuple(each for each in said.engineering if each.value is not None)
    if limits:
        yield from _paragraphs("ENGINEERING LIMITS, no part of the verdict", limits, lines)
    yield from _citations((*said.findings, *limits))
    yield Heading("FACTS")
    yield _facts(said, part)
    yield Heading("LIMITS OF THIS ANSWER")
    checked = f"law last checked {said.last_checked} ({said.last_checked_text})"
    yield Lines((f"not screened: {NOT_SCREENED}", *later_law(said), checked, NOT_ADVICE))


def _standing(said: Assessment) -> Iterator[str]:
    yield f"tier {said.tier} (3A090); {family_words(said.eccn)}"
    if said.paragraphs:
        yield "caught by " + ", ".join(said.paragraphs)
    yield from elsewhere_lines(said)
    if said.needs:
        yield "needs " + ", ".join(said.needs)
    yield from holds_lines(said)
    yield from guard_lines(said)


def _paragraphs(
    title: str,
    findings: tuple[Finding, ...],
    lines: Collection[Fraction],
    near: Collection[str] = (),
) -> Iterator[Block]:
    yield Heading(title)
    if speaking := spoken(findings):
        rows = tuple(cells for each in speaking for cells in _rows(each, lines, near))
        yield Table(("test", "value", "line", "slack", "result"), rows, frozenset({1, 3}))
    else:
        yield Lines((NO_PARAGRAPH,))
    yield Lines(tuple(f"{rule}: {because}" for rule, because in unspoken(findings).items()))


def _rows(
    finding: Finding, lines: Collection[Fraction], near: Collection[str]
) -> Iterator[tuple[str, ...]]:
    """A paragraph: what it says of the item, its condition, then one row per test."""
    yield (f"{finding.paragraph}: {finding_words(finding, near)}",)
    yield (f"  if {finding.condition}",)
    yield from (_test_cells(test, lines) for test in finding.tests)
    if not finding.tests:
        yield ("    the circuit inside", "", "", "", WORD[finding.verdict])


def _test_cells(test: Test, lines: Collection[Fraction]) -> tuple[str, ...]:
    """Sum or quantity with its unit, value, line, distance, and whether the test is met."""
    own = unit(test.quantity.partition(" + ")[0])
    name = test.arithmetic.rpartition(" = ")[0] or label(test.quantity)
    return (
        f"    {name}" + (f", {own}" if own and own != name else ""),
        "unknown" if test.value is None else _cell(test.value, lines),
        "" if test.threshold is None else f"{test.op} {_cell(test.threshold, [test.threshold])}",
        distance(test.value, test.threshold),
        HOLDS[test.holds],
    )


def _cell(value: Any, lines: Collection[Any]) -> str:
    """A value, a number on its own side of every line of the rule set."""
    return text_number(value, lines) if isinstance(value, Fraction) else word(value)


def _citations(findings: tuple[Finding, ...]) -> Iterator[Block]:
    """Where each paragraph stands: once per rule its text, then the place of each paragraph."""
    speaking = spoken(findings)
    if not speaking:
        return
    yield Heading("CITATIONS")
    for rule in dict.fromkeys(each.rule for each in speaking):
        own = [each for each in speaking if each.rule == rule]
        first = own[0]
        grade = f"confidence {first.confidence}"
        yield Lines((f"{rule}, version {first.version}, {grade}: {first.source}",))
        places = (f"{each.paragraph}: {each.citation}" for each in own)
        yield Lines(tuple(filter(None, (first.url, *places))), indent=4)


def word(value: Any) -> str:
    """A fact's value for readers, every digit of it.

    Examples
    --------
    >>> word(True), word(None), word("ic")
    ('true', 'unknown', 'ic')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | date) else exact_text(value)


def _facts(said: Assessment, part: Part) -> Table:
    rows = tuple(
        (name, word(value), unit(name), _evidence(name, part)) for name, value in said.facts.items()
    )
    return Table(("fact", "value", "unit", "evidence"), rows, frozenset({1}))


def unit(name: str) -> str:
    """Unit of a fact, empty where it has none.

    Examples
    --------
    >>> unit("dram_bandwidth_gb_s"), unit("vendor")
    ('GB/s', '')
    """
    quantity = load_quantities().get(name)
    return "" if quantity is None or quantity.unit == "1" else quantity.unit


def _evidence(name: str, part: Part) -> str:
    declared = f"; vendor declares {part.declared}" if name == "tpp" and part.declared else ""
    return f"{part.grades.get(name, '')}{declared}".removeprefix("; ")
