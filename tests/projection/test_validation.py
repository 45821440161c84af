"""Measured rows: blanking, coverage, accuracy, intervals and the committed page."""

from pathlib import Path

import pytest

from catalogs.catalog import Catalog
from catalogs.load import data_path, read_toml
from optimizer.cli.validate import as_csv, fitted_text, report_text
from optimizer.projection.accuracy import by, coverage, out_of_fold_coverage, pairs_of, score
from optimizer.projection.intervals import COVERAGE, band_of, load_intervals
from optimizer.projection.measured import (
    ProjectedRow,
    project_measured,
    public_path,
    read_measured,
)
from optimizer.projection.rows import MEASURED_COLUMNS, REGIMES

ROOT = Path(__file__).resolve().parents[2]
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return read_measured(public_path())


@pytest.fixture(scope="module")
def projected(rows: Rows, catalog: Catalog) -> list[ProjectedRow]:
    return project_measured(rows, catalog)


def test_blanking_every_measured_column_changes_no_byte(
    rows: Rows, projected: list[ProjectedRow], catalog: Catalog
) -> None:
    blank = [row | dict.fromkeys(MEASURED_COLUMNS, "") for row in rows]
    assert as_csv(project_measured(blank, catalog)) == as_csv(projected)
    lied = [row | dict.fromkeys(MEASURED_COLUMNS, "123.4") for row in rows[:300]]
    assert project_measured(lied, catalog) == projected[:300]


def test_the_answer_has_no_order_and_no_company(
    rows: Rows, projected: list[ProjectedRow], catalog: Catalog
) -> None:
    assert project_measured(rows[::-37], catalog) == projected[::-37]


def test_nine_tenths_of_the_rows_are_projected_and_the_rest_have_reasons(
    projected: list[ProjectedRow],
) -> None:
    done = [row for row in projected if row.reason is None]
    assert len(done) / len(projected) >= 0.95
    assert all(row.throughput and row.throughput > 0 for row in done)
    assert all(row.throughput is None for row in projected if row.reason is not None)


def test_every_regime_is_handled(projected: list[ProjectedRow]) -> None:
    assert {row.regime for row in projected if row.reason is None} == set(REGIMES)


def test_error_is_that_of_the_recorded_fit(rows: Rows, projected: list[ProjectedRow]) -> None:
    pairs = pairs_of(rows, projected, "throughput")
    assert score(pairs).mdape < 0.15
    assert 0.95 < score(pairs).bias < 1.05
    regimes = by(pairs, lambda pair: pair.regime)
    assert regimes["offline_max"].mdape < 0.13
    assert regimes["concurrency"].mdape < 0.16


def test_intervals_cover_what_they_promise(rows: Rows, projected: list[ProjectedRow]) -> None:
    pairs = pairs_of(rows, projected, "throughput")
    bands = load_intervals()
    assert coverage(pairs, bands) == pytest.approx(COVERAGE, abs=0.03)
    assert out_of_fold_coverage(pairs) == pytest.approx(COVERAGE, abs=0.04)
    assert all(band.low < 1 < band.high for band in bands.values())


def test_a_group_of_few_rows_has_the_wider_interval() -> None:
    everything = band_of([x / 100 for x in range(-50, 51)])
    few = band_of([0.0, 0.01, 0.02], everything)
    assert few.low_log <= everything.low_log
    assert few.high_log >= everything.high_log


def test_stored_intervals_are_those_of_the_public_rows(
    rows: Rows, projected: list[ProjectedRow], tmp_path: Path
) -> None:
    fresh = tmp_path / "intervals.toml"
    fresh.write_text(fitted_text(rows, projected, "public.csv"), encoding="utf-8")
    stored = read_toml(data_path("calibration", "intervals.toml"))
    assert read_toml(fresh)["groups"] == stored["groups"], (
        "stale: optimize validate --fit-intervals catalogs/data/calibration/intervals.toml"
    )


def test_the_committed_page_is_fresh(rows: Rows, projected: list[ProjectedRow]) -> None:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert page == report_text(rows, projected, "public.csv"), (
        "stale: optimize validate --report docs/validation.md"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gpu": "Q1"}, "device 'Q1' is not in the catalogue"),
        ({"model": "X"}, "model 'X' is not in the catalogue"),
        ({"isl": ""}, "isl is not stated"),
        ({"isl": "many"}, "isl 'many' is not a number"),
        ({"tp": "1.5"}, "tp 1.5 is not a positive whole number"),
        ({"regime": "guess"}, "unknown regime 'guess'"),
        ({"w_prec": "fp5"}, "unknown weight format 'fp5'"),
        ({"concurrency": ""}, "concurrency is not stated"),
        ({"model": "DeepSeek-R1", "tp": "1", "n_gpu": "1"}, "do not fit"),
    ],
)
def test_a_row_that_cannot_be_projected_says_why(
    catalog: Catalog, change: dict[str, str], words: str
) -> None:
    row = {
        "row_id": "1",
        "gpu": "H20",
        "n_gpu": "1",
        "model": "Qwen3-8B",
        "w_prec": "fp8",
        "kv_prec": "fp8",
        "regime": "concurrency",
        "isl": "1024",
        "osl": "1024",
        "tp": "1",
        "concurrency": "16",
    }
    assert project_measured([row], catalog)[0].reason is None
    found = project_measured([row | change], catalog)[0]
    assert found.throughput is None
    assert words in str(found.reason)


def test_a_layout_that_the_source_omits_is_chosen(catalog: Catalog) -> None:
    row = {
        "row_id": "1",
        "gpu": "H20",
        "n_gpu": "8",
        "model": "Llama-3.3-70B",
        "w_prec": "fp8",
        "kv_prec": "fp8",
        "regime": "offline_max",
        "isl": "1024",
        "osl": "1024",
    }
    free = project_measured([row], catalog)[0].out_tok_s or 0
    stated = [
        project_measured([row | {"tp": str(t), "replicas": str(8 // t)}], catalog)[0].out_tok_s
        for t in (1, 2, 4, 8)
    ]
    assert free == pytest.approx(max(x for x in stated if x is not None), rel=1e-9)
