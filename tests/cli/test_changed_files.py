"""Files of the user that change on disk while the program runs are read again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from catalogs.economics_overlay import read_overrides
from catalogs.load import data_path, load_catalog
from constraints import load_law
from optimizer.projection.answer import open_workload
from optimizer.report.allocation_plan import read_plan
from tests.own_rule import own_rule

PLAN = Path(__file__).parents[2] / "examples" / "allocation_gh100.toml"
CHAT = data_path("workloads", "chat-8b.toml").read_text(encoding="utf-8")


def _rule(path: Path) -> object:
    version = load_law([path]).packs["mine/ceiling"].versions[0]
    return int(version.thresholds["line"].value)


def _workload(path: Path) -> object:
    return open_workload(str(path), load_catalog(ambient=False)).members[0].input_tokens


def _figure(path: Path) -> object:
    (figure,) = read_overrides([str(path)])
    return float(figure.value)


@pytest.mark.parametrize(
    ("text", "old", "new", "read"),
    [
        (own_rule("tpp > line", 1000, name="mine/ceiling", unit="TPP"), "1000", "2000", _rule),
        (CHAT.replace("chat-8b", "own"), "1024", "2048", _workload),
        ("[yield]\nparametric_yield = 0.9\n", "0.9", "0.8", _figure),
        (PLAN.read_text(encoding="utf-8"), "1000", "2000", lambda path: read_plan(path).wafers),
    ],
    ids=["rule", "workload", "economics", "plan"],
)
def test_a_file_that_changes_is_read_again(
    text: str, old: str, new: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    for number, said in ((old, text), (new, text.replace(old, new))):
        path.write_text(said, encoding="utf-8")
        assert read(path) == pytest.approx(float(number))
