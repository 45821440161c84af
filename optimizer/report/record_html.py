"""A classification record as one HTML file: no script, nothing loaded, fit for A4 and a screen."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from optimizer.report.addresses import known_addresses
from optimizer.report.record import (
    GRADES,
    NO_PARAGRAPH,
    NOT_ADVICE,
    SIGN_OFF,
    TITLE,
    ClassificationRecord,
    ParagraphRow,
)
from optimizer.report.record_evidence import Cited, FactRow
from optimizer.report.record_style import STYLE
from optimizer.report.safe import safe_text

# Columns with their share of the width, in per cent; the style has a class for each.
_FACTS = {
    "fact": 25, "value": 12, "unit": 10, "basis": 12, "grade": 8, "rests on": 25, "source": 8,
}  # fmt: skip
_TESTS = {"test": 25, "arithmetic": 20, "value": 15, "line": 15, "slack": 15, "result": 10}
_NUMBERS, _NUMBER = frozenset({"value", "line", "slack"}), ' class="number"'


def as_html_record(record: ClassificationRecord) -> str:
    """The record as a page that a person can print, sign and file."""
    parts = [
        _head(record),
        _pairs("What was asked", record.header),
        _facts(record),
        _paragraphs(record),
        _matters(record),
        _list("Assumptions", record.assumptions),
        _list("Warnings", record.warnings),
        _list("Not screened", record.not_screened),
        _sign_off(record),
    ]
    title = _text(f"{TITLE}: {record.item}")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _policy() -> str:
    """Nothing may be loaded or run; the one style is named by its hash."""
    seal = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{seal}'; base-uri 'none'; form-action 'none'"


def _text(value: object) -> str:
    return escape(safe_text(value), quote=True)


def _head(record: ClassificationRecord) -> str:
    points = "".join(f"<li>{_text(line)}</li>" for line in record.standing)
    return (
        f'<header class="{_text(record.verdict)}">\n<p class="kind">{_text(TITLE)}</p>\n'
        f"<h1>{_text(record.item)}</h1>\n"
        f'<p><span class="verdict verdict-{_text(record.verdict)}">{_text(record.headline)}</span> '
        f"{_text(record.scope)}</p>\n<ul>{points}</ul>\n"
        f'<p class="kind">{_text(NOT_ADVICE)}</p>\n</header>'
    )


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{_text(title)}</h2>\n{body}\n</section>"


def _pairs(title: str, rows: Iterable[tuple[str, str]]) -> str:
    return _section(title, _pair_table(rows, "pairs stack"))


def _pair_table(rows: Iterable[tuple[str, str]], kind: str) -> str:
    body = "\n".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table class="{kind}"><tbody>\n{body}\n</tbody></table>'


def _list(title: str, lines: Iterable[str]) -> str:
    return _section(title, _items(lines))


def _items(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else "<p>none</p>"


def _header_row(columns: Mapping[str, int]) -> str:
    widths = "".join(f'<col class="w{share}">' for share in columns.values())
    cells = "".join(
        f'<th scope="col"{_NUMBER if name in _NUMBERS else ""}>{_text(name)}</th>'
        for name in columns
    )
    return f"<colgroup>{widths}</colgroup><thead><tr>{cells}</tr></thead>"


def _cell(label: str, text: str, kind: str = "") -> str:
    """A cell; one without content is empty, so that a narrow screen can leave it out."""
    mark = f' class="{kind}"' if kind else ""
    return f'<td{mark} data-label="{_text(label)}">{_text(text)}</td>'


def _facts(record: ClassificationRecord) -> str:
    rows = "\n".join(_fact(each, record.sources) for each in record.facts)
    table = f'<table class="stack">{_header_row(_FACTS)}<tbody>\n{rows}\n</tbody></table>'
    items = "".join(
        f'<li id="source-{number}">{_cited(each)}</li>'
        for number, each in enumerate(record.sources, start=1)
    )
    sources = f'<p class="small">Sources:</p><ol class="small">{items}</ol>' if items else ""
    return _section("Facts", f'{table}<p class="small">{_text(GRADES)}</p>{sources}')


def _fact(fact: FactRow, sources: Sequence[Cited]) -> str:
    numbers = [sources.index(each) + 1 for each in fact.sources]
    links = ", ".join(f'<a href="#source-{number}">{number}</a>' for number in numbers)
    cells = [
        f'<td data-label="fact"><code>{_text(fact.name)}</code></td>',
        _cell("value", fact.value, "number"),
        _cell("unit", fact.unit),
        _cell("basis", fact.basis),
        _cell("grade", fact.grade or "-"),
        _cell("rests on", fact.note),
        f'<td data-label="source">{links or "-"}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cited(cited: Cited) -> str:
    if not cited.url:
        return _text(cited.text)
    if cited.url not in known_addresses():
        return f"{_text(cited.text)} ({_text(cited.url)})"
    return f'<a href="{_text(cited.url)}" rel="noreferrer">{_text(cited.text)}</a>'


def _paragraphs(record: ClassificationRecord) -> str:
    bodies = "\n".join(_paragraph(each) for each in record.paragraphs)
    if not record.paragraphs:
        bodies = f'<tbody><tr><td colspan="{len(_TESTS)}">{_text(NO_PARAGRAPH)}</td></tr></tbody>'
    table = f'<table class="stack">{_header_row(_TESTS)}\n{bodies}\n</table>'
    silent = f'<p class="small">Not asked here:</p>{_items(record.silent)}' if record.silent else ""
    return _section("Paragraph by paragraph", table + silent)


def _paragraph(paragraph: ParagraphRow) -> str:
    because = f" ({_text(paragraph.because)})" if paragraph.because else ""
    lead = (
        f'<tr><td colspan="{len(_TESTS)}"><span class="id">{_text(paragraph.id)}</span>: '
        f'<span class="verdict verdict-{_text(paragraph.verdict)}">{_text(paragraph.verdict)}'
        f"</span>{because}<br>"
        f'<span class="small">{_cited(paragraph.citation)}; {_text(paragraph.grades)}'
        "</span></td></tr>"
    )
    rows = "".join(
        "<tr>"
        f'<td data-label="test"><code>{_text(each.test)}</code></td>'
        + _cell("arithmetic", each.arithmetic)
        + _cell("value", each.value, "number")
        + _cell("line", each.line, "number")
        + _cell("slack", each.slack, "number")
        + _cell("result", each.holds)
        + "</tr>"
        for each in paragraph.tests
    )
    return f'<tbody class="paragraph">{lead}{rows}</tbody>'


def _matters(record: ClassificationRecord) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{_text(title)}</th><td>{_lines(lines)}</td></tr>'
        for title, lines in record.matters
    )
    table = f'<table class="pairs stack"><tbody>\n{rows}\n</tbody></table>'
    return _section("What follows", table)


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(_text(line) for line in lines)


def _sign_off(record: ClassificationRecord) -> str:
    """Empty lines for a person, above what identifies the content."""
    return (
        '<section class="sign">\n<h2>Sign-off</h2>\n'
        + _pair_table(((label, "") for label in SIGN_OFF), "pairs blank")
        + '\n<p class="small">What was signed, by content:</p>\n'
        + _pair_table(record.hashes, "pairs hashes stack")
        + f'\n<p class="small">{_text(NOT_ADVICE)}</p>\n</section>'
    )
