"""``optimize backtest`` as a user sees it: text, Markdown, CSV, JSON, and the pages made of it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.cli.schema import schema_of
from optimizer.report.backtest_document import Backtest
from optimizer.report.backtest_text import as_csv, as_markdown_page, as_page
from optimizer.report.layout import WIDTH
from optimizer.report.ratio import ratio_words
from optimizer.report.words import interval
from tests.planners_page import PAGE, rewritten

DOCS = Path(__file__).resolve().parents[2] / "docs"
FEW = ["backtest", "--derivation", "h20", "--derivation", "hl_225b", "--derivation", "h200_sxm"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    caught = capsys.readouterr()
    return code, caught.out, caught.err


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    written = tmp_path_factory.mktemp("backtest") / "whole.json"
    assert main(["backtest", "-q", "-o", str(written)]) == 0
    return Backtest.model_validate(json.loads(written.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    written = tmp_path_factory.mktemp("backtest") / "few.json"
    assert main([*FEW, "-q", "-o", str(written)]) == 0
    return Backtest.model_validate(json.loads(written.read_text(encoding="utf-8")))


def test_json_is_the_published_document(found: Backtest, capsys):
    _, out, _ = run(capsys, *FEW, "--format", "json")
    assert found.to_json() == out
    assert json.loads(out)["schema"] == "optimize-backtest/1"
    properties = schema_of("backtest")["properties"]
    assert properties["schema"]["const"] == "optimize-backtest/1"
    assert set(properties) == set(json.loads(out))
    assert [row.derived_sku for row in found.rows] == ["hl_225b", "h20", "h200_sxm"]
    assert found.counts == {"compared": 1, "undetermined": 1, "unmodified": 1, "unserved": 0}


def test_a_share_of_a_line_is_never_stored_as_the_whole(found: Backtest):
    for row in found.rows:
        for side in filter(None, (row.optimum, row.shipped)):
            for measure in side.measures:
                assert measure.share is None or measure.share < 1
                assert measure.line is None or measure.value < measure.line


def test_text_keeps_to_eighty_columns_and_gives_its_reasons(whole: Backtest):
    out = as_page(whole)
    assert out.startswith("BACK-TEST: 19 derivations, 8 compared, 9 undetermined, 2 unmodified\n")
    assert max(map(len, out.splitlines())) <= WIDTH
    words = " ".join(out.split())
    assert re.search(r"Memory costs \d\.\d % because it keeps the memory of a100_sxm_80gb", words)
    assert "Undetermined, not known of mi308x: link.gb_s_bidir, pcie.gb_s_bidir" in words
    assert "not known of rtx_5090_d_v2: dense_tflops.fp8; so throughput is not compared" in words
    assert "judged on its first day in force" in words
    assert "review case by case" in words
    assert "not legal advice" in words


def test_both_sides_and_their_share_have_an_interval_in_every_form(whole: Backtest):
    words = " ".join(as_page(whole).split())
    rows = {row["derived_sku"]: row for row in csv.DictReader(io.StringIO(as_csv(whole)))}
    for row in whole.rows:
        assert (row.ratio is None) == (row.share is None)
        for name, side in (("optimum", row.optimum), ("shipped", row.shipped)):
            if side is not None and side.tokens_per_s_per_chip is not None:
                assert side.low < side.tokens_per_s_per_chip < side.high
                assert float(rows[row.derived_sku][f"{name}_low"]) == side.low
                assert interval(side.low, side.high) in words
        if row.ratio is not None:
            assert row.ratio.told_apart != (row.ratio.low <= 1 <= row.ratio.high)
            assert ratio_words(row.ratio) in words
            assert ratio_words(row.ratio) in as_markdown_page(whole)
    assert "AMD may have no such release" in words


def test_a_long_name_keeps_the_numbers_on_the_page(found: Backtest):
    long = found.rows[1].model_copy(update={"derived_sku": "a_part_with_a_very_long_name_" * 3})
    text = as_page(found.model_copy(update={"rows": (long,)}))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "a_part_with_a_very_long_name_" in text
    assert "98.9 %  proved" in text


def test_csv_has_a_row_per_derivation_and_blanks_for_what_is_unknown(capsys):
    code, out, _ = run(capsys, *FEW, "--format", "csv")
    rows = {row["derived_sku"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == 0
    assert rows["h20"]["shipped_tpp"] == "2368"
    assert rows["h20"]["shipped_tpp_line"] == "2400"
    assert rows["hl_225b"]["shipped_tpp"] == ""
    assert rows["hl_225b"]["status"] == "undetermined"


def test_the_reasons_of_a_row_are_one_sentence(capsys):
    _, out, _ = run(capsys, "backtest", "--derivation", "a800", "--format", "json")
    (row,) = Backtest.model_validate(json.loads(out)).rows
    assert len(row.reasons) == 2
    words = " ".join(as_page(Backtest.model_validate(json.loads(out))).split())
    said = words.partition("Memory costs")[2].partition("The optimum draws")[0].strip()
    assert said.endswith("do not.")
    assert said.count(". ") == 0
    assert not set(";:") & set(said)


def test_no_number_of_the_page_is_rounded_onto_a_line_of_the_law(whole: Backtest):
    out = as_page(whole)
    assert "1,400 GB/s" not in out
    assert "2,400 TPP" not in out


def test_an_unknown_derivation_is_a_usage_error_with_a_hint(capsys):
    code, out, err = run(capsys, "backtest", "--derivation", "h100_to_h2O")
    assert (code, out) == (2, "")
    assert "unknown derivation 'h100_to_h2O'. Did you mean 'h100_to_h20'" in err


def test_an_option_of_the_root_that_means_nothing_here_is_refused(capsys):
    code, _, err = run(capsys, "--rules", "us-2025", "backtest")
    assert code == 2
    assert "--rules means nothing to 'optimize backtest'" in err


def test_a_named_workload_stands_before_or_after_the_command(capsys):
    words = ["--derivation", "l2", "--format", "json"]
    _, before, _ = run(capsys, "-w", "chat-8b", "backtest", *words)
    _, after, _ = run(capsys, "backtest", *words, "-w", "chat-8b")
    assert before == after
    assert json.loads(before)["workload"] == "chat-8b"


def test_the_table_in_the_documentation_is_what_the_program_prints(whole: Backtest):
    stated = (DOCS / "backtest.md").read_text(encoding="utf-8")
    assert stated == as_markdown_page(whole), "run: optimize backtest -o docs/backtest.md"


def test_the_page_for_planners_shows_what_the_program_prints():
    assert PAGE.read_text(encoding="utf-8") == rewritten(), "run: python -m tests.planners_page"


def test_what_is_held_has_the_ends_and_the_error_of_its_estimate(found: Backtest) -> None:
    held = next(row.held for row in found.rows if row.derived_sku == "h20")
    errors = {"salvage_share": 0.046, "power_w": 0.071, "unit_cost_usd": 0.12}
    assert {hold.quantity: hold.relative_error for hold in held.holds} == errors
    for hold in held.holds:
        assert hold.low < hold.value < hold.high, hold.quantity
    page = " ".join(as_page(found).split())
    assert "Of the part, p10 to p90: salvage share 0.811 to 0.871, power in W" in page
    assert "h20 85.12 % 415.4 est 3,548.61" in page, "the model's own power is marked"
    stated = (DOCS / "backtest.md").read_text(encoding="utf-8")
    assert "| rtx_pro_6000d | 94.2 % | 600 | 1,400" in stated, "a published class is not"
    assert "out of sample, by: unit cost 12 %; salvage share 4.6 %; power 7.1 %." in page
    (row,) = (r for r in csv.DictReader(io.StringIO(as_csv(found))) if r["derived_sku"] == "h20")
    for name in errors:
        low, value, high = (float(row[f"held_{name}{end}"]) for end in ("_low", "", "_high"))
        assert low < value < high
