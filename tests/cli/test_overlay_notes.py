"""An answer that rests on the user's own records says so before anything else."""

import json
from pathlib import Path

import pytest

from catalogs.load import data_path, load_catalog, read_text
from optimizer.cli import main
from optimizer.report.layout import WIDTH

SAID = "die ga100 is read from ov/ga100.toml, in place of the built-in record"
CHECK = ["check", "a100_sxm_80gb", "--rules", "us-2023"]


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A folder with one die whose area is another than the catalog's."""
    text = read_text(data_path("dies", "ga100.toml"))
    changed = text.replace("area_mm2 = 826", "area_mm2 = 830")
    assert changed != text
    folder = tmp_path / "ov"
    folder.mkdir()
    (folder / "ga100.toml").write_text('record = "die"\nreplaces = true\n' + changed)
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def plain(text: str) -> str:
    return " ".join(text.split())


def test_check_says_which_record_is_not_the_built_in_one(capsys, overlay: Path):
    text = run(capsys, *CHECK, "--catalog", str(overlay))
    assert plain(text).index(SAID) < plain(text).index("CONSEQUENCES")
    document = json.loads(run(capsys, *CHECK, "--catalog", str(overlay), "-f", "json"))
    assert document["overlays"] == [SAID]
    assert SAID in run(capsys, *CHECK, "--catalog", str(overlay), "-f", "csv")
    assert "read from" not in run(capsys, *CHECK)


def test_a_folder_that_nobody_named_is_said_too(capsys, overlay: Path, monkeypatch):
    monkeypatch.chdir(overlay.parent)
    overlay.rename(overlay.parent / "catalogs.d")
    assert "read from catalogs.d/ga100.toml" in plain(run(capsys, *CHECK))


def test_project_says_it_first(capsys, overlay: Path):
    text = run(capsys, "project", "a100_sxm_80gb", "--catalog", str(overlay))
    assert plain(text).partition("ASSUMES - ")[2].startswith(SAID)


def test_a_result_and_its_replay_say_it(capsys, overlay: Path, tmp_path: Path):
    job = ["--rules", "us-2023", "--parent", "ga100", "--catalog", str(overlay)]
    assert plain(run(capsys, *job)).partition("ASSUMES - ")[2].startswith(SAID)
    path = tmp_path / "r.json"
    run(capsys, *job, "-o", str(path))
    named = json.loads(path.read_text())["inputs"]["overlays"]
    assert named == [{"kind": "die", "id": "ga100", "file": "ov/ga100.toml", "replaces": True}]
    said = run(capsys, "replay", str(path))
    assert "not the built-in catalog: " + SAID in plain(said)
    assert max(map(len, said.splitlines())) <= WIDTH


def test_a_replaced_value_without_a_source_of_its_own_is_an_estimate(overlay: Path):
    area = "applicable_die_area_mm2"
    own, built_in = load_catalog([overlay], ambient=False), load_catalog(ambient=False)
    assert built_in.die("ga100").fact(area).grade != "C"
    assert own.die("ga100").fact(area).grade == "C"
    assert own.sku("a100_sxm_80gb").fact(area).grade == "C"
    same = built_in.die("ga100").fact("clock_max_mhz").grade
    assert own.die("ga100").fact("clock_max_mhz").grade == same


def test_a_workload_file_does_not_pass_for_the_cataloged_one(capsys, tmp_path: Path):
    text = read_text(data_path("workloads", "chat-8b.toml"))
    same, other = tmp_path / "same.toml", tmp_path / "other.toml"
    same.write_text(text)
    other.write_text(text.replace("input_tokens = ", "input_tokens = 1"))
    said = "workload chat-8b is read from a file of the user, in place of the built-in record"
    assert said in plain(run(capsys, "project", "h20", "-w", str(other)))
    assert said not in plain(run(capsys, "project", "h20", "-w", str(same)))
    pool = ("--prefill-with", "h100_sxm", "--network", "25")
    assert said not in plain(run(capsys, "project", "h20", "-w", "chat-8b", *pool))


@pytest.mark.parametrize("mix", ["chat-8b=1", "chat-8b=0.5,chat-8b=0.5"])
def test_a_mix_of_one_cataloged_workload_is_not_said_to_be_of_a_file(capsys, mix: str):
    assert "a file of the user" not in plain(run(capsys, "project", "h20", "-w", mix))
