"""``optimize what-if``: one change of the law, both answers, nothing else touched."""

import csv
import io
import json
import math

import pytest

from catalogs import load_catalog
from constraints import load_law
from optimizer import solve
from optimizer.cli import main
from optimizer.cli.schema import schema_of
from optimizer.projection.intervals import RATIO, figure_interval
from optimizer.report.settings import Settings
from optimizer.report.whatif_build import UNASKED, document_of
from optimizer.report.whatif_csv import COLUMNS, as_csv
from optimizer.report.whatif_designs import signed
from optimizer.report.whatif_document import WhatIfDocument
from optimizer.report.whatif_text import as_page
from optimizer.solver import Infeasible, LeftOut, Optimal, Unserved
from optimizer.study.redesign import Redesigned, redesign
from optimizer.study.scenario import Change, scenario
from optimizer.study.whatif import records, what_if
from tests.policy_page import PAGE, rewritten

CEILING = "us_letters/april_2025.dram_ceiling"
STRICTER = Change(set_=(f"{CEILING}=1200",))
DIES = ("gb202", "ad104", "ad103")


@pytest.fixture(scope="module")
def asked():
    return scenario(Settings("us-2025", parents=DIES), STRICTER, ambient=False)


@pytest.fixture(scope="module")
def document(asked) -> WhatIfDocument:
    return document_of(what_if(asked))


def _sides(settings: Settings, change: Change):
    found = scenario(settings, change, ambient=False)
    return found.before, found.after


def of(document: WhatIfDocument, parent: str):
    return next(row for row in document.parents if row.parent == parent)


def test_the_baseline_stays_equal_to_itself(asked, document):
    fresh = load_law().ruleset("us-2025")
    assert asked.before.ruleset == fresh
    assert asked.before.ruleset.digest == fresh.digest == document.before.digest
    assert document.after.digest != document.before.digest
    assert asked.before.catalog == load_catalog(ambient=False)
    assert asked.before.catalog.skus == asked.after.catalog.skus
    assert asked.before.settings.set_ == ()


def test_the_column_before_is_what_the_main_job_says(document):
    alone = {row.parent: row for row in solve("us-2025", parents=list(DIES)).parents}
    for name in DIES:
        mine = of(document, name).before
        assert mine.model_copy(update=UNASKED) == alone[name].model_copy(update=UNASKED)


def test_the_column_after_is_what_the_main_job_says_of_the_changed_law(document):
    alone = solve("us-2025", parents=["gb202"], set_=[f"{CEILING}=1200"]).parents[0]
    mine = of(document, "gb202").after
    assert mine.knobs == alone.knobs
    assert mine.tokens_per_s_per_chip == alone.tokens_per_s_per_chip


def test_a_stricter_line_costs_throughput_and_says_what_is_traded(document):
    row = of(document, "gb202")
    assert row.change is not None
    assert row.change < 0
    traded = {each.name: (each.before, each.after) for each in row.traded}
    assert set(traded) <= {*row.before.knobs, "memory_capacity_gb"}
    assert all(old != new for old, new in traded.values())
    bandwidth = row.after.quantities["dram_bandwidth_gb_s"]
    assert bandwidth is not None
    assert bandwidth < 1200


def test_the_sign_is_sure_only_where_the_ratio_leaves_its_interval(document):
    row, band = of(document, "gb202"), figure_interval(RATIO)
    ratio = row.before.tokens_per_s_per_chip / row.after.tokens_per_s_per_chip
    assert 1 < ratio < band.high
    assert row.sign_survives is False
    assert "ratio" in document.sign_rule
    halved = Change(set_=(f"{CEILING}=700",))
    (far,) = redesign(*_sides(Settings("us-2025", parents=("gb202",)), halved)).rows
    assert far.change < 1 / band.high - 1
    assert far.survives is True


def test_throughput_is_counted_in_h100_too(document):
    row = of(document, "gb202")
    yard = document.h100_tokens_per_s_per_chip
    assert row.h100_equivalents_after == pytest.approx(row.after.tokens_per_s_per_chip / yard)


def test_dies_without_a_design_keep_their_reason_on_both_sides(document):
    for name in ("ad103", "ad104"):
        row = of(document, name)
        assert row.before.tokens_per_s_per_chip is row.after.tokens_per_s_per_chip is None
        assert row.before.missing or row.before.reason
        assert row.change is None
        assert name in as_page(document, "text")


def test_the_next_moves_are_those_of_the_law_after(document):
    moves = [m for m in of(document, "gb202").moves if m.threshold == CEILING]
    assert {m.direction for m in moves} == {"up", "down"}
    assert {m.now for m in moves} == {1200}
    for move in moves:
        assert (move.change > 0) == (move.effect == "relaxes")


def test_a_next_move_is_confirmed_by_moving_the_line(document):
    move = next(
        m for m in of(document, "gb202").moves if m.threshold == CEILING and m.effect == "relaxes"
    )
    best = of(document, "gb202").after.tokens_per_s_per_chip
    at = solve("us-2025", parents=["gb202"], set_=[f"{CEILING}={move.exact}"]).designs[0]
    past = solve(
        "us-2025", parents=["gb202"], set_=[f"{CEILING}={float(move.beyond) + 0.001:.4f}"]
    ).designs[0]
    assert at.projection.tokens_per_s_per_chip == pytest.approx(best, rel=1e-11)
    assert past.projection.tokens_per_s_per_chip == pytest.approx(move.tokens_per_s_per_chip)


def test_a_change_that_reaches_no_die_is_solved_once():
    far = scenario(
        Settings("us-2025", parents=("gb202",)), Change(without=("us_review",)), ambient=False
    )
    row = redesign(far.before, far.after).rows[0]
    assert row.after is row.before
    assert (row.change, row.survives, row.traded) == (0.0, None, ())


def test_a_law_that_leaves_no_design_is_an_answer_with_its_conflict():
    harsh = scenario(
        Settings("us-2025", parents=("gb202",)), Change(set_=(f"{CEILING}=10",)), ambient=False
    )
    answer = what_if(harsh)
    assert answer.redesign is not None
    row = answer.redesign.rows[0]
    assert isinstance(row.before, Optimal)
    assert isinstance(row.after, Infeasible)
    found = document_of(answer)
    assert (found.status_before, found.status_after) == ("optimal", "infeasible")
    page = " ".join(as_page(found, "text").split())
    assert "no design is left" in page
    assert "us_letters/april_2025" in page.partition("DIES WITHOUT A DESIGN")[2]


@pytest.mark.parametrize(
    "outcome",
    [LeftOut("x", ("clock_min_mhz",), "facts"), Unserved("x", "does not fit", None)],  # type: ignore[arg-type]
)
def test_without_a_design_nothing_is_said_of_change(outcome):
    row = Redesigned("x", outcome, outcome)
    assert (row.change, row.survives, row.traded) == (None, None, ())


def test_limits_and_fixes_hold_on_both_sides():
    asked = scenario(
        Settings("us-2025", parents=("gb202",), fixes=("memory_sites=12",), datacenter=False),
        STRICTER,
        ambient=False,
    )
    row = redesign(asked.before, asked.after).rows[0]
    for side in (row.before, row.after):
        assert isinstance(side, Optimal)
        assert side.designs[0].design.sites == 12


@pytest.mark.parametrize("form", ["text", "md"])
def test_the_page_stays_in_its_width_and_holds_both_tables(document, form):
    page = as_page(document, form)
    assert "not legal advice" in page
    assert "needs a license" in page
    assert "1,344" in page
    assert signed(of(document, "gb202").change) in page
    if form == "text":
        assert max(map(len, page.splitlines())) <= 80
    else:
        assert page.count("| --- |") >= 3


def test_a_margin_is_said_to_move_designs_alone():
    asked = scenario(
        Settings("us-2025", parents=("ad104",), margin=("1%",)), STRICTER, ambient=False
    )
    page = as_page(document_of(what_if(asked)), "text")
    assert "classed without it" in " ".join(page.split())


def test_the_document_reads_back_and_meets_its_schema(document):
    text = document.to_json()
    assert WhatIfDocument.model_validate(json.loads(text)) == document
    schema = schema_of("whatif")
    assert schema["properties"]["schema"]["const"] == json.loads(text)["schema"]
    assert set(json.loads(text)) <= set(schema["properties"])


def test_equal_questions_give_equal_bytes(asked, document):
    assert document_of(what_if(asked)).to_json() == document.to_json()


def test_the_csv_is_tidy_and_exact(asked):
    text = as_csv(records(asked, ["h20", "rtx_5090_d_v2", "b20"]), "us-2025", asked.name_after)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    keys = [(r["sku"], r["paragraph"], r["rule_set"]) for r in rows]
    assert len(set(keys)) == len(keys)
    found = {
        r["rule_set"]: (r["verdict"], r["value"], r["line"], r["slack"], r["unit"])
        for r in rows
        if r["sku"] == "rtx_5090_d_v2" and r["paragraph"] == "us_letters/april_2025.dram"
    }
    assert found["us-2025"] == ("not_controlled", "1344", "1400", "-56", "GB/s")
    assert found[asked.name_after] == ("controlled", "1344", "1200", "144", "GB/s")
    numbers = {cell for r in rows for cell in (r["value"], r["line"], r["slack"]) if cell}
    assert all(math.isfinite(float(cell)) for cell in numbers)
    assert all(r["because"] for r in rows if r["paragraph"] == "us_ear/3A090.c.1")
    open_ = [r for r in rows if r["sku"] == "b20" and r["verdict"] == "undetermined"]
    assert open_
    assert all(r["needs"] for r in open_)
    assert all(r["value"] != "0" for r in open_)


def test_no_cell_of_the_csv_is_read_as_a_formula(asked):
    hostile = "=HYPERLINK(1)"
    text = as_csv(records(asked, ["h20"]), hostile, "+1+cmd")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'" + hostile in cells
    assert not any(cell[:1] in ("=", "+", "@") for cell in cells)


def test_the_command_prints_what_the_library_says(document, capsys):
    dies = [word for die in DIES for word in ("--parent", die)]
    arguments = ["what-if", "--rules", "us-2025", "--set", f"{CEILING}=1200", *dies]
    assert main([*arguments, "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["parents"] == json.loads(document.to_json())["parents"]
    assert printed["counts"] == json.loads(document.to_json())["counts"]


def test_every_throughput_has_its_interval_and_every_change_what_the_model_can_tell(document):
    moved = [parent for parent in document.parents if parent.change]
    assert moved
    for parent in moved:
        assert parent.ratio.value == pytest.approx(1 + parent.change)
        assert parent.ratio.low < parent.ratio.value < parent.ratio.high
        assert parent.ratio.told_apart is parent.sign_survives
    moves = [move for parent in document.parents for move in parent.moves]
    assert moves
    assert all(m.low < m.tokens_per_s_per_chip < m.high for m in moves if m.told_apart is not None)
    assert document.h100_low < document.h100_tokens_per_s_per_chip < document.h100_high


def test_the_page_for_policy_work_shows_what_the_program_prints():
    assert PAGE.read_text(encoding="utf-8") == rewritten(), "run: python -m tests.policy_page"


def test_without_named_dies_the_next_moves_are_those_of_the_best_two():
    asked = scenario(Settings("us-2025"), STRICTER, ambient=False)
    found = document_of(what_if(asked))
    ranks = [row.after.rank for row in found.parents if row.moves]
    assert ranks == [1, 2]
    assert "name a die with --parent" in " ".join(as_page(found, "text").split())
