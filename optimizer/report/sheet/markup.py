"""Small pieces of HTML; every text goes through one function that makes it safe."""

from collections.abc import Iterable
from html import escape

from optimizer.report.safe import safe_cell, safe_text
from optimizer.report.sheet.model import Cell

NOTHING = "-"
"""Stands where there is nothing to print."""


def text(value: object) -> str:
    """Any text as HTML text or attribute value; copied into a spreadsheet it is no formula.

    Examples
    --------
    >>> text('<b onclick="x">'), text("-"), text("=1+1")
    ('&lt;b onclick=&quot;x&quot;&gt;', '-', '&#x27;=1+1')
    """
    shown = safe_text(value)
    return escape(shown if shown == NOTHING else safe_cell(shown), quote=True)


def number(cell: Cell) -> str:
    """A printed value with its exact value and its place in the result."""
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool):
        return text(cell.text)
    place = f' data-from="{text(cell.source)}"' if cell.source else ""
    return f'<data value="{cell.value!r}"{place} class="{cell.basis}">{text(cell.text)}</data>'


def notes(numbers: Iterable[int]) -> str:
    """References to endnotes."""
    links = ", ".join(f'<a href="#note-{n}">{n}</a>' for n in dict.fromkeys(numbers))
    return f"&nbsp;<sup>{links}</sup>" if links else ""


def tag(name: str, content: str, **attributes: str) -> str:
    """An element; ``class_`` writes ``class``, an underscore inside a name a hyphen.

    Examples
    --------
    >>> tag("td", "1", class_="n", data_label="TPP")
    '<td class="n" data-label="TPP">1</td>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value
    )
    return f"<{name}{written}>{content}</{name}>"


def head(*titles: str, right: Iterable[int] = ()) -> str:
    """Header row of a table."""
    numbers = set(right)
    cells = (
        tag("th", text(title), scope="col", class_="n" if i in numbers else "")
        for i, title in enumerate(titles)
    )
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    items = "".join(tag("li", text(line)) for line in lines)
    return f"<ul>{items}</ul>" if items else ""
