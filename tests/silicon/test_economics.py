"""The records behind the estimates are closed, sourced, and read where they should be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import optimizer.silicon
from catalogs.economics import economics, parse_economics
from catalogs.errors import InputError
from catalogs.load import data_path, read_toml

FILES = ("power", "yield", "cost", "floorplans", "area", "sources")
FOLDER = Path(optimizer.silicon.__file__).parent


def tables() -> dict[str, dict[str, Any]]:
    return {stem: read_toml(data_path("economics", f"{stem}.toml")) for stem in FILES}


def test_every_source_has_a_document_or_says_that_it_is_ours() -> None:
    for name, source in economics().sources.items():
        assert re.fullmatch(r"[SF]\d+", name)
        assert bool(source.urls) == name.startswith("S")
        assert all(url.startswith("http") for url in source.urls)


def test_a_key_that_nobody_reads_is_an_error() -> None:
    wrong = tables()
    wrong["area"] = {**wrong["area"], "retickle_mm2": 858}
    with pytest.raises(InputError, match="Did you mean 'reticle_mm2'"):
        parse_economics(wrong)


def test_an_unlisted_and_an_uncited_source_are_errors() -> None:
    wrong = tables()
    wrong["sources"] = {k: v for k, v in wrong["sources"].items() if k != "S61"}
    wrong["sources"]["S99"] = {"title": "nobody cites it", "urls": []}
    with pytest.raises(InputError, match=r"'S61' is cited but not listed.*'S99' is listed but not"):
        parse_economics(wrong)


def test_a_value_outside_its_own_range_is_an_error() -> None:
    wrong = tables()
    wrong["area"]["reticle_mm2"] = {**wrong["area"]["reticle_mm2"], "low": 900}
    with pytest.raises(InputError, match="not in order"):
        parse_economics(wrong)


def test_the_models_need_neither_the_solver_nor_the_command_line() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in {"ortools", "typer", "rich", "constraints"}
    loaded = (
        "import sys, optimizer.silicon; print('ortools' in sys.modules, 'typer' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    ).stdout
    assert shown.split() == ["False", "False"]
