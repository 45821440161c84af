"""The accuracy page as one HTML file: parity plots in SVG and the tables, no script, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from optimizer.projection.accuracy import Pair, score

# Side and margin of a plot. [px]
SIDE, MARGIN = 420, 48
# A color per regime, in the order of their first appearance.
_COLORS = ("#1b6ca8", "#c0392b", "#1e8449", "#8e44ad", "#b9770e", "#16a085", "#7f8c8d")
# Band drawn around equality: errors up to this.
_BAND = 0.3
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #ddd;"
    "padding:.2rem .7rem;text-align:left}svg{margin:.5rem}figure{display:inline-block;margin:0}"
)


def as_html(page: str, plots: Mapping[str, Sequence[Pair]]) -> str:
    """Return a page of Markdown tables with a plot of each quantity after its first section.

    Examples
    --------
    >>> page = as_html("# Title", {"x": [Pair("a", "rate", "s", 0, 10.0, 9.0)]})
    >>> page.count("<svg"), "<h1>Title</h1>" in page
    (1, True)
    """
    figures = "\n".join(parity(name, found) for name, found in plots.items() if found)
    title, _, rest = page.partition("\n")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title.lstrip('# '))}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>{escape(title.lstrip('# '))}</h1>\n{figures}\n{_body(rest)}\n</body></html>\n"
    )


def parity(name: str, found: Sequence[Pair]) -> str:
    """Return projected against measured on logarithmic axes, as SVG."""
    values = [v for pair in found for v in (pair.measured, pair.projected)]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    inner = SIDE - 2 * MARGIN

    def place(value: float) -> float:
        return (log10(value) - low) / max(high - low, 1) * inner

    def x(value: float) -> float:
        return MARGIN + place(value)

    def y(value: float) -> float:
        return SIDE - MARGIN - place(value)

    regimes = list(dict.fromkeys(pair.regime for pair in found))
    color = {r: _COLORS[i % len(_COLORS)] for i, r in enumerate(regimes)}
    parts = [f'<svg viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" role="img">']
    for power in range(low, high + 1):
        tick = 10.0**power
        parts.append(
            f'<path d="M{x(tick):.1f} {MARGIN}V{SIDE - MARGIN}M{MARGIN} {y(tick):.1f}'
            f'H{SIDE - MARGIN}" stroke="#e5e5e5"/><text x="{x(tick):.1f}" y="{SIDE - 28}" '
            f'font-size="11" text-anchor="middle">1e{power}</text><text x="{MARGIN - 6}" '
            f'y="{y(tick) + 4:.1f}" font-size="11" text-anchor="end">1e{power}</text>'
        )
    ends = 10.0**low, 10.0**high
    for factor in (1 - _BAND, 1.0, 1 + _BAND):
        dash = "" if factor == 1 else ' stroke-dasharray="4 4"'
        parts.append(
            f'<path d="M{x(ends[0]):.1f} {y(ends[0] * factor):.1f}L{x(ends[1]):.1f} '
            f'{y(ends[1] * factor):.1f}" stroke="#555"{dash}/>'
        )
    parts += [
        f'<circle cx="{x(p.measured):.1f}" cy="{y(p.projected):.1f}" r="1.6" '
        f'fill="{color[p.regime]}" fill-opacity=".5"/>'
        for p in found
    ]
    parts += _legend(name, found, color)
    return "<figure>" + "".join(parts) + "</svg></figure>"


def _legend(name: str, found: Sequence[Pair], color: Mapping[str, str]) -> list[str]:
    total = score(found)
    title = f"{name}: {total.rows} rows, MdAPE {total.mdape:.1%}"
    out = [f'<text x="{MARGIN}" y="{MARGIN - 14}" font-size="13">{escape(title)}</text>']
    for row, (regime, shade) in enumerate(color.items()):
        out.append(
            f'<text x="{MARGIN + 8}" y="{MARGIN + 16 + 13 * row}" font-size="11" fill="{shade}">'
            f"{escape(regime)}</text>"
        )
    axis = '<text x="{}" y="{}" font-size="11" text-anchor="middle">measured</text>'
    out.append(axis.format(SIDE / 2, SIDE - 10))
    out.append(
        f'<text transform="translate(12 {SIDE / 2}) rotate(-90)" font-size="11" '
        'text-anchor="middle">projected</text>'
    )
    return out


def _body(page: str) -> str:
    """Return headings, paragraphs, lists and tables of the page as HTML."""
    out: list[str] = []
    table: list[str] = []
    for line in [*page.splitlines(), ""]:
        if line.startswith("|"):
            table.append(line)
            continue
        if table:
            out.append(_table(table))
            table = []
        if line.startswith("## "):
            out.append(f"<h2>{escape(line[3:])}</h2>")
        elif line.startswith("- "):
            out.append(f"<p>{escape(line[2:])}</p>")
        elif line:
            out.append(f"<p>{escape(line)}</p>")
    return "\n".join(out)


def _table(lines: Sequence[str]) -> str:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[2:]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
