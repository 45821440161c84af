"""The sheet as Markdown and as plain text: the blocks that every report is made of."""

from collections.abc import Iterator

from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.sheet.cells import named
from optimizer.report.sheet.model import Chart, ParagraphRow, Sheet
from optimizer.report.words import short

NAMED = (
    "Named are the parts cut from the same die for some law, then other such parts, then what "
    "they were cut from, as far as there is room."
)
EVERY = "The HTML and the JSON of this sheet hold every one."


def as_markdown_sheet(sheet: Sheet) -> str:
    """The sheet as Markdown."""
    return as_markdown(list(blocks(sheet)))


def as_text_sheet(sheet: Sheet) -> str:
    """The sheet as plain text of at most 80 columns."""
    return as_text(list(blocks(sheet)))


def blocks(sheet: Sheet) -> Iterator[Block]:
    """Every part of the sheet, in reading order."""
    said = sheet.classification
    yield Heading(sheet.name, 1)
    yield Lines((sheet.subtitle, f"Standing: {sheet.standing}."))
    yield Heading(said.headline)
    license_ = [f"{c.label}: {c.text}" for c in said.consequences[:1]]
    tier = f"tier {said.tier} (3A090); ECCN family {said.eccn}"
    yield Lines(tuple(line for line in (*license_, tier, said.nearest, sheet.disclaimer) if line))
    yield Heading("KEY FIGURES")
    rows = tuple((_noted(f.label, f.notes), f.cell.text, f.unit) for f in sheet.key_figures)
    yield Table(("figure", "value", "unit"), rows, frozenset({1}))
    yield from _specification(sheet)
    yield from _fuses(sheet)
    yield from _projection(sheet)
    yield from _classification(sheet)
    if sheet.chart is not None:
        yield from _chart(sheet.chart)
    for title, lines in (
        ("WHAT BINDS", sheet.binding),
        ("ASSUMES", sheet.assumptions),
        ("WARNINGS", sheet.warnings),
    ):
        if lines:
            yield Heading(title)
            yield Lines(lines, bullet=True)
    yield from _close(sheet)


def _noted(label: str, numbers: tuple[int, ...]) -> str:
    marks = ", ".join(str(n) for n in dict.fromkeys(numbers))
    return f"{label} ({marks})" if marks else label


def _specification(sheet: Sheet) -> Iterator[Block]:
    yield Heading("SPECIFICATION")
    yield Lines((f"Parent: {sheet.reference}, as its sources print it. Peaks are dense.",))
    for group in sheet.specification:
        yield Heading(group.title, 3)
        rows = tuple(
            (_noted(r.label, r.notes), r.design.text, r.parent.text, r.unit) for r in group.rows
        )
        yield Table(("", "this design", "parent", "unit"), rows, frozenset({1, 2}))


def _fuses(sheet: Sheet) -> Iterator[Block]:
    rows = tuple((f.name, f.die, f.parent, f.design, f.how) for f in sheet.fuse_map)
    yield Heading("FUSE MAP")
    yield Table(("", "die", "parent", "design", "how"), rows, frozenset({1, 2, 3}))


def _projection(sheet: Sheet) -> Iterator[Block]:
    p = sheet.projection
    yield Heading("PROJECTED THROUGHPUT, not measured")
    marks = ", ".join(str(n) for n in p.notes)
    yield Lines(
        (
            f"PROJECTED {p.tokens_per_s_per_chip.text} tokens/s per chip on '{p.workload}', "
            f"80 % interval {p.low.text} to {p.high.text} ({marks})",
        )
    )
    rows = tuple(
        (
            m.name, m.tokens_per_s_per_chip.text, f"{m.low.text} to {m.high.text}", m.ttft_ms.text,
            m.tpot_ms.text, m.chips.text, m.bound_by,
        )
        for m in p.members
    )  # fmt: skip
    header = ("member", "tokens/s", "80 % interval", "TTFT ms", "TPOT ms", "chips", "bound by")
    yield Table(header, rows, frozenset({1, 2, 3, 4, 5}))
    yield Lines(("; ".join(f"{m.name} is {m.model}" for m in p.members),))


def _classification(sheet: Sheet) -> Iterator[Block]:
    said = sheet.classification
    yield Heading(_noted("EXPORT CLASSIFICATION", said.notes))
    header = ("paragraph", "verdict", "value", "line", "margin", "test")
    right = frozenset({2, 3, 4})
    spoken = tuple(_paragraph(row) for row in said.paragraphs if not row.silent)
    yield Table(header, spoken, right)
    silent = "; ".join(
        f"{short(r.paragraph)} {named(r.verdict)} ({r.because})"
        for r in said.paragraphs
        if r.silent
    )
    if silent:
        yield Lines((f"Silent on this item: {silent}.",))
    cites = "; ".join(
        f"{short(r.paragraph)}: {r.citation} ({r.confidence})"
        for r in said.paragraphs
        if not r.silent
    )
    yield Lines((f"Citations, with confidence: {cites}.",))
    yield Heading("What follows", 3)
    follows = [(c.label, c.text) for c in said.consequences]
    follows += [("needs", ", ".join(said.needs))] if said.needs else []
    follows += [("for counsel", flag) for flag in said.flags]
    yield Table(("", ""), tuple(follows))
    if said.engineering:
        yield Heading("Engineering limits, no part of the verdict", 3)
        words = {"controlled": "beyond", "not_controlled": "within"}
        rows = tuple(
            (row[0], words.get(row[1], "not evaluated"), *row[2:])
            for row in map(_paragraph, said.engineering)
        )
        yield Table(("limit", "design is", *header[2:]), rows, right)


def _paragraph(row: ParagraphRow) -> tuple[str, ...]:
    margin = row.margin.text + (f" ({row.margin_share})" if row.margin_share else "")
    test = f"{row.condition} ({row.because})" if row.because else row.condition
    return (short(row.paragraph), row.verdict, row.value.text, _line(row), margin, test)


def _line(row: ParagraphRow) -> str:
    numeric = isinstance(row.line.value, int | float)
    return f"{row.line.text} {row.unit}".strip() if numeric else row.line.text


def _chart(chart: Chart) -> Iterator[Block]:
    yield Heading("REGIONS")
    others = f" Not in this plane: {chart.not_shown}." if chart.not_shown else ""
    yield Lines((chart.text + others,))
    rows = tuple(
        (short(r.paragraph), span(r.x_low, r.x_high), span(r.y_low, r.y_high))
        for r in chart.regions
    )
    yield Table(("paragraph", chart.x_title, chart.y_title), rows, frozenset({1, 2}))
    named = tuple((p.name, p.x_text, p.y_text, p.verdict) for p in chart.points if p.labeled)
    count = sum(p.role != "design" for p in chart.points)
    listed = sum(p.labeled and p.role != "design" for p in chart.points)
    yield Lines((f"{listed} of the {count} parts that lie in this plane. {NAMED} {EVERY}",))
    yield Table(("part", chart.x_title, chart.y_title, "verdict"), named, frozenset({1, 2}))


def span(low: float | None, high: float | None) -> str:
    """Bounds of a region in words; the verdict on a line itself is the condition's.

    Examples
    --------
    >>> span(1600.0, 2400.0), span(5.92, None), span(None, None)
    ('from 1,600 to 2,400', 'from 5.92', 'any')
    """
    bounds = [f"from {low:,.10g}"] if low is not None else []
    bounds += [f"to {high:,.10g}"] if high is not None else []
    return " ".join(bounds) or "any"


def _close(sheet: Sheet) -> Iterator[Block]:
    yield Heading("ENDNOTES")
    notes = (
        f"({n.number}) {n.text}" + (f" [{n.source}]" if n.source else "") for n in sheet.endnotes
    )
    yield Lines(tuple(notes))
    yield Heading("LIMITS OF THIS SHEET")
    withheld = [f"withheld as confidential: {', '.join(sheet.withheld)}"] if sheet.withheld else []
    yield Lines((sheet.disclaimer, f"not screened: {sheet.not_screened}", *withheld))
    yield Heading("HASHES AND VERSIONS", 3)
    pairs = [(f"sha256 of {k}", v.removeprefix("sha256:")) for k, v in sheet.hashes.items()]
    yield Table(("", ""), (*pairs, *sheet.versions.items()))
