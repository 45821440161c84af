import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from optimizer.report.result import Result
from optimizer.report.settings import Settings
from optimizer.report.sheet import Sheet, sheet_of
from optimizer.report.solve import solve_settings

ROOT = Path(__file__).resolve().parents[2]


def solved(**settings: Any) -> Result:
    return solve_settings(Settings(**{"rules": "us-2025", **settings}), ambient=False)


@pytest.fixture(scope="session")
def gb202() -> Result:
    return solved(parents=("gb202",))


@pytest.fixture(scope="session")
def gh100() -> Result:
    return solved(parents=("gh100",))


@pytest.fixture(scope="session")
def sheet(gb202: Result) -> Sheet:
    return sheet_of(gb202)


@pytest.fixture
def overlay(tmp_path: Path) -> Callable[..., str]:
    """A copy of a built-in record as an overlay, with some lines replaced or added."""

    def write(kind: str, record: str, /, *, label: str, **lines: str) -> str:
        text = (ROOT / "catalogs" / "data" / kind / f"{record}.toml").read_text()
        for key, value in lines.items():
            text, count = re.subn(
                rf"(?m)^{key} = .*$", lambda _, k=key, v=value: f"{k} = {v}", text
            )
            if not count:
                text = f"{key} = {value}\n{text}"
        path = tmp_path / f"{record}.toml"
        path.write_text(f'record = "{label}"\nreplaces = true\n{text}')
        return str(path)

    return write


class Page(HTMLParser):
    """Tags, attributes, scripts, styles and numbers of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.styles: list[str] = []
        self.numbers: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        self.attributes += [(tag, key, value) for key, value in named.items()]
        if tag not in ("meta", "br", "col"):
            self._open.append((tag, named))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, named = self._open[-1] if self._open else ("", {})
        if tag == "script":
            self.scripts.append((named, data))
        elif tag == "style":
            self.styles.append(data)
        elif tag == "data":
            self.numbers.append((named["value"], named.get("data-from", ""), data))
        if tag not in ("script", "style"):
            self.words.append(data)


def at(document: Any, place: str) -> Any:
    """The value at a place such as ``designs[0].quantities.tpp``."""
    for step in re.findall(r"[^.\[\]]+", place):
        document = document[int(step) if isinstance(document, list | tuple) else step]
    return document
