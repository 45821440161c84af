"""Blocks of a report and the two ways to write them: plain text and Markdown.

Plain text is at most 80 columns wide and the same on a terminal and in a pipe.
A number is never cut; only the last column of a table and running text wrap.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.report.safe import safe_markdown, safe_text

WIDTH = 80
"""Columns of a text report."""

_GAP = 2
_LEAST_LAST_COLUMN = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that opens a part of the report."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Lines:
    """Running text; each entry is a paragraph, wrapped, marked as a list if ``bullet``."""

    lines: tuple[str, ...]
    bullet: bool = False
    indent: int = 2


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; ``right`` holds the columns of numbers. A row of one cell spans the table."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


Block = Heading | Lines | Table


def as_text(blocks: Sequence[Block]) -> str:
    """Blocks as text of at most 80 columns.

    Examples
    --------
    >>> print(as_text([Heading("PROOF"), Lines(("optimal",))]), end="")
    PROOF
      optimal
    """
    parts: list[str] = []
    for block in blocks:
        match block:
            case Heading(text, _):
                parts += ["", *textwrap.wrap(safe_text(text), WIDTH)]
            case Lines():
                parts += _text_lines(block)
            case Table():
                parts += _text_table(block)
    return "\n".join(line.rstrip() for line in parts).lstrip("\n") + "\n"


def _text_lines(block: Lines) -> list[str]:
    pad = " " * block.indent
    mark = "- " if block.bullet else ""
    return [
        line
        for entry in block.lines
        for line in textwrap.wrap(
            safe_text(entry),
            WIDTH,
            initial_indent=pad + mark,
            subsequent_indent=pad + " " * len(mark),
            break_on_hyphens=False,
        )
    ]


def _text_table(table: Table) -> list[str]:
    rows = [tuple(safe_text(cell) for cell in row) for row in (table.header, *table.rows)]
    rows = rows if any(table.header) else rows[1:]
    whole = [row for row in rows if len(row) > 1] or rows
    widths = [max((len(row[i]) for row in whole), default=0) for i in range(len(whole[0]))]
    fixed = 2 + sum(widths[:-1]) + _GAP * (len(widths) - 1)
    if fixed + min(widths[-1], _LEAST_LAST_COLUMN) > WIDTH:
        return _text_records(table)
    widths[-1] = min(widths[-1], WIDTH - fixed)
    lines: list[str] = []
    for row in rows:
        if len(row) == 1 < len(widths):
            lines += _spanning(row[0])
            continue
        last = len(row) - 1
        wrapped = textwrap.wrap(row[last], widths[last], break_on_hyphens=False) or [""]
        cells = [
            cell.rjust(widths[i]) if i in table.right else cell.ljust(widths[i])
            for i, cell in enumerate((*row[:last], wrapped[0]))
        ]
        lines.append("  " + (" " * _GAP).join(cells))
        lines += [" " * fixed + more for more in wrapped[1:]]
    return lines


def _spanning(text: str) -> list[str]:
    """A cell over the whole width; it keeps its own indent."""
    pad = " " * (2 + len(text) - len(text.lstrip()))
    return textwrap.wrap(
        text.lstrip(),
        WIDTH,
        initial_indent=pad,
        subsequent_indent=pad + "  ",
        break_on_hyphens=False,
    )


def _text_records(table: Table) -> list[str]:
    """A table too wide for the page: one name and value a line."""
    width = max(len(name) for name in table.header)
    lines: list[str] = []
    for row in table.rows:
        if len(row) == 1:
            lines += _spanning(safe_text(row[0]))
            continue
        for i, cell in enumerate(row):
            lead = ("  " if i == 0 else "    ") + table.header[i].ljust(width) + " " * _GAP
            lines += textwrap.wrap(
                safe_text(cell) or "-",
                WIDTH,
                initial_indent=lead,
                subsequent_indent=" " * len(lead),
                break_on_hyphens=False,
            )
    return lines


def as_markdown(blocks: Sequence[Block]) -> str:
    """The same blocks as Markdown.

    Examples
    --------
    >>> print(as_markdown([Heading("Proof"), Table(("a", "b"), (("x|y", "1"),))]), end="")
    ## Proof
    <BLANKLINE>
    | a | b |
    | --- | --- |
    | x\\|y | 1 |
    """
    parts: list[str] = []
    for block in blocks:
        match block:
            case Heading(text, level):
                parts.append(f"{'#' * level} {safe_markdown(text)}")
            case Lines(lines, bullet):
                mark = "- " if bullet else ""
                joint = "\n" if bullet else "\n\n"
                parts.append(joint.join(mark + safe_markdown(line) for line in lines))
            case Table():
                parts.append(_markdown_table(block))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(table: Table) -> str:
    rule = ["---:" if i in table.right else "---" for i in range(len(table.header))]
    rows = [[safe_markdown(cell) for cell in row] for row in (table.header, *table.rows)]
    rows.insert(1, rule)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
