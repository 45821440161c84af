"""The accuracy page: what was compared, errors by group, held-out figures, what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from optimizer.projection.accuracy import (
    Pair,
    Score,
    by,
    covered,
    out_of_fold_coverage,
    pairs_of,
    score,
)
from optimizer.projection.calibration import Calibration, stored_constants
from optimizer.projection.heldout import HeldOut
from optimizer.projection.heldout_report import Lines, heldout_sections, score_table
from optimizer.projection.intervals import Interval
from optimizer.projection.measured import ProjectedRow

Rows = Sequence[Mapping[str, str]]
QUANTITIES = {"throughput": "tokens/s", "ttft_ms": "TTFT", "tpot_ms": "TPOT"}
WIDTH = 80
"""Columns of the text form."""
NOTHING_MEASURED = "No measured column is filled: nothing to compare."
_HEAD = f"{'':28}{'rows':>6}{'MdAPE':>9}{'p90':>9}{'bias':>8}"


@dataclass(frozen=True)
class Run:
    """Rows and what was projected of them; `held` where they are the rows of the fit."""

    rows: Rows
    projected: Sequence[ProjectedRow]
    name: str
    held: HeldOut | None = None


def _line(name: str, found: Score) -> str:
    shown = name if len(name) < 28 else name[:24] + "..."
    errors = f"{found.mdape:>9.1%}{found.p90:>9.1%}"
    return f"{shown:28}{found.rows:>6}{errors}{found.bias:>8.2f}"


def _quantities(rows: Rows, projected: Sequence[ProjectedRow]) -> dict[str, Score]:
    found = {}
    for quantity, label in QUANTITIES.items():
        pairs = pairs_of(rows, projected, quantity)
        if pairs:
            found[label] = score(pairs)
    return found


def as_text(rows: Rows, projected: Sequence[ProjectedRow]) -> str:
    """Return the summary of a run, at most 80 columns."""
    done = sum(p.reason is None for p in projected)
    lines = [f"{done} of {len(projected)} rows projected ({done / len(projected):.1%})"]
    quantities = _quantities(rows, projected)
    if quantities:
        lines += ["", f"ERROR BY QUANTITY{_HEAD[17:]}"]
        lines += [_line(k, s) for k, s in quantities.items()]
    if pairs := pairs_of(rows, projected, "throughput"):
        lines += ["", f"THROUGHPUT BY REGIME{_HEAD[20:]}"]
        lines += [_line(k, s) for k, s in by(pairs, lambda p: p.regime).items()]
        lines += ["", f"THROUGHPUT BY DEVICE{_HEAD[20:]}"]
        lines += [_line(k, s) for k, s in by(pairs, lambda p: p.gpu).items()]
    if quantities:
        lines += ["", "MdAPE: median absolute relative error; bias: median projected/measured."]
        lines += ["Of rows that the constants were fitted on, errors held out are larger:"]
        lines += ["docs/validation.md, or --report FILE."]
    else:
        lines += ["", NOTHING_MEASURED]
    lines += _counted((p.note for p in projected), "NOTES")
    lines += _counted((p.reason for p in projected), "NOT PROJECTED")
    return "\n".join(lines) + "\n"


def _counted(said: Iterable[str | None], head: str = "") -> Lines:
    """How many rows say the same, most first; as text under a heading, else as Markdown."""
    counts = Counter(words for words in said if words is not None)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if not head:
        return [f"- {count} row{'s' * (count > 1)}: {words}" for words, count in ordered]
    texts = (
        wrap(words, WIDTH, initial_indent=f"{count:>5}  ", subsequent_indent=" " * 7)
        for words, count in ordered
    )
    return ["", head, *(line for text in texts for line in text)] if ordered else []


def _bounds() -> Lines:
    """Constants that stopped at an end of the range of the fit."""
    ends = stored_constants().at_bound
    if not ends:
        return []
    said = ", ".join(f"`{name}` ({side})" for name, side in ends.items())
    return [f"At an end of the range of the fit, where the rows ask for more: {said}.", ""]


def _errors(run: Run, bands: Mapping[str, Interval]) -> Lines:
    """Errors of the measured figures by quantity; of throughput by group, and what it lay in."""
    quantities = _quantities(run.rows, run.projected)
    if not quantities:
        return [NOTHING_MEASURED]
    lines = [*score_table("Quantity", quantities), ""]
    pairs = pairs_of(run.rows, run.projected, "throughput")
    if pairs:
        lines += [
            *score_table("Regime", by(pairs, lambda p: p.regime)),
            "",
            *score_table("Device", by(pairs, lambda p: p.gpu)),
            "",
            *score_table("Source", by(pairs, lambda p: p.source)),
            "",
            *_bounds(),
            f"Inside the 80 % interval of the row: {covered(run.rows, run.projected):.1%} of these "
            f"rows{_out_of_fold(pairs) if run.held else ''}.",
            "",
        ]
    return [
        *lines,
        "| Interval | rows | low | high |",
        "|---|---:|---:|---:|",
        *(f"| {k} | {b.rows} | {b.low:.2f} | {b.high:.2f} |" for k, b in bands.items()),
    ]


def _out_of_fold(pairs: Sequence[Pair]) -> str:
    share = out_of_fold_coverage(pairs)
    return f"; {share:.1%} when intervals are made of them without the workload"


def as_markdown(run: Run, calibration: Calibration, bands: Mapping[str, Interval]) -> str:
    """Return the page `docs/validation.md`."""
    done = sum(p.reason is None for p in run.projected)
    fitted = run.held is not None
    notes = _counted(p.note for p in run.projected)
    lines = [
        "# How far projections lie from measurements",
        "",
        "Written by `optimize validate --report docs/validation.md`; do not edit."
        if fitted
        else "Written by `optimize validate --measured FILE --report FILE`.",
        "",
        f"Rows: `{run.name}`, {len(run.rows)} benchmark rows, {done} projected "
        f"({done / len(run.rows):.1%}). Constants: `{calibration.id}` of "
        f"{calibration.fitted_date}, one set for all devices. MdAPE is the median, p90 the 90th "
        "percentile of |projected / measured - 1|; bias is the median of projected / measured.",
        "",
    ]
    if run.held is not None:
        lines += heldout_sections(run.rows, run.held, done / len(run.rows))
    lines += [
        "## The rows of the fit, by the stored constants" if fitted else "## Errors",
        "",
        *_errors(run, bands),
        "",
        *(["## Notes", "", *notes, ""] if notes else []),
        "## Not projected",
        "",
        *_counted(p.reason for p in run.projected),
    ]
    return "\n".join(lines) + "\n"
