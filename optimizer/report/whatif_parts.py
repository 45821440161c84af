"""The page's half on parts that exist: counts, who changes class and by what, what follows."""

from collections.abc import Iterator

from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import percent, text_number
from optimizer.report.whatif_document import (
    Consequences,
    Side,
    SkuRow,
    StandingRow,
    WhatIfDocument,
)
from optimizer.report.words import label, short

CAUGHT, OPEN = "controlled", "undetermined"
# Names that a line of text lists where the class stays.
MOST_NAMES = 8


def part_blocks(document: WhatIfDocument) -> Iterator[Block]:
    """Blocks on the cataloged parts."""
    yield Heading("PARTS OF THE CATALOG, whenever sold, classified under both")
    rows = tuple((c.before, c.after, text_number(c.parts)) for c in document.counts)
    yield Table(("before", "after", "parts"), rows, frozenset({2}))
    yield from _asked(document)
    yield from _changed(document.skus)
    yield from _paragraphs(document.skus)
    yield from _aftermath(document.skus)
    yield from _undetermined(document.skus)


def _changed(skus: tuple[SkuRow, ...]) -> Iterator[Block]:
    """Parts that change class, by the change."""
    groups: dict[str, list[SkuRow]] = {}
    for row in skus:
        if row.change == "class":
            groups.setdefault(f"{_class(row, 'before')} -> {_class(row, 'after')}", []).append(row)
    for name, rows in groups.items():
        yield Heading(f"{name}: {len(rows)}", 3)
        yield Table(("part", "decided by"), tuple((r.sku, "; ".join(_decides(r))) for r in rows))


def _asked(document: WhatIfDocument) -> Iterator[Block]:
    """Parts asked for by name, whether or not the change touches them."""
    if document.parts:
        known = {row.sku: row for row in document.skus}
        rows = [known[name] for name in document.parts]
        yield Heading("parts asked for", 3)
        yield Table(
            ("part", "before", "after", "caught by"),
            tuple((r.sku, r.before.verdict, r.after.verdict, _grounds(r)) for r in rows),
        )


def _grounds(row: SkuRow) -> str:
    """Paragraphs that catch a part, those of one side alone marked."""
    old, new = row.before.paragraphs, row.after.paragraphs
    found = [short(p) if p in new else f"before only {short(p)}" for p in old]
    found += [f"now {short(p)}" for p in new if p not in old]
    needs = dict.fromkeys((*row.before.needs, *row.after.needs))
    found += [f"needs {', '.join(needs)}"] if needs else []
    return "; ".join(found) or "nothing"


def _class(row: SkuRow, side: str) -> str:
    """Verdict; with the tier where it alone differs."""
    mine: StandingRow = getattr(row, side)
    same = row.before.verdict == row.after.verdict
    return f"{mine.verdict}, tier {mine.tier}" if same else mine.verdict


def _decides(row: SkuRow) -> Iterator[str]:
    """Paragraphs that begin or cease to catch the part; without any, those open on one side."""
    margins = row.detail.margins if row.detail else ()
    for state, words in ((CAUGHT, ("", "no more ")), (OPEN, ("open: ", "no more open: "))):
        moved = [
            m for m in margins if (_verdict(m.before) == state) != (_verdict(m.after) == state)
        ]
        for margin in moved:
            new = _verdict(margin.after) == state
            side = margin.after if new else margin.before
            yield f"{words[not new]}{short(margin.paragraph)}{_distance(side)}"
        if moved:
            break
    if row.after.verdict == OPEN:
        yield f"needs {', '.join(row.after.needs)}"
    if row.detail and row.detail.after.holds is False:
        yield f"not so at every live claim of {', '.join(row.detail.disputed)}"


def _verdict(side: Side | None) -> str:
    return "" if side is None else side.verdict


def _distance(side: Side | None) -> str:
    """Value, line and the exact distance between them."""
    if side is None or side.slack is None or not _is_number(side.value, side.line):
        return ""
    value = text_number(side.value, [side.line])  # type: ignore[arg-type, list-item]
    line = text_number(side.line)  # type: ignore[arg-type]
    slack = text_number(side.slack, [0])
    return f": {label(side.quantity)} {value}, line {line}, slack {slack} {side.unit}".rstrip()


def _is_number(*values: object) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _paragraphs(skus: tuple[SkuRow, ...]) -> Iterator[Block]:
    """Paragraphs that begin or cease to catch parts whose class stays."""
    found: dict[str, list[str]] = {}
    for row in skus:
        if row.change == "paragraphs":
            old, new = row.before.paragraphs, row.after.paragraphs
            words = [f"now also {p}" for p in new if p not in old]
            words += [f"no more {p}" for p in old if p not in new]
            for word in words:
                found.setdefault(word, []).append(row.sku)
    if found:
        yield Heading("caught on other grounds, class unchanged", 3)
        rows = tuple(f"{word}: {len(names)} ({_some(names)})" for word, names in found.items())
        yield Lines(rows, bullet=True)


def _some(names: list[str]) -> str:
    """The first names, and how many more; the CSV has them all."""
    more = len(names) - MOST_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:MOST_NAMES])} and {more} more"


def _aftermath(skus: tuple[SkuRow, ...]) -> Iterator[Block]:
    """License, review and duty where they differ, by the difference."""
    found: dict[str, list[str]] = {}
    alone = 0
    for row in skus:
        if row.detail is None:
            continue
        words = "; ".join(_follows(row.detail.before, row.detail.after))
        if words:
            found.setdefault(words, []).append(row.sku)
            alone += row.change != "class"
    if found:
        only = f"; {alone} of these parts keep their class" if alone else ""
        yield Heading(f"what follows{only}", 3)
        rows = tuple(f"{word}: {len(names)} ({', '.join(names)})" for word, names in found.items())
        yield Lines(rows, bullet=True)


def _follows(before: Consequences, after: Consequences) -> Iterator[str]:
    pairs = {
        "license": (_words(before.license), _words(after.license)),
        "review": (_review(before), _review(after)),
        "US import duty": (_duty(before), _duty(after)),
    }
    for name, (old, new) in pairs.items():
        if old != new:
            yield f"{name} {old} -> {new}"
    for text in (each for each in after.exceptions if each not in before.exceptions):
        yield f"exception {_words(text)}"


def _review(said: Consequences) -> str:
    paragraph = f" ({short(said.review_paragraph)})" if said.review_paragraph else ""
    return _words(said.review) + paragraph


def _duty(said: Consequences) -> str:
    status = _words(said.duty)
    return status if said.duty_rate is None else f"{status} {percent(said.duty_rate)}"


def _words(text: str) -> str:
    return text.replace("_", " ")


def _undetermined(skus: tuple[SkuRow, ...]) -> Iterator[Block]:
    """Parts without a verdict, and what would settle it."""
    rows = tuple(
        (row.sku, _needs(row)) for row in skus if OPEN in (row.before.verdict, row.after.verdict)
    )
    if rows:
        yield Heading("undetermined, and the facts that would settle it", 3)
        yield Table(("part", "needs"), rows)


def _needs(row: SkuRow) -> str:
    old, new = ", ".join(row.before.needs), ", ".join(row.after.needs)
    return old if old == new else f"before {old or 'none'}; after {new or 'none'}"
