"""The sheet as one HTML file: everything inside it, nothing fetched, nothing evaluated."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

from optimizer.report.layout import Block
from optimizer.report.sheet.body import body_of, plain_body
from optimizer.report.sheet.chart import as_vega_lite
from optimizer.report.sheet.markup import text
from optimizer.report.sheet.model import Sheet

SCRIPTS = ("vendor/vega.min.js", "vendor/vega-lite.min.js", "vendor/vega-embed.min.js", "start.js")
"""Scripts of a page with a chart, in the order in which they run."""

_SOURCE_MAP = "//# sourceMappingURL="


def as_html(sheet: Sheet) -> str:
    """The sheet as a page that works offline, with and without JavaScript.

    The page carries its own content security policy: only the scripts and the style inside it
    run, by their hashes; it can load nothing.
    """
    spec = None if sheet.chart is None else as_vega_lite(sheet.chart)
    generator = f"optimize {sheet.versions.get('optimize', '')}".strip()
    return page(sheet.name, body_of(sheet), generator, spec)


def as_html_page(title: str, blocks: list[Block]) -> str:
    """A page of plain blocks, for an answer that holds no design."""
    return page(title, plain_body(blocks), "optimize", None)


def page(title: str, body: str, generator: str, spec: dict[str, Any] | None) -> str:
    """A whole page around a body; the scripts come along only where a chart needs them."""
    style = _read("style.css")
    scripts = SCRIPTS if spec is not None else ()
    return Template(_read("template.html")).substitute(
        policy=policy(tuple(_script(name) for name in scripts), style),
        generator=text(generator),
        title=text(title),
        style=style,
        body=body,
        scripts="\n".join(
            [*([_data(spec)] if spec is not None else []), *(_inline(name) for name in scripts)]
        ),
    )


def policy(scripts: tuple[str, ...], style: str) -> str:
    """Content security policy that lets exactly these scripts and this style run.

    Examples
    --------
    >>> policy((), "").split("; ")[:2]
    ["default-src 'none'", "script-src 'none'"]
    """
    run = " ".join(f"'sha256-{_hash(script)}'" for script in scripts) or "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {run}",
            f"style-src 'sha256-{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


@cache
def _hash(content: str) -> str:
    return b64encode(sha256(content.encode()).digest()).decode()


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _script(name: str) -> str:
    """A script without the line that points to a file which is not there."""
    return _read(name).partition(_SOURCE_MAP)[0].strip()


def _inline(name: str) -> str:
    return f"<script>{_script(name)}</script>"


def _data(spec: dict[str, Any]) -> str:
    """The chart as a block of data that no text in it can end."""
    content = json.dumps(spec, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    for sign in "<>&":
        content = content.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="chart-spec">{content}</script>'
