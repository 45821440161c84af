"""The back-test to read: a table with the reasons under each row, and a Markdown table."""

from collections.abc import Iterable, Iterator, Mapping

from optimizer.report.backtest_document import Backtest, Measure, Reason, Row, Side
from optimizer.report.backtest_held import held_blocks, held_flat
from optimizer.report.layout import (
    Block,
    Heading,
    Lines,
    Table,
    as_markdown,
    as_text,
)
from optimizer.report.numbers import exact_text, share_text, significant
from optimizer.report.ratio import ratio_words
from optimizer.report.table import rows_as_csv
from optimizer.report.words import NOT_ADVICE, interval, short

NAMES: Mapping[str, str] = {
    "tpp": "TPP",
    "performance_density": "PD",
    "dram_bandwidth_gb_s": "DRAM",
    "io_bandwidth_gb_s": "I/O",
    "total_bandwidth_gb_s": "DRAM+I/O",
}
"""Short names of the legal quantities, for columns."""

_DASH = "-"
# In Markdown a hyphen at the start of a cell would be escaped.
_MARKDOWN_DASH = "\N{EN DASH}"
_INDENT = 4
# A longer name goes on a line of its own, so that the numbers keep to the page.
_LONGEST_NAME = 14
_HEADER = ("part", "line", "solved", "shipped", "tokens/s", "shipped", "share", "proof")
_NUMBERS = frozenset(range(2, 7))
_WHAT = (
    "Each part stands beside the proved optimum of its die on the law and the parts on sale of "
    "its day."
)
_COLUMNS = (
    "Left: share of the legal line that the optimum comes nearest to. Right: projected tokens/s "
    "per chip of both, and shipped over solved. PD is TPP per mm2."
)
_CELLS = (
    "Cells read solved / shipped: shares of the legal line that would catch the part first, and "
    "projected tokens/s per chip. PD is TPP per mm2. A dash: no line of that law, or a fact is "
    "unknown."
)
_PARTS = "PARTS, solved and shipped"
_HONEST = (
    "Reasons are computed from the records. One after 'perhaps' fits them, but no vendor says so; "
    "the per cent before it is the throughput that this group of knobs alone costs. A row whose "
    "throughput is not compared has no reason."
)


def as_page(found: Backtest) -> str:
    """The back-test as plain text of at most 80 columns."""
    table = as_text([Table(_HEADER, tuple(_cells(row) for row in found.rows), _NUMBERS)])
    head, *lines = table.splitlines()
    parts = [
        as_text([Heading(_title(found), 1), Lines((f"{_WHAT} {_COLUMNS}", NOT_ADVICE))]),
        _PARTS,
        head,
    ]
    for line, row in zip(lines, found.rows, strict=True):
        parts += [line, as_text([Lines(tuple(_under(row)), indent=_INDENT)]).rstrip("\n")]
    parts += ["", as_text(_closing(found)).rstrip("\n")]
    return "\n".join(parts) + "\n"


def as_markdown_page(found: Backtest) -> str:
    """The back-test as Markdown, every legal quantity in a column of its own."""
    shares = ("share", "80 % interval of the share")
    rates = ("tokens/s", "80 % intervals")
    header = ("part", "die, law, workload", *NAMES.values(), *rates, *shares, "proof", "why")
    rows = tuple(_markdown_cells(row) for row in found.rows)
    blocks: list[Block] = [
        Heading(_title(found), 1),
        Lines((_WHAT, _CELLS, NOT_ADVICE)),
        Heading(_PARTS),
        Table(header, rows),
        *_closing(found),
    ]
    return as_markdown(blocks)


def as_csv(found: Backtest) -> str:
    """The back-test as CSV, one row per derivation, numbers unrounded."""
    return rows_as_csv([dict(_flat(row)) for row in found.rows], ("derivation", "status"))


def _title(found: Backtest) -> str:
    counts = ", ".join(f"{n} {status}" for status, n in found.counts.items() if n)
    where = f" on {found.workload}" if found.workload else ""
    return f"BACK-TEST{where}: {len(found.rows)} derivations, {counts}"


def _closing(found: Backtest) -> list[Block]:
    assumes = Lines(found.assumptions, bullet=True)
    return [*held_blocks(found), Heading("REASONS"), Lines((_HONEST,)), Heading("ASSUMES"), assumes]


def _cells(row: Row) -> tuple[str, ...]:
    near = _nearest(row)
    return (
        row.derived_sku if len(row.derived_sku) <= _LONGEST_NAME else "",
        _DASH if near is None else f"{NAMES[near.quantity]} {exact_text(near.line)}",
        _share(_of(row.optimum, near)),
        _share(_of(row.shipped, near)),
        _rate(row.optimum),
        _rate(row.shipped),
        _per_cent(row.share),
        _proof(row),
    )


def _markdown_cells(row: Row) -> tuple[str, ...]:
    shares = [
        _pair(*(_share(_measure(side, name)) for side in (row.optimum, row.shipped)))
        for name in NAMES
    ]
    rates = _pair(_rate(row.optimum), _rate(row.shipped))
    ends = _pair(_ends(row.optimum), _ends(row.shipped))
    between = _DASH if row.ratio is None else ratio_words(row.ratio)
    cells = (_per_cent(row.share), between, _proof(row))
    return (
        row.derived_sku,
        _standing(row),
        *shares,
        rates,
        ends,
        *(cell.replace(_DASH, _MARKDOWN_DASH) for cell in cells),
        " ".join(_why(row)) or "Within 4 %.",
    )


def _pair(solved: str, shipped: str) -> str:
    cells = _DASH if solved == shipped == _DASH else f"{solved} / {shipped}"
    return cells.replace(_DASH, _MARKDOWN_DASH)


def _standing(row: Row) -> str:
    """Die, law and day, market, workload."""
    law = "no rule set or day recorded" if row.rules is None else f"{row.rules} on {row.on}"
    market = "" if row.datacenter else ", not data center"
    work = f", {row.workload}" if row.workload else ""
    return f"{row.base_die}, {law}{market}{work}"


def _under(row: Row) -> Iterator[str]:
    """The lines under a row: where it stands, then why."""
    if len(row.derived_sku) > _LONGEST_NAME:
        yield row.derived_sku
    yield _standing(row)
    yield from _intervals(row)
    yield from _why(row)


def _intervals(row: Row) -> Iterator[str]:
    """80 % intervals of both sides and of the share, and whether they tell the two apart."""
    sides = (("solved", row.optimum), ("shipped", row.shipped))
    known = ", ".join(f"{name} {_ends(side)}" for name, side in sides if _ends(side) != _DASH)
    share = "" if row.ratio is None else f"; share {ratio_words(row.ratio)}"
    if known:
        yield f"80 % intervals: {known}{share}"


def _ends(side: Side | None) -> str:
    return _DASH if side is None or side.low is None else interval(side.low, side.high)


def _why(row: Row) -> Iterator[str]:
    if row.reasons:
        yield _sentence(row.reasons)
    if row.shipped is not None and row.shipped.reason:
        yield f"The shipped part cannot serve it: {row.shipped.reason}."
    yield from row.notes
    if row.missing:
        closed = "; so throughput is not compared and no reason is sought" if row.optimum else ""
        yield f"Undetermined, not known of {_by_record(row.missing)}{closed}."
    if row.status == "unmodified" and row.classification is not None:
        yield _licensing(row)


def _by_record(missing: Iterable[str]) -> str:
    """Facts that lack, each record named once."""
    found: dict[str, list[str]] = {}
    for text in missing:
        record, _, name = text.partition(": ")
        found.setdefault(record, []).append(name)
    return "; ".join(f"{record}: {', '.join(names)}" for record, names in found.items())


def _sentence(reasons: Iterable[Reason]) -> str:
    """Why the part is slower than the optimum, in one sentence."""
    said = ", and ".join(_clause(reason) for reason in reasons)
    return f"{said[:1].upper()}{said[1:]}."


def _clause(reason: Reason) -> str:
    many = "" if reason.group == "links" else "s"
    lost = "" if reason.lost is None else f" {_per_cent(reason.lost)}"
    head = f"{reason.group} cost{many}{lost}"
    if reason.support == "unexplained":
        return f"{head} and {reason.sentence}"
    return (
        f"{head}{', perhaps' if reason.support == 'consistent' else ''} because {reason.sentence}"
    )


def _licensing(row: Row) -> str:
    said = row.classification
    if said is None:
        return ""
    caught = ", ".join(short(name) for name in said.paragraphs)
    needs = f", needs {', '.join(said.review_needs)}" if said.review_needs else ""
    return (
        f"Verdict {said.verdict}, tier {said.tier} by {caught}; license {said.license}; review "
        f"{said.review.replace('_', ' ')} under {said.review_paragraph}{needs}."
    )


def _nearest(row: Row) -> Measure | None:
    """The line that the optimum comes nearest to; the shipped part's where there is no optimum."""
    side = row.optimum or row.shipped
    near = [m for m in side.measures if m.share is not None] if side else []
    return max(near, key=lambda m: m.share or 0, default=None)


def _of(side: Side | None, near: Measure | None) -> Measure | None:
    """The same quantity on one side, if it stands before the same line."""
    mine = None if near is None else _measure(side, near.quantity)
    return mine if mine is not None and near is not None and mine.line == near.line else None


def _measure(side: Side | None, quantity: str) -> Measure | None:
    found = (m for m in side.measures if m.quantity == quantity) if side else ()
    return next(iter(found), None)


def _share(measure: Measure | None) -> str:
    return _DASH if measure is None else _per_cent(measure.share)


def _per_cent(share: float | None) -> str:
    """A share that is not the whole never prints as the whole."""
    return _DASH if share is None else share_text(share)


def _rate(side: Side | None) -> str:
    return _DASH if side is None else significant(side.tokens_per_s_per_chip)


def _proof(row: Row) -> str:
    return {True: "proved", False: "not proved", None: _DASH}[row.proved]


def _flat(row: Row) -> Iterator[tuple[str, object]]:
    head = ("derivation", "base_die", "derived_sku", "status", "rules", "on", "datacenter")
    yield from ((name, getattr(row, name)) for name in (*head, "workload", "proved"))
    for label, side in (("optimum", row.optimum), ("shipped", row.shipped)):
        yield f"{label}_verdict", None if side is None else side.verdict
        for name in NAMES:
            measure = _measure(side, name)
            yield f"{label}_{name}", measure and measure.value
            yield f"{label}_{name}_line", measure and measure.line
        yield f"{label}_tokens_per_s_per_chip", side and side.tokens_per_s_per_chip
        yield f"{label}_low", side and side.low
        yield f"{label}_high", side and side.high
    yield "share", row.share
    for name in ("low", "high", "told_apart", "band"):
        yield f"share_{name}", row.ratio and getattr(row.ratio, name)
    yield "why", " ".join(_why(row))
    yield from held_flat(row.held)
