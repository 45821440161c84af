"""Where answers go: checked first, written whole."""

import os
import stat
from pathlib import Path

import pytest

from catalogs.errors import InputError
from optimizer.cli.output import Target, emit, plan
from optimizer.report.files import read_json, write_atomic


def test_the_extension_picks_the_form(tmp_path: Path):
    forms = [plan(tmp_path / f"a{e}", None).format for e in (".txt", ".json", ".csv", ".md")]
    assert forms == ["text", "json", "csv", "md"]


@pytest.mark.parametrize(
    ("name", "form"), [("a.json", "md"), ("a.xyz", None), ("a", None), ("no/such/a.json", None)]
)
def test_a_path_that_cannot_work_is_refused_before_the_work(tmp_path, name, form):
    with pytest.raises(InputError):
        plan(tmp_path / name, form)


def test_a_folder_or_a_device_is_no_output(tmp_path: Path):
    (tmp_path / "x.json").mkdir()
    with pytest.raises(InputError, match="folder"):
        plan(tmp_path / "x.json", None)
    with pytest.raises(InputError):
        plan(Path("/dev/null"), "json")


def test_an_unknown_form_names_the_known_ones():
    with pytest.raises(InputError, match="Did you mean 'json'"):
        plan(None, "jsn")


def test_planning_writes_nothing(tmp_path: Path):
    plan(tmp_path / "a.json", None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_whole_and_keeps_its_mode(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_atomic(path, "new\n")
    assert path.read_bytes() == b"new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_is_followed_not_replaced(tmp_path: Path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_atomic(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_notes_go_to_standard_error(tmp_path, capsys):
    emit(Target("json", tmp_path / "a.json"), "{}")
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "wrote" in seen.err
    emit(Target("json", tmp_path / "a.json", quiet=True), "{}")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, '{"a": Infinity}']
)
def test_json_is_read_strictly(tmp_path: Path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def test_a_missing_file_is_one_clear_error(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    with pytest.raises(InputError, match="UTF-8"):
        read_json(tmp_path / "latin.json")
