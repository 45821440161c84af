"""The body of the HTML sheet, part by part in reading order."""

from collections.abc import Iterable

from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.sheet.cells import NONE, named
from optimizer.report.sheet.markdown import NAMED, span
from optimizer.report.sheet.markup import bullets, head, notes, number, tag, text
from optimizer.report.sheet.model import (
    Cell,
    Chart,
    Classification,
    MemberRow,
    ParagraphRow,
    Projected,
    Row,
    Sheet,
)
from optimizer.report.sheet.svg import as_svg
from optimizer.report.words import short

DATA = "Data of the picture"
_LONG_NAME = 32
_LONG_WORDS = 12
_SPEC_WIDTHS = "<colgroup>" + "".join(f'<col class="s{i}">' for i in range(4)) + "</colgroup>"
_WIDTHS = "<colgroup>" + "".join(f'<col class="w{i}">' for i in range(7)) + "</colgroup>"


def body_of(sheet: Sheet) -> str:
    """Everything between the first heading and the footer."""
    left = _specification(sheet)
    right = _projection(sheet.projection) + _fuses(sheet) + _binding(sheet)
    return "\n".join(
        (
            _header(sheet),
            _figures(sheet),
            f'<div class="columns"><div>{left}</div><div>{right}</div></div>',
            _classification(sheet.classification),
            _chart(sheet.chart),
            _said("Assumes", sheet.assumptions),
            _said("Warnings", sheet.warnings),
            _endnotes(sheet),
            _chart_data(sheet.chart),
            _footer(sheet),
        )
    )


def plain_body(blocks: Iterable[Block]) -> str:
    """Blocks of a text report as HTML."""
    parts: list[str] = []
    for block in blocks:
        match block:
            case Heading(words, level):
                parts.append(tag("h1" if level == 1 else "h2", text(words)))
            case Lines(lines):
                parts.append("".join(tag("p", text(line)) for line in lines))
            case Table(header, rows, right):
                body = "".join(
                    f"<tr>{''.join(tag('td', text(cell)) for cell in row)}</tr>" for row in rows
                )
                parts.append(f"<table>{head(*header, right=right)}<tbody>{body}</tbody></table>")
    return "\n".join(parts)


def _header(sheet: Sheet) -> str:
    said = sheet.classification
    long = "long" if len(sheet.name) > _LONG_NAME else ""
    license_ = next((f"{c.label}: {c.text}" for c in said.consequences), "")
    lines = (f"tier {said.tier} (3A090); ECCN family {said.eccn}", said.nearest, sheet.disclaimer)
    badge = tag("strong", text(said.headline)) + tag("p", text(license_), class_="license")
    badge += "".join(tag("p", text(line)) for line in lines if line)
    return (
        f"<header><div>{tag('h1', text(sheet.name), class_=long)}"
        f"{tag('p', text(sheet.subtitle), class_='soft')}"
        f"{tag('p', text(f'Standing: {sheet.standing}.'), class_='soft')}</div>"
        f"{tag('div', badge, class_='badge ' + said.verdict)}</header>"
    )


def _figures(sheet: Sheet) -> str:
    items = "".join(
        f"<div><dt>{text(f.label)}{notes(f.notes)}</dt>"
        f"<dd>{number(f.cell)}<small>{text(f.unit)}</small></dd></div>"
        for f in sheet.key_figures
    )
    return f'<dl class="figures">{items}</dl>'


def _specification(sheet: Sheet) -> str:
    rows: list[str] = []
    for group in sheet.specification:
        rows.append(
            f'<tr class="group"><th colspan="4" scope="rowgroup">{text(group.title)}</th></tr>'
        )
        rows += [_row(row) for row in group.rows]
    caption = f"Beside it in gray: the parent, {sheet.reference}, as its sources print it."
    columns = head("", "this design", "parent", "unit", right=(1, 2))
    return (
        f'<h2>Specification</h2><table class="spec"><caption>{text(caption)}</caption>'
        f"{_SPEC_WIDTHS}{columns}"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(row: Row) -> str:
    return (
        f"<tr>{tag('th', text(row.label) + notes(row.notes), scope='row')}"
        f"{tag('td', number(row.design), class_=_class(row.design))}"
        f"{tag('td', number(row.parent), class_=_class(row.parent, 'parent'))}"
        f"{tag('td', text(row.unit), class_='soft unit')}</tr>"
    )


def _class(cell: Cell, more: str = "") -> str:
    words = "words" if len(cell.text) > _LONG_WORDS else ""
    return " ".join(part for part in ("n", words, more) if part)


def _projection(p: Projected) -> str:
    columns = head(
        "member", "tokens/s", "80 % interval", "TTFT ms", "TPOT ms", "chips", "bound by",
        right=(1, 2, 3, 4, 5),
    )  # fmt: skip
    rows = "".join(
        f"<tr>{tag('th', f'{text(m.name)} {_model(m)}', scope='row')}"
        f"{_n('tokens/s', m.tokens_per_s_per_chip)}"
        f"{tag('td', _interval(m), class_='n words', data_label='80 % interval')}"
        f"{_n('TTFT ms', m.ttft_ms)}{_n('TPOT ms', m.tpot_ms)}{_n('chips', m.chips)}"
        f"{tag('td', text(m.bound_by), class_='bound', data_label='bound by')}</tr>"
        for m in p.members
    )
    total = (
        f'<p><span class="mark">PROJECTED</span> {number(p.tokens_per_s_per_chip)} tokens/s per '
        f"chip, 80 % interval {number(p.low)} to {number(p.high)}{notes(p.notes)}</p>"
    )
    caption = f"PROJECTED per chip on '{p.workload}', not measured"
    return (
        f'<h2>Projected throughput</h2>{total}<table class="stack">'
        f"{tag('caption', text(caption))}{columns}<tbody>{rows}</tbody></table>"
    )


def _model(member: MemberRow) -> str:
    return tag("span", text(member.model), class_="soft model")


def _interval(member: MemberRow) -> str:
    return f"{number(member.low)} to {number(member.high)}"


def _n(label: str, cell: Cell) -> str:
    return tag("td", number(cell), class_="n", data_label=label)


def _fuses(sheet: Sheet) -> str:
    rows = "".join(
        f"<tr>{tag('th', text(f.name), scope='row')}{tag('td', text(f.die), class_='n')}"
        f"{tag('td', text(f.parent), class_='n parent')}{tag('td', text(f.design), class_='n')}"
        f"{tag('td', text(f.how), class_='' if f.changed else 'soft')}</tr>"
        for f in sheet.fuse_map
    )
    columns = head("", "die", "parent", "design", "how", right=(1, 2, 3))
    return f"<h2>Fuse map</h2><table>{columns}<tbody>{rows}</tbody></table>"


def _binding(sheet: Sheet) -> str:
    lines = bullets(sheet.binding)
    return f"<h2>What binds</h2>{lines}" if lines else ""


def _classification(said: Classification) -> str:
    columns = head(
        "paragraph", "verdict", "test", "value", "line", "margin", "citation", right=(3, 4, 5)
    )
    spoken = [row for row in said.paragraphs if not row.silent]
    rows = "".join(_paragraph(row, text(row.verdict), row.verdict) for row in spoken)
    silent = [row for row in said.paragraphs if row.silent]
    parts = [
        f'<h2 class="law">Export classification{notes(said.notes)}</h2>',
        f'<table class="wide">{_WIDTHS}{columns}<tbody>{rows}</tbody></table>',
        _silent(silent),
        _consequences(said),
    ]
    if said.engineering:
        words = {"controlled": "beyond", "not_controlled": "within"}
        rows = "".join(
            _paragraph(row, text(words.get(row.verdict, "not evaluated")), "")
            for row in said.engineering
        )
        parts.append(
            f"<h3>Engineering limits, no part of the verdict</h3>"
            f'<table class="wide">{_WIDTHS}{columns}<tbody>{rows}</tbody></table>'
        )
    return "".join(parts)


def _silent(rows: list[ParagraphRow]) -> str:
    """Paragraphs that do not speak of the item or the destination, in one line."""
    listed = "; ".join(f"{short(r.paragraph)} {named(r.verdict)} ({r.because})" for r in rows)
    return tag("p", text(f"Silent on this item: {listed}."), class_="soft small") if rows else ""


def _paragraph(row: ParagraphRow, verdict: str, class_: str) -> str:
    share = text(row.margin_share).replace(" %", "&nbsp;%")
    margin = number(row.margin) + (f" ({share})" if share else "")
    said = text(row.condition) + (f" <em>{text(row.because)}</em>" if row.because else "")
    unit = f" {text(row.unit)}" if row.unit and isinstance(row.line.value, int | float) else ""
    cited = f'{text(row.citation)} <span class="soft">({text(row.confidence)})</span>'
    return (
        f"<tr>{tag('th', text(short(row.paragraph)), scope='row')}"
        f"{tag('td', verdict, class_=f'verdict {class_}'.strip())}"
        f"{tag('td', said)}"
        f"{_labeled('value', row.value, number(row.value))}"
        f"{_labeled('line', row.line, number(row.line) + unit)}"
        f"{_labeled('margin', row.margin, margin)}"
        f"{tag('td', cited, class_='soft')}</tr>"
    )


def _labeled(label: str, cell: Cell, content: str) -> str:
    empty = "" if isinstance(cell.value, int | float) else " words"
    gone = " empty" if cell.text == NONE else ""
    return tag("td", content, class_=f"n{empty}{gone}", data_label=label)


def _consequences(said: Classification) -> str:
    pairs = [(c.label, c.text) for c in said.consequences]
    pairs += [("needs", ", ".join(said.needs))] if said.needs else []
    pairs += [("for counsel", flag) for flag in said.flags]
    items = "".join(f"{tag('dt', text(a))}{tag('dd', text(b))}" for a, b in pairs)
    return f'<h3>What follows</h3><dl class="facts">{items}</dl>'


def _chart(chart: Chart | None) -> str:
    if chart is None:
        return "<h2>Regions</h2><p>No 3A090 paragraph in force can be drawn in a plane.</p>"
    others = f" Not in this plane: {chart.not_shown}." if chart.not_shown else ""
    told = f"{chart.text}{others} {NAMED} The section '{DATA}' at the end holds it as tables."
    return (
        f'<h2>Regions</h2><figure><div id="chart" role="img" aria-label="{text(chart.text)}">'
        f"{as_svg(chart)}</div><figcaption>{text(told)}</figcaption></figure>"
    )


def _chart_data(chart: Chart | None) -> str:
    """What the picture shows, as tables that are printed too."""
    if chart is None:
        return ""
    rows = "".join(
        f"<tr>{tag('th', text(p.name), scope='row')}{tag('td', text(p.role))}"
        f"{tag('td', text(p.x_text), class_='n')}{tag('td', text(p.y_text), class_='n')}"
        f"{tag('td', text(p.verdict))}</tr>"
        for p in chart.points
    )
    boxes = "".join(
        f"<tr>{tag('th', text(short(r.paragraph)), scope='row')}"
        f"{tag('td', text(span(r.x_low, r.x_high)), class_='n')}"
        f"{tag('td', text(span(r.y_low, r.y_high)), class_='n')}</tr>"
        for r in chart.regions
    )
    titles = (chart.x_title, chart.y_title)
    return (
        f"<h2>{text(DATA)}</h2><table>{tag('caption', 'Shaded regions')}"
        f"{head('paragraph', *titles, right=(1, 2))}<tbody>{boxes}</tbody></table>"
        f"<table>{tag('caption', 'Parts')}"
        f"{head('part', 'role', *titles, 'verdict', right=(2, 3))}<tbody>{rows}</tbody></table>"
    )


def _said(title: str, lines: tuple[str, ...]) -> str:
    return f"<h2>{text(title)}</h2>{bullets(lines)}" if lines else ""


def _endnotes(sheet: Sheet) -> str:
    items = "".join(
        f'<li id="note-{n.number}">{text(n.text)}'
        f"{' ' + tag('span', text(f'[{n.source}]'), class_='soft') if n.source else ''}</li>"
        for n in sheet.endnotes
    )
    return f'<h2>Endnotes</h2><ol class="notes">{items}</ol>'


def _footer(sheet: Sheet) -> str:
    pairs = [(f"sha256 of {k}", v.removeprefix("sha256:")) for k, v in sheet.hashes.items()]
    pairs += [(k, v) for k, v in sheet.versions.items()]
    items = "".join(f"{tag('dt', text(a))}{tag('dd', text(b), class_='hash')}" for a, b in pairs)
    withheld = f"<p>Withheld as confidential: {text(', '.join(sheet.withheld))}.</p>"
    return (
        f'<footer><p class="disclaimer">{text(sheet.disclaimer)}</p>'
        f"<p>Not screened: {text(sheet.not_screened)}.</p>"
        f"{withheld if sheet.withheld else ''}"
        f'<h3>Hashes and versions</h3><dl class="facts">{items}</dl></footer>'
    )
