"""A result reproduces; a result with any number changed does not."""

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import optimizer.report.replay as module
from catalogs.load import data_path, read_text
from optimizer.cli import main
from optimizer.cli.errors import ExitCode
from optimizer.report.canonical import canonical
from optimizer.report.replay import replay
from optimizer.report.result import Result
from optimizer.report.solve import solve

Path_ = tuple[Any, ...]
NUDGE = 1e-6


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    """A solved document, as it stands in a file."""
    result = solve("us-2025", parents=["ga100"], limits=["memory_sites>=2"])
    document: dict[str, Any] = json.loads(result.to_json())
    assert document["status"] == "optimal"
    return document


def numbers(node: Any, path: Path_ = ()) -> Iterator[Path_]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from numbers(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from numbers(value, (*path, index))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path


def changed(document: dict[str, Any], path: Path_) -> dict[str, Any]:
    tampered = copy.deepcopy(document)
    node = tampered
    for step in path[:-1]:
        node = node[step]
    value = node[path[-1]]
    node[path[-1]] = value + 1 if isinstance(value, int) else value * (1 + NUDGE) or NUDGE
    return tampered


def test_a_result_reproduces(stored):
    found = replay(Result.from_document(stored, "x"))
    assert [str(d) for d in found.differences] == []


def test_the_same_request_gives_the_same_bytes(stored):
    again = solve("us-2025", parents=["ga100"], limits=["memory_sites>=2"])
    assert json.loads(again.to_json()) == stored


def test_every_tampered_number_is_found(stored, monkeypatch):
    """The solve depends on options and files alone, so equal ones are solved once."""
    solved = module._solved_again
    kept: dict[bytes, Any] = {}

    def once(result: Result) -> Any:
        key = canonical([result.inputs["options"], result.inputs["files"]])
        if key not in kept:
            kept[key] = solved(result)
        return kept[key][0], ()

    monkeypatch.setattr(module, "_solved_again", once)
    paths = list(numbers(stored))
    assert len(paths) > 200
    missed = [
        path
        for path in paths
        if replay(Result.from_document(changed(stored, path), "x")).reproduced
    ]
    assert missed == []


def test_a_lowered_corner_refutes_the_proof(stored):
    tampered = copy.deepcopy(stored)
    for corner in tampered["certificate"]["corners"]:
        corner["resources"]["dram"] = 0
    found = replay(Result.from_document(tampered, "x"))
    assert any("certificate.corners of ga100" in d.path for d in found.differences)


def test_the_command_exits_7_and_names_the_path(stored, tmp_path, capsys):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(changed(stored, ("designs", 0, "quantities", "tpp"))))
    assert main(["replay", str(path)]) == ExitCode.NOT_REPRODUCED
    seen = capsys.readouterr()
    assert seen.out.startswith("NOT reproduced: 2 differences\n")
    assert "designs[0].quantities.tpp" in seen.out
    assert "designs[0].quantities.tpp" in seen.err


def test_one_difference_is_counted_as_one(stored, tmp_path, capsys):
    path = tmp_path / "r.json"
    digest = "sha256:" + 64 * "0"
    path.write_text(json.dumps(stored | {"hashes": stored["hashes"] | {"answer": digest}}))
    assert main(["replay", str(path)]) == ExitCode.NOT_REPRODUCED
    assert capsys.readouterr().out.startswith("NOT reproduced: 1 difference\n")


def test_the_command_accepts_what_optimize_wrote(tmp_path: Path, capsys):
    path = tmp_path / "r.json"
    assert main(["--rules", "us-2023", "--parent", "ga100", "-o", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["replay", str(path)]) == ExitCode.DONE


def test_a_result_from_an_overlay_replays_without_the_overlay(tmp_path: Path):
    text = read_text(data_path("dies", "ga100.toml"))
    (tmp_path / "dies").mkdir()
    changed_text = text.replace("clock_max_mhz = ", "clock_max_mhz = 1200 # ", 1)
    assert changed_text != text
    (tmp_path / "dies" / "ga100.toml").write_text("replaces = true\n" + changed_text)
    result = solve("us-2023", parents=["ga100"], catalog=[str(tmp_path)])
    assert result.status == "optimal"
    assert result.designs[0].knobs["core_clock_mhz"] <= 1200
    shutil.rmtree(tmp_path)
    found = replay(result)
    assert [str(d) for d in found.differences] == []


@pytest.mark.parametrize("wrong", ["{", "[]", '{"schema": "optimize-result/1"}'])
def test_a_file_that_is_no_result_is_a_usage_error(tmp_path, capsys, wrong):
    path = tmp_path / "r.json"
    path.write_text(wrong)
    assert main(["replay", str(path)]) == ExitCode.USAGE
    assert "Traceback" not in capsys.readouterr().err
