"""A classification record: everything that an officer reads before signing, as plain values.

The record says what was asked, on which facts, under which text, paragraph by paragraph, and what
follows. It leaves the signature to a person. Markdown and HTML are renderings of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constraints import Assessment, Finding, Ruleset
from constraints.destinations import load_destinations
from constraints.findings import UNREACHED, Test
from optimizer.report.aftermath import consequences
from optimizer.report.assessment import NOT_SCREENED, Part, unit, word
from optimizer.report.canonical import digest, plain
from optimizer.report.check_words import (
    distance,
    elsewhere_lines,
    finding_words,
    guard_lines,
    headline,
    holds_lines,
    later_law,
    law_of,
    spoken,
    unspoken,
)
from optimizer.report.numbers import margin_text, text_number
from optimizer.report.record_evidence import Cited, FactRow, Origin, fact_rows, record_hashes
from optimizer.report.standing import NOT_IN_FORCE, status_of
from optimizer.report.words import NO_PARAGRAPH, NOT_ADVICE, family_words

TITLE = "Export classification record"
GRADES = (
    "grades: A law, filing or vendor document, opened; B press, teardown, database or copy; "
    "C estimate or hearsay; a fact without a source is not graded"
)
SIGN_OFF = ("Classified by", "Title", "Date", "Signature", "Reviewed by")
"""Lines that a person fills in; the program leaves them empty."""

# Matter -> how its lines begin among the consequences, and what is said where there are none.
MATTERS: Mapping[str, tuple[str, str]] = {
    "License requirement": ("license: ", "none"),
    "License exceptions": ("exception ", "none that lifts a control on this shipment"),
    "License review": ("review", "no license is needed, so nothing is reviewed"),
    "US import duty": ("US import duty: ", "not due under this rule set"),
    "Volume": ("volume: ", "no cap under this rule set"),
    "Reporting": ("reporting: ", "no duty to report under this rule set"),
}
HOLDS = {True: "met", False: "not met", None: "unknown"}


@dataclass(frozen=True, slots=True)
class TestRow:
    """One comparison: as the text has it, the sum, the value beside the line, the distance."""

    test: str
    arithmetic: str
    value: str
    line: str
    slack: str
    holds: str


@dataclass(frozen=True, slots=True)
class ParagraphRow:
    """One paragraph of the law with every test in it."""

    id: str
    verdict: str
    because: str
    citation: Cited
    grades: str
    tests: tuple[TestRow, ...]


@dataclass(frozen=True, slots=True)
class ClassificationRecord:
    """The whole record, in reading order.

    Attributes
    ----------
    verdict : str
        ``controlled``, ``not_controlled`` or ``undetermined``.
    headline : str
        The verdict in capitals, with what holds elsewhere where that differs.
    header, hashes : tuple of (str, str)
        Labels with their text.
    matters : tuple of (str, tuple of str)
        What follows from the verdict; every matter has at least one line.
    """

    item: str
    verdict: str
    headline: str
    scope: str
    standing: tuple[str, ...]
    header: tuple[tuple[str, str], ...]
    facts: tuple[FactRow, ...]
    paragraphs: tuple[ParagraphRow, ...]
    silent: tuple[str, ...]
    matters: tuple[tuple[str, tuple[str, ...]], ...]
    assumptions: tuple[str, ...]
    not_screened: tuple[str, ...]
    warnings: tuple[str, ...]
    hashes: tuple[tuple[str, str], ...]

    @property
    def sources(self) -> tuple[Cited, ...]:
        """Every source of a fact once, in the order of the facts; number 1 comes first."""
        return tuple(dict.fromkeys(each for fact in self.facts for each in fact.sources))


def record_of(said: Assessment, part: Part, rules: Ruleset, origin: Origin) -> ClassificationRecord:
    """The record of a classification.

    Parameters
    ----------
    said : Assessment
        What the checker found.
    part : Part
        What was classified.
    rules : Ruleset
        The rule set that said so.
    origin : Origin
        Where the facts come from.
    """
    facts = fact_rows(said, origin)
    return ClassificationRecord(
        item=part.name,
        verdict=said.verdict,
        headline=headline(said),
        scope=_scope(said),
        standing=tuple(_standing(said, rules)),
        header=tuple(_header(said, part, rules, origin)),
        facts=facts,
        paragraphs=tuple(_paragraph(each, rules) for each in spoken(said.findings)),
        silent=tuple(f"{rule}: {why}" for rule, why in unspoken(said.findings).items()),
        matters=tuple(_matters(said)),
        assumptions=said.assumptions,
        not_screened=tuple(NOT_SCREENED.split(", ")),
        warnings=tuple(_warnings(said, facts)),
        hashes=tuple(_hashes(said, rules, origin, facts)),
    )


def _scope(said: Assessment) -> str:
    place = f"under {law_of(said)}, exported to {_country(said.destination)}"
    if said.headquarters is None:
        return place
    return f"{place}, to a party with its seat in {_country(said.headquarters)}"


def _country(code: str) -> str:
    return f"{load_destinations().name(code)} ({code})"


def _standing(said: Assessment, rules: Ruleset) -> Iterator[str]:
    yield next(line for line in consequences(said) if line.startswith("license: "))
    yield f"3A090 tier: {said.tier}"
    yield family_words(said.eccn)
    yield from elsewhere_lines(said)
    if said.paragraphs:
        yield f"caught by {', '.join(said.paragraphs)}"
    yield from said.cautions
    if said.needs:
        yield f"needs {', '.join(said.needs)}: with these facts the answer could be another"
    yield from holds_lines(said)
    yield from guard_lines(said, margin_text(rules.margin))


def _header(
    said: Assessment, part: Part, rules: Ruleset, origin: Origin
) -> Iterator[tuple[str, str]]:
    yield "Item", part.name
    if part.id:
        yield "Item id", part.id
    yield "Facts from", origin.where
    if part.declared:
        yield "Vendor declares", f"TPP {part.declared}"
    yield "Rule set", f"{said.ruleset}: {rules.title}" if rules.title else said.ruleset
    yield "Law of", "; ".join((str(said.on), *later_law(said)))
    yield "Destination", _country(said.destination)
    seat = said.headquarters
    yield "Headquarters of the party", "not stated" if seat is None else _country(seat)
    yield "Exporter", rules.exporter or "not stated"
    yield "Evidence", origin.evidence_rule
    if rules.overrides:
        moved = (f"{path} = {value}" for path, value in rules.overrides.items())
        yield "Thresholds moved by the user", "; ".join(moved)
    if rules.margin:
        yield "Guard band", margin_text(rules.margin)
    yield "Law last checked", f"{said.last_checked} ({said.last_checked_text})"


def _paragraph(finding: Finding, rules: Ruleset) -> ParagraphRow:
    status = status_of(finding.rule, rules)
    grades = [NOT_IN_FORCE.get(status, status.replace("_", " "))]
    if finding.confidence:
        grades.append(f"text {finding.confidence}")
    if finding.grade:
        grades.append(f"facts {finding.grade}")
    return ParagraphRow(
        id=finding.paragraph,
        verdict=finding.verdict,
        because=_aside(finding),
        citation=Cited(finding.citation, finding.url),
        grades=", ".join(grades),
        tests=tuple(_test(each) for each in finding.tests),
    )


def _aside(finding: Finding) -> str:
    """What overrides the tests; of a text that stops at a border, whether they are met."""
    reached = finding.meets is False or not finding.because.startswith(UNREACHED)
    return finding.because if reached else finding_words(finding)


def _test(test: Test) -> TestRow:
    own = unit(test.quantity.partition(" + ")[0])
    lines = [] if test.slack is None else [test.threshold]
    return TestRow(
        test=test.text,
        arithmetic=test.arithmetic or ("-" if test.value is None else "as given"),
        value="unknown" if test.value is None else _shown(test.value, lines, own),
        line="" if test.threshold is None else f"{test.op} {_shown(test.threshold, [], own)}",
        slack=distance(test.value, test.threshold, own),
        holds=HOLDS[test.holds],
    )


def _shown(value: Any, lines: Iterable[Any], own: str) -> str:
    if isinstance(value, bool | str) or not hasattr(value, "numerator"):
        return word(value)
    return f"{text_number(value, lines)} {own}".rstrip()


def _matters(said: Assessment) -> Iterator[tuple[str, tuple[str, ...]]]:
    told = list(consequences(said))
    for title, (start, none) in MATTERS.items():
        lines = [line for line in told if line.startswith(start)]
        shown = [line.removeprefix(start).lstrip(":, ") for line in lines]
        yield title, (*(shown or [none]), *_basis(title, said))


def _basis(title: str, said: Assessment) -> Iterator[str]:
    """Where an answer stands in the law, beyond what its line says."""
    if title == "License exceptions":
        for each in said.exceptions:
            yield f"{each.id} is in {each.citation}"
    if title == "US import duty" and said.duty.status == "not_due" and said.duty.carve_out:
        yield f"freed by {said.duty.carve_out}"


def _warnings(said: Assessment, facts: tuple[FactRow, ...]) -> Iterator[str]:
    yield from (each for each in said.warnings if each not in said.cautions)
    secret = [row.name for row in facts if row.confidential]
    if secret:
        yield f"this record shows values marked confidential: {', '.join(secret)}"


def _hashes(
    said: Assessment, rules: Ruleset, origin: Origin, facts: tuple[FactRow, ...]
) -> Iterator[tuple[str, str]]:
    from optimizer import __version__

    inputs = {
        "facts": plain(said.facts),
        "destination": said.destination,
        "headquarters": said.headquarters,
        "strict_evidence": origin.strict,
        "rules": rules.digest,
    }
    yield "Inputs", digest(inputs)
    yield "Rule set", f"sha256:{rules.digest}"
    yield from record_hashes(origin)
    grades = ", ".join(f"{row.name} {row.grade}" for row in facts if row.grade)
    yield "Evidence grades", grades or "none: the facts are stated by the user"
    yield "Program", f"optimize {__version__}"


__all__ = [
    "GRADES",
    "NOT_ADVICE",
    "NO_PARAGRAPH",
    "SIGN_OFF",
    "TITLE",
    "ClassificationRecord",
    "record_of",
]
