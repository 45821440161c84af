"""The section of the back-test on optima that need no more than the shipped part does."""

from collections.abc import Iterator, Sequence

from optimizer.design.uncertain import ESTIMATES, POWER, SALVAGE
from optimizer.report.backtest_document import Backtest, Held, Row, Side
from optimizer.report.backtest_holds import Hold
from optimizer.report.estimates import Ends, Errors, ends_text, error_words
from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import as_printed, exact_text, share_text, significant, text_number
from optimizer.report.words import UNITS, label

TITLE = "WITH SALVAGE, POWER AND COST HELD"
_HEADER = ("part", "salvage >=", "power W <=", "cost USD <=", "tokens/s", "share", "proof")
_NUMBERS = frozenset(range(1, 6))
_DASH = "-"
NAMES = {"salvage_share": "Salvage", "power_w": "Power", "unit_cost_usd": "Cost"}
_WHAT = (
    "The optimum once more where it may need no better bin than the shipped part (salvage share), "
    "draw no more power and cost no more, both sides by the solver's own estimates; of the part's "
    "power the published class stands, or an estimate marked est where that is more. The "
    "optimum above does not read the shipped part; this one depends on it by definition."
)
_COLUMNS = (
    "tokens/s is the held optimum's, the share is shipped over it. A dash: not known of the part, "
    "so not held or not compared. What the estimates do not tell apart, as two memory parts of one "
    "price, they cannot account for."
)


def held_blocks(found: Backtest) -> list[Block]:
    """The section: what is held at what value, the held optimum, and what it says.

    Parameters
    ----------
    found : Backtest

    Returns
    -------
    list of Block
        Empty where no row is compared.
    """
    pairs = [(row, row.held) for row in found.rows if row.held is not None]
    if not pairs:
        return []
    cells = tuple(_cells(row, held) for row, held in pairs if held.optimum is not None)
    table = Table(_HEADER, cells, _NUMBERS)
    said = tuple(" ".join(_said(held)) for _, held in pairs)
    err = f"Beside p10 to p90 the estimates err, out of sample, by: {_errors(pairs)}."
    return [Heading(TITLE), Lines((_WHAT, _COLUMNS, err)), table, Lines(said, bullet=True)]


def held_flat(held: Held | None) -> Iterator[tuple[str, object]]:
    """The columns of a CSV row."""
    values = {} if held is None else {hold.quantity: hold.value for hold in held.holds}
    ends = {} if held is None else {hold.quantity: hold for hold in held.holds}
    for name in ("salvage_share", "power_w", "unit_cost_usd"):
        yield f"held_{name}", values.get(name)
        for end in ("low", "high"):
            yield f"held_{name}_{end}", getattr(ends.get(name), end, None)
    side = None if held is None else held.optimum
    yield "held_tokens_per_s_per_chip", side and side.tokens_per_s_per_chip
    for name in ("share", "accounted", "proved", "sentence"):
        yield f"held_{name}", None if held is None else getattr(held, name)


def _cells(row: Row, held: Held) -> tuple[str, ...]:
    values = {hold.quantity: hold.value for hold in held.holds}
    drawn = any(hold.quantity == POWER and hold.low is not None for hold in held.holds)
    share, power, cost = (values.get(n) for n in ("salvage_share", "power_w", "unit_cost_usd"))
    side = held.optimum
    return (
        row.derived_sku,
        _DASH if share is None else f"{exact_text(as_printed(share) * 100)} %",
        _DASH if power is None else f"{exact_text(power)}{' est' if drawn else ''}",
        _DASH if cost is None else exact_text(cost),
        _DASH if side is None else significant(side.tokens_per_s_per_chip),
        _DASH if held.share is None else share_text(held.share),
        {True: "proved", False: "not proved", None: _DASH}[held.proved],
    )


def _said(held: Held) -> Iterator[str]:
    """The sentence of a row, and what is not held or held elsewhere."""
    yield held.sentence
    if held.optimum is not None:
        yield f"It would ship {_knobs(held.optimum)}."
    known = [f"{_lower(hold)} {ends_text(hold.quantity, _ends(hold))}" for hold in held.holds
             if hold.low is not None]  # fmt: skip
    if known:
        yield f"Of the part, p10 to p90: {', '.join(known)}."
    for hold in held.holds:
        if not hold.note:
            continue
        name = NAMES[hold.quantity]
        if hold.value is None:
            yield f"{name} not held: {hold.note}."
        else:
            yield f"{name} held at the part's own: {hold.note}."


def _ends(hold: Hold) -> Ends:
    return Ends(low=hold.low, high=hold.high)


def _lower(hold: Hold) -> str:
    unit = UNITS[hold.quantity]
    return label(hold.quantity) + ("" if hold.quantity == SALVAGE else f" in {unit}")


def _errors(pairs: Sequence[tuple[Row, Held]]) -> str:
    """How far the estimates that are held err beside their intervals."""
    errors: dict[str, Errors] = {}
    for row, held in pairs:
        own = errors.setdefault(row.base_die, {})
        own |= {str(h.quantity): h.relative_error for h in held.holds if h.low is not None}
    return error_words(errors, ESTIMATES)


def _knobs(side: Side) -> str:
    """What the held optimum is made of."""
    said = {name: v if isinstance(v, str) else exact_text(v) for name, v in side.knobs.items()}
    links = f", {said['links']} links" if side.knobs["links"] else ""
    drawn = "" if side.power_w is None else f", and draw {text_number(side.power_w, digits=0)} W"
    return (
        f"{said['cores']} cores at {said['clock_mhz']} MHz, tensor rate {said['tensor_rate']}, "
        f"{said['memory_gb']} GB of {said['memory_part']} at {said['dram_gb_s']} GB/s{links}, on "
        f"{said['board']}{drawn}"
    )
