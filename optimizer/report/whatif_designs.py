"""The page's half on parts designed anew: throughput, what is traded, what binds, next moves."""

from collections.abc import Iterator
from fractions import Fraction

from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import outward_text, percent, significant, text_number
from optimizer.report.parents_text import why_none
from optimizer.report.ratio import SURE
from optimizer.report.result import JsonNumber, ParentRow, Value
from optimizer.report.whatif_document import MoveRow, ParentChange, WhatIfDocument
from optimizer.report.words import MOVED_LINES, UNITS, interval, label, line_text

# Digits of a throughput beside another.
MOST_DIGITS = 9
EXPLAIN = "optimize --rules ... -o FILE.json under the law after, then optimize explain FILE.json"
MOVE_WORDS = (
    f"{MOVED_LINES}; in parentheses: tokens/s after the move, its 80 % interval, whether the sign "
    "is sure"
)
REACH = {
    ("up", "past"): "above {}",
    ("up", "at"): "to {} or more",
    ("down", "past"): "below {}",
    ("down", "at"): "to {} or less",
}


def design_blocks(document: WhatIfDocument) -> Iterator[Block]:
    """Blocks on the best design of each die."""
    ranked = [p for p in document.parents if _best(p.before) or _best(p.after)]
    yield Heading(f"DESIGNED ANEW, best of each die on {document.workload}")
    if ranked:
        yield from _throughput(ranked, document)
        yield from _traded(ranked)
        yield from _binds(ranked)
        yield from _moves(ranked)
    none = [p for p in document.parents if not (_best(p.before) and _best(p.after))]
    if none:
        yield Heading("DIES WITHOUT A DESIGN")
        yield Table(("die", "why"), tuple((p.parent, _why(p)) for p in none))
    lost = [p.parent for p in none if _best(p.before)]
    if lost:
        yield Lines((f"what would bring one back for {', '.join(lost)}: {EXPLAIN}",))


def _best(row: ParentRow) -> bool:
    return row.tokens_per_s_per_chip is not None


def _throughput(ranked: list[ParentChange], document: WhatIfDocument) -> Iterator[Block]:
    rows = tuple(
        (
            p.parent,
            _speed(p.before),
            _speed(p.after),
            "-" if p.change is None else signed(p.change),
            f"{_units(p.h100_equivalents_before)} -> {_units(p.h100_equivalents_after)}",
            SURE[p.sign_survives],
        )
        for p in ranked
    )
    ends = tuple((p.parent, _ends(p.before), _ends(p.after), _quotient(p)) for p in ranked)
    header = ("die", "before", "after", "change", "in H100s", "sign")
    yield Table(header, rows, frozenset(range(1, 5)))
    yard = significant(document.h100_tokens_per_s_per_chip)
    yield Lines(
        (
            f"tokens/s per chip, projected; H100 = 1 is h100_sxm at {yard} on the same workload "
            f"and stack (80 % interval {interval(document.h100_low, document.h100_high)})",
            document.sign_rule,
        )
    )
    yield Heading("80 % intervals", 3)
    yield Table(("die", "tokens/s before", "tokens/s after", "after over before"), ends)


def _speed(row: ParentRow) -> str:
    return significant(row.tokens_per_s_per_chip) if _best(row) else "none"


def _ends(row: ParentRow) -> str:
    return interval(row.low, row.high) if _best(row) else "-"


def _quotient(change: ParentChange) -> str:
    """The interval of the ratio; a dash where nothing changes."""
    of = change.ratio if change.change else None
    return "-" if of is None else f"{percent(of.low, 1)} to {percent(of.high, 1)}"


def _units(share: JsonNumber | None) -> str:
    return significant(share, 2)


def signed(change: JsonNumber) -> str:
    """A relative change with its sign.

    Examples
    --------
    >>> signed(-0.0993), signed(0.0002), signed(0), signed(1.5)
    ('-9.93 %', '+0.02 %', 'none', '+150 %')
    """
    if change == 0:
        return "none"
    return ("+" if change > 0 else "-") + percent(abs(change), 2)


def _traded(ranked: list[ParentChange]) -> Iterator[Block]:
    rows = tuple(
        (
            p.parent if i == 0 else "",
            label(t.name),
            _value(t.before),
            _value(t.after),
            _unit(t.name),
        )
        for p in ranked
        for i, t in enumerate(p.traded)
    )
    same = [p.parent for p in ranked if not p.traded and p.change is not None]
    if rows or same:
        yield Heading("what is traded", 3)
    if rows:
        yield Table(("die", "knob", "before", "after", "unit"), rows, frozenset({2, 3}))
    if same:
        yield Lines((f"the same best design before and after: {', '.join(same)}",))


def _unit(name: str) -> str:
    return UNITS.get(name, "")


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else text_number(value)


def _binds(ranked: list[ParentChange]) -> Iterator[Block]:
    lines = [
        f"{p.parent} {word}: {_lines(row)}" for p in ranked for word, row in _sides(p) if _best(row)
    ]
    yield Heading("what binds", 3)
    yield Lines(tuple(lines), bullet=True)


def _sides(change: ParentChange) -> Iterator[tuple[str, ParentRow]]:
    """Both sides, or one where they are bound alike."""
    if change.before.binding == change.after.binding:
        yield "before and after", change.after
    else:
        yield "before", change.before
        yield "after", change.after


def _lines(row: ParentRow) -> str:
    found = dict.fromkeys(line_text(line) for b in row.binding for line in b.by)
    return "; ".join(found) or "the ends of its own knobs"


def _moves(ranked: list[ParentChange]) -> Iterator[Block]:
    lines = [text for p in ranked for text in _moves_of(p)]
    if lines:
        yield Heading("next move of each threshold, from the law after", 3)
        yield Lines((MOVE_WORDS,))
        yield Lines(tuple(lines), bullet=True)
    rest = [p.parent for p in ranked if _best(p.after) and not p.moves]
    if lines and rest:
        yield Lines((f"not listed for {', '.join(rest)}: name a die with --parent",))


def _moves_of(change: ParentChange) -> Iterator[str]:
    for path in dict.fromkeys(move.threshold for move in change.moves):
        moves = [move for move in change.moves if move.threshold == path]
        now = f"{text_number(moves[0].now)} {moves[0].unit}".rstrip()
        yield f"{change.parent}, {path}, now {now}: {'; '.join(map(_move, moves))}"


def _move(move: MoveRow) -> str:
    """Where to, and what it buys or costs."""
    where = REACH[move.direction, move.reach].format(outward(move))
    if not move.tokens_per_s_per_chip:
        return f"{where} leaves no design"
    ends = interval(move.low, move.high)
    return f"{where} gives {signed(move.change)} ({_after(move)}; {ends}; {SURE[move.told_apart]})"


def _after(move: MoveRow) -> str:
    """Throughput after a move, with the digits that tell it from the one before."""
    after = move.tokens_per_s_per_chip
    before = after / (1 + move.change)
    digits = (n for n in range(4, MOST_DIGITS) if significant(after, n) != significant(before, n))
    return significant(after, next(digits, MOST_DIGITS))


def outward(move: MoveRow) -> str:
    """The exact value of a move; one without a short decimal away from the threshold."""
    return outward_text(Fraction(move.exact), upward=move.direction == "up")


def _why(change: ParentChange) -> str:
    """Why a die has no design: once where both sides agree."""
    old, new = (_reason(row) for row in (change.before, change.after))
    return old if old == new else f"before: {old}; after: {new}"


def _reason(row: ParentRow) -> str:
    return "has one" if _best(row) else f"{row.status}, {why_none(row)}"
