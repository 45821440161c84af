"""A what-if as a page: the change, the parts that exist, the parts designed anew."""

from collections.abc import Iterator

from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.result import ParentRow
from optimizer.report.whatif_designs import design_blocks, signed
from optimizer.report.whatif_document import WhatIfDocument
from optimizer.report.whatif_parts import part_blocks
from optimizer.report.words import NOT_ADVICE

PROOF = {
    "optimal": "every best design is proved optimal in projection",
    "feasible": "NOT every best design is PROVED optimal",
    "infeasible": "no design is left",
    "undecided": "not decided",
}
BAND = "The margin keeps new designs away from the lines; parts that exist are classed without it."
PROJECTED = "Throughput is projected, not measured. A controlled part needs a license."


def as_page(document: WhatIfDocument, form: str) -> str:
    """The document as text of at most 80 columns, or as Markdown."""
    parts = list(blocks(document))
    return as_markdown(parts) if form == "md" else as_text(parts)


def blocks(document: WhatIfDocument) -> Iterator[Block]:
    """Parts of the page, in reading order."""
    yield Heading(f"WHAT IF {', '.join(document.change)}: {headline(document)}", 1)
    old, new = document.before, document.after
    same = (old.id, old.on) == (new.id, new.on)
    after = "the same, changed" if same else f"{new.id} on {new.on}"
    proof = [PROOF[status] for status in (document.status_before, document.status_after)]
    yield Lines(
        (
            f"before: {old.id} on {old.on}; after: {after}; exported to {document.destination}",
            proof[0] if proof[0] == proof[1] else f"before: {proof[0]}; after: {proof[1]}",
            f"law as last checked on {document.versions['law']}",
            *((BAND,) if document.inputs["before"]["margin"] else ()),
            PROJECTED,
            NOT_ADVICE,
        )
    )
    yield Heading("WHAT CHANGES IN THE RULES")
    yield _rules(document)
    yield from part_blocks(document)
    yield from design_blocks(document)
    if document.assumptions:
        yield Heading("ASSUMES")
        yield Lines(document.assumptions, bullet=True)
    if document.warnings:
        yield Heading("WARNINGS")
        yield Lines(document.warnings, bullet=True)
    yield Heading("NEXT")
    yield Lines(("--format csv gives every part, paragraph and rule set with its margin",))


def headline(document: WhatIfDocument) -> str:
    """Both answers in one line."""
    changed = sum(row.change == "class" for row in document.skus)
    parts = f"{changed} of {len(document.skus)} parts change class"
    old = _first([each.before for each in document.parents])
    new = _first([each.after for each in document.parents])
    if old is None or new is None:
        return f"{parts}; {'no design before' if old is None else 'no design is left'}"
    speeds = old.tokens_per_s_per_chip or 0, new.tokens_per_s_per_chip or 0
    dies = "" if old.parent == new.parent else f", cut from {new.parent} instead of {old.parent}"
    alone = f" of {old.parent} alone" if len(document.parents) == 1 else ""
    if speeds[0] == speeds[1]:
        return f"{parts}; the best design{alone} stays as fast{dies}"
    sure = "sign sure" if document.best_told_apart else "sign unsure"
    change = signed(speeds[1] / speeds[0] - 1)
    return f"{parts}; best design{alone} {change} ({sure}){dies}"


def _first(rows: list[ParentRow]) -> ParentRow | None:
    return next((row for row in rows if row.rank == 1), None)


def _rules(document: WhatIfDocument) -> Block:
    if not document.differences:
        return Lines(("no rule; the day alone, and with it which memory parts are on sale",))
    rows = tuple((d.rule, d.change, "; ".join(d.what)) for d in document.differences)
    return Table(("rule", "change", "what"), rows)
