"""A comparison to read: text of three columns a block, Markdown, and CSV."""

import textwrap
from collections.abc import Iterator, Sequence

from optimizer.report.check_words import verdict_of
from optimizer.report.comparison import Cell, Column, Comparison, Row
from optimizer.report.csv_text import csv_text
from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import significant, text_number
from optimizer.report.safe import safe_text
from optimizer.report.table import law_columns
from optimizer.report.words import NOT_ADVICE, interval, label, scope_words

BLOCK = 3
"""Parts side by side in text of 80 columns."""

UNDETERMINED = "undetermined"
"""Printed where a fact is not known; the JSON has null."""

MARKS = {"same": "=", "different": "!=", "overlapping": "~", "unknown": "?"}
MARK_WORDS = (
    "marks, over all parts: = same, != different, ~ projected values closer than the model can "
    "tell, ? a value is undetermined and the known ones agree"
)
BASES = {
    "published": "pub", "measured": "mea", "derived": "der", "estimated": "est",
    "designed": "des", "stated": "sta", "projected": "prj", "checked": "",
}  # fmt: skip
BASIS_WORDS = (
    "basis: pub published, mea measured, der derived from other values, est estimated, des chosen "
    "by the solver, sta stated by the user, prj projected; A to C grade the evidence"
)
LABELS = {
    "applicable_die_area_mm2": "die area", "enabled_cores": "cores", "core_clock_mhz": "top clock",
    "peak_rate_clock_mhz": "clock of the peaks", "tensor_rate_fraction": "tensor rate",
    "memory_data_rate_gbps": "data rate", "memory_capacity_gb": "capacity",
    "bus_width_bits": "bus width", "link_bandwidth_gb_s": "links, both ways", "links": "links",
    "pcie_gb_s": "PCIe, both ways", "pcie_gen": "PCIe generation", "board_class": "board",
    "power_w": "power (model)", "io_bandwidth_gb_s": "I/O, both ways",
    "total_bandwidth_gb_s": "DRAM + I/O", "performance_density": "TPP density",
    "declared_eccn": "vendor's ECCN", "declared_tpp": "vendor's TPP",
    "tokens_per_s_per_chip": "output per chip", "ttft_ms": "first token",
    "tpot_ms": "each next token", "controlled_only_elsewhere": "only elsewhere",
}  # fmt: skip
LABEL_WIDTH, CELL_WIDTH = 20, 16
_RULE_OF_KIND = {"sku": "", "design": "solved design, ", "facts": "facts only, "}


def as_page(found: Comparison) -> str:
    """The comparison as text of at most 80 columns."""
    return as_text([*_head(found), *_text_tables(found), *_tail(found)])


def as_markdown_page(found: Comparison) -> str:
    """The comparison as Markdown, all columns in one table a group."""
    return as_markdown([*_head(found), *_markdown_tables(found), *_tail(found)])


def _head(found: Comparison) -> Iterator[Block]:
    if found.rules is None:
        yield Heading(f"{len(found.columns)} PARTS SIDE BY SIDE", 1)
    else:
        where = scope_words(found.rules.model_dump())
        yield Heading(f"{len(found.columns)} PARTS SIDE BY SIDE {where}", 1)
        place = found.rules.destination
        yield Lines(tuple(_verdict(column, place) for column in found.columns))
    yield Heading("PARTS")
    for column in found.columns:
        origin = f"{_RULE_OF_KIND[column.kind]}{column.origin}"
        yield Lines((f"{column.key}  {column.id}: {column.name} ({origin})",))
        yield Lines(column.notes, bullet=True, indent=5)


def _verdict(column: Column, destination: str) -> str:
    said = column.classification
    if said is None:
        return f"{column.key}  {column.id}: not classified"
    by = f", by {', '.join(said.paragraphs)}" if said.paragraphs else ""
    needs = f"; needs {', '.join(said.needs)}" if said.needs else ""
    holds = "; DOES NOT HOLD at every live claim of its facts" if said.holds is False else ""
    license_ = f"; license {said.license.replace('_', ' ')}"
    places = len(said.elsewhere)
    word = verdict_of(said.verdict, destination, places, places + len(said.perhaps_elsewhere))
    head = f"{column.key}  {column.id}: {word.rstrip(',')}, tier {said.tier}"
    return f"{head}{by}{license_}{needs}{holds}"


def _text_tables(found: Comparison) -> Iterator[Block]:
    columns = found.columns
    for start in range(0, len(columns), BLOCK):
        shown = slice(start, start + BLOCK)
        keys = [f"{column.key} {_cut(column.id, CELL_WIDTH - 2)}" for column in columns[shown]]
        rows: list[tuple[str, ...]] = []
        group = ""
        for row in found.rows:
            if row.group != group:
                group = row.group
                rows += [("", "", *("" for _ in keys)), ("", group.upper(), *("" for _ in keys))]
            rows += _wrapped(row, shown)
        span = f"{columns[start].key} to {columns[start + len(keys) - 1].key}"
        title = "SIDE BY SIDE" if len(columns) <= BLOCK else f"SIDE BY SIDE, {span}"
        yield Heading(title)
        yield Table(("", "", *keys), tuple(rows))
    yield Lines((MARK_WORDS, BASIS_WORDS))


def _cut(text: str, width: int) -> str:
    """A heading that fits; the whole name stands in the list of parts."""
    text = safe_text(text)
    return text if len(text) <= width else text[: width - 3] + "..."


def _wrapped(row: Row, shown: slice) -> Iterator[tuple[str, ...]]:
    """Lines of a row: long words go on below, numbers fit."""
    cells = [_cell(row, cell) for cell in row.cells[shown]]
    lead = textwrap.wrap(_label(row), LABEL_WIDTH) or [""]
    wrapped = [textwrap.wrap(safe_text(cell), CELL_WIDTH, break_on_hyphens=False) for cell in cells]
    height = max(len(lead), *(len(lines) for lines in wrapped))
    for i in range(height):
        mark = MARKS[row.likeness] if i == 0 else ""
        first = lead[i] if i < len(lead) else ""
        yield (mark, first, *(lines[i] if i < len(lines) else "" for lines in wrapped))


def _label(row: Row) -> str:
    own = LABELS.get(row.name) or label(row.name)
    return f"{own}, {row.unit}" if row.unit not in ("", own) else own


def _cell(row: Row, cell: Cell) -> str:
    if cell.value is None or cell.basis is None:
        return UNDETERMINED
    said = _value(row, cell)
    if cell.low is not None and cell.high is not None:
        said = f"{said} ({interval(cell.low, cell.high)})"
    return " ".join(part for part in (said, BASES[cell.basis], cell.grade) if part)


def _value(row: Row, cell: Cell) -> str:
    value = cell.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) or value is None:
        return str(value)
    return significant(value) if cell.basis == "projected" else text_number(value, row.lines)


def _markdown_tables(found: Comparison) -> Iterator[Block]:
    header = ("", "quantity", *(f"{c.key} {c.id}" for c in found.columns))
    for group in dict.fromkeys(row.group for row in found.rows):
        yield Heading(group.upper())
        rows = [row for row in found.rows if row.group == group]
        yield Table(
            header,
            tuple(
                (MARKS[row.likeness], _label(row), *(_cell(row, cell) for cell in row.cells))
                for row in rows
            ),
        )
    yield Lines((MARK_WORDS, BASIS_WORDS))


def _tail(found: Comparison) -> Iterator[Block]:
    if found.workload is not None:
        yield Heading(f"PROJECTED ON {found.workload}, 80 % intervals in parentheses")
        yield Lines(_near(found))
        yield Lines(found.assumptions, bullet=True)
    if found.rules is None:
        yield Lines(("Not classified: --rules RULES adds a verdict a part.",))
        return
    if found.rules.assumptions:
        yield Heading("THE VERDICTS ASSUME")
        yield Lines(found.rules.assumptions, bullet=True)
    warnings = [
        f"{column.key}: {text}"
        for column in found.columns
        if column.classification is not None
        for text in column.classification.warnings
    ]
    if warnings:
        yield Heading("WARNINGS")
        yield Lines(tuple(_shared(warnings)), bullet=True)
    yield Lines((f"law last checked {found.rules.last_checked}", NOT_ADVICE))


def _near(found: Comparison) -> tuple[str, ...]:
    """Columns whose throughputs are not told apart, by the band that says so."""
    by: dict[str, list[str]] = {}
    for pair in (pair for row in found.rows for pair in row.pairs if pair.told_apart is False):
        by.setdefault(pair.band or UNDETERMINED, []).append(f"{pair.one} and {pair.other}")
    return tuple(f"not told apart by {band}: {', '.join(names)}" for band, names in by.items())


def _shared(warnings: Sequence[str]) -> Iterator[str]:
    """Each warning once, with the letters of the parts that it concerns."""
    keys: dict[str, list[str]] = {}
    for warning in warnings:
        key, _, text = warning.partition(": ")
        keys.setdefault(text, []).append(key)
    yield from (f"{', '.join(letters)}: {text}" for text, letters in keys.items())


def as_csv(found: Comparison) -> str:
    """One row per quantity: value, basis and grade by part, then the law; blank where unknown."""
    fields = ("value", "basis", "grade", "low", "high")
    header = ["group", "quantity", "unit", "likeness"]
    header += [f"{column.key} {field}" for column in found.columns for field in fields]
    law = {} if found.rules is None else law_columns(found.rules.model_dump())
    rows: list[list[str]] = [
        ["part", field, "", "", *(_spread(getattr(c, field) for c in found.columns))]
        for field in ("id", "name", "kind", "origin")
    ]
    for row in found.rows:
        cells = [_plain(getattr(cell, field)) for cell in row.cells for field in fields]
        rows.append([row.group, row.name, row.unit, row.likeness, *cells])
    return csv_text([*header, *law], [[*row, *map(_plain, law.values())] for row in rows])


def _spread(values: Iterator[str]) -> list[str]:
    """One text a part, in its value column."""
    return [cell for value in values for cell in (value, "", "", "", "")]


def _plain(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
