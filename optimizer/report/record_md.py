"""A classification record as Markdown."""

from collections.abc import Iterator

from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown
from optimizer.report.record import (
    GRADES,
    NO_PARAGRAPH,
    NOT_ADVICE,
    SIGN_OFF,
    TITLE,
    ClassificationRecord,
    ParagraphRow,
)
from optimizer.report.record_evidence import Cited, FactRow


def as_markdown_record(record: ClassificationRecord) -> str:
    """The record, one table a part, with an empty sign-off at its end."""
    return as_markdown(list(_blocks(record)))


def _blocks(record: ClassificationRecord) -> Iterator[Block]:
    yield Heading(f"{TITLE}: {record.item}", 1)
    yield Lines((f"{record.headline} {record.scope}.", NOT_ADVICE))
    yield Lines(record.standing, bullet=True)
    yield Heading("What was asked")
    yield Table(("field", "value"), record.header)
    yield Heading("Facts")
    yield Table(
        ("fact", "value", "unit", "basis", "grade", "rests on", "source"),
        tuple(
            (f.name, f.value, f.unit, f.basis, f.grade or "-", f.note or "-", _numbers(record, f))
            for f in record.facts
        ),
        frozenset({1}),
    )
    yield Lines((GRADES,))
    if record.sources:
        yield Table(("source", "title and address"), tuple(_listed(record.sources)))
    yield from _paragraphs(record)
    yield Heading("What follows")
    yield Table(
        ("matter", "answer"),
        tuple((title, line) for title, lines in record.matters for line in lines),
    )
    yield from _limits(record)
    yield Heading("Sign-off")
    yield Table(("", ""), tuple((label, "") for label in SIGN_OFF))
    yield Table(("hash or version", ""), record.hashes)
    yield Lines((NOT_ADVICE,))


def _paragraphs(record: ClassificationRecord) -> Iterator[Block]:
    yield Heading("Paragraph by paragraph")
    if record.paragraphs:
        yield Table(
            ("paragraph", "test", "arithmetic", "value", "line", "slack", "result"),
            tuple(row for each in record.paragraphs for row in _tests(each)),
            frozenset({3, 5}),
        )
        yield Table(
            ("paragraph", "verdict", "because", "citation", "status and grades"),
            tuple(
                (p.id, p.verdict, p.because or "-", _source(p.citation), p.grades)
                for p in record.paragraphs
            ),
        )
    else:
        yield Lines((NO_PARAGRAPH,))
    yield Lines(record.silent, bullet=True)


def _limits(record: ClassificationRecord) -> Iterator[Block]:
    for title, lines in (
        ("Assumptions", record.assumptions),
        ("Warnings", record.warnings),
        ("Not screened", record.not_screened),
    ):
        yield Heading(title)
        yield Lines(lines or ("none",), bullet=True)


def _tests(paragraph: ParagraphRow) -> Iterator[tuple[str, ...]]:
    for each in paragraph.tests:
        yield (
            paragraph.id,
            each.test,
            each.arithmetic,
            each.value,
            each.line,
            each.slack,
            each.holds,
        )
    if not paragraph.tests:
        yield (paragraph.id, "of the circuit inside", "", "", "", "", paragraph.verdict)


def _numbers(record: ClassificationRecord, fact: FactRow) -> str:
    return ", ".join(str(record.sources.index(each) + 1) for each in fact.sources) or "-"


def _listed(sources: tuple[Cited, ...]) -> Iterator[tuple[str, str]]:
    yield from ((str(number), _source(each)) for number, each in enumerate(sources, start=1))


def _source(cited: Cited) -> str:
    return f"{cited.text} ({cited.url})" if cited.url else cited.text
