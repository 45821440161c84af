"""What a ranking by another objective than throughput says of its order."""

import pytest

from optimizer.projection.ratios import same_die, told_apart
from optimizer.report.layout import WIDTH
from optimizer.report.numbers import significant
from optimizer.report.result import Result
from optimizer.report.settings import Settings
from optimizer.report.solve import solve_settings
from optimizer.report.table import as_csv
from optimizer.report.text import as_report
from tests.cli.factories import a_result

ASKED = Settings(
    rules="us-2025", parents=("gb202", "gh100"), objective="throughput_per_dollar", top=2
)


@pytest.fixture(scope="module")
def ranked() -> Result:
    return solve_settings(ASKED, ambient=False)


def test_what_is_told_apart_is_the_objective_and_not_the_throughput(ranked: Result) -> None:
    first, second = ranked.parents[:2]
    assert (first.parent, second.parent) == ("gb202", "gh100")
    # In throughput the model cannot tell the two apart, in throughput per dollar it can.
    assert not told_apart(first.tokens_per_s_per_chip, second.tokens_per_s_per_chip, same_die())
    assert told_apart(second.objective_value, first.objective_value, same_die())
    assert second.within_interval is False
    for row, design in ((first, ranked.designs[0]), (second, None)):
        cost = row.quantities["unit_cost_usd"]
        assert row.objective_value == pytest.approx(row.tokens_per_s_per_chip / cost)
        assert design is None or design.objective_value == row.objective_value
    assert ranked.designs[1].within_interval is True


def test_the_objective_stands_beside_the_throughput_with_its_unit(ranked: Result) -> None:
    page = as_report(ranked)
    assert max(map(len, page.splitlines())) <= WIDTH
    words = " ".join(page.split())
    value = significant(ranked.designs[0].objective_value)
    assert f"maximized: {value} tokens/s per USD of unit cost" in words
    others = words.partition("OTHER PARENTS")[2]
    assert "parent tokens/s per USD TPP" in others
    assert significant(ranked.parents[1].objective_value) in others
    assert "per USD: tokens/s per USD of unit cost, by which the order goes" in others
    ranks = words.partition("NEXT RANKS")[2].partition("PROOF")[0]
    assert "throughputs; the error of unit cost is not in it" in ranks
    assert "not certain" not in others
    assert "objective_value,within_interval" in as_csv(ranked)


def test_a_ranking_by_throughput_names_no_other_objective() -> None:
    page = as_report(a_result())
    assert "maximized" not in page
    assert "by which the order goes" not in page
