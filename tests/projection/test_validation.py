"""Measured rows: blanking, coverage, accuracy, intervals and the committed page."""

from datetime import date
from pathlib import Path

import pytest

from catalogs.catalog import Catalog
from catalogs.load import data_path, read_toml
from optimizer.cli.validate import as_csv, report_html, report_text
from optimizer.projection.accuracy import by, out_of_fold_coverage, pairs_of, score
from optimizer.projection.accuracy_report import as_text
from optimizer.projection.bands import band_of
from optimizer.projection.calibrate import intervals_toml
from optimizer.projection.calibration import load_calibration
from optimizer.projection.crossval import digest_of
from optimizer.projection.figure_coverage import coverage, out_of_fold, ratio_errors_by_fold
from optimizer.projection.heldout import load_heldout
from optimizer.projection.heldout import pairs as heldout_pairs
from optimizer.projection.intervals import (
    COVERAGE,
    NEW_FAMILY_RATIO,
    NEW_MAKER_RATIO,
    NEW_PRECISION_RATIO,
    RATIO,
    TPOT,
    TTFT,
    load_intervals,
    row_interval,
)
from optimizer.projection.measured import (
    ProjectedRow,
    project_measured,
    public_path,
    read_measured,
)
from optimizer.projection.planned import planned_interval
from optimizer.projection.ranking import layout_choice, like_for_like, ranking
from optimizer.projection.refit import rows_hash
from optimizer.projection.rows import MEASURED_COLUMNS, REGIMES
from optimizer.projection.software import engine_of
from optimizer.projection.time_intervals import planned_times

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


def test_almost_all_rows_are_projected_and_the_rest_have_reasons(
    projected: list[ProjectedRow],
) -> None:
    done = [row for row in projected if row.reason is None]
    assert len(done) / len(projected) >= 0.98
    assert all(row.throughput and row.throughput > 0 for row in done)
    assert all(row.throughput is None for row in projected if row.reason is not None)


def test_every_regime_is_handled(projected: list[ProjectedRow]) -> None:
    assert {row.regime for row in projected if row.reason is None} == set(REGIMES)


def test_error_is_that_of_the_recorded_fit(rows: Rows, projected: list[ProjectedRow]) -> None:
    pairs = pairs_of(rows, projected, "throughput")
    assert score(pairs).mdape < 0.10
    assert 0.95 < score(pairs).bias < 1.05
    regimes = by(pairs, lambda pair: pair.regime)
    assert regimes["offline_max"].mdape < 0.11
    assert regimes["concurrency"].mdape < 0.11
    assert score(pairs_of(rows, projected, "tpot_ms")).mdape < 0.12
    assert score(pairs_of(rows, projected, "ttft_ms")).mdape < 0.28


def test_error_of_held_out_workloads_is_within_its_promises(rows: Rows) -> None:
    held = load_heldout()
    found = heldout_pairs(rows, held, "throughput")
    assert len(found) > 3150
    assert score(found).mdape < 0.10
    assert score(heldout_pairs(rows, held, "tpot_ms")).mdape < 0.10
    assert score(heldout_pairs(rows, held, "ttft_ms")).mdape < 0.25
    devices = by(heldout_pairs(rows, held, "new_device"), lambda pair: pair.gpu)
    assert devices["H20"].mdape < 0.15
    assert devices["H100-SXM"].mdape < 0.12
    assert devices["A100-SXM-80"].mdape < 0.12


def test_held_out_projections_are_those_of_the_stored_constants(rows: Rows) -> None:
    held = load_heldout()
    cal = load_calibration()
    again = "stale: python -m optimizer.projection.calibrate -o docs/validation.md"
    assert held.rows_sha256 == rows_hash(public_path()), again
    assert held.calibration == digest_of(cal), again


def test_intervals_cover_what_they_promise(rows: Rows) -> None:
    pairs = heldout_pairs(rows, load_heldout(), "throughput")
    bands = load_intervals()
    assert coverage(pairs, bands) == pytest.approx(COVERAGE, abs=0.03)
    assert out_of_fold_coverage(pairs) == pytest.approx(COVERAGE, abs=0.03)
    assert all(band.low < 1 < band.high for band in bands.values())


def test_what_was_never_measured_has_the_wider_interval(catalog: Catalog) -> None:
    bands = load_intervals()
    known = row_interval(bands, "offline_max", "h20", "Hopper", "fp8")
    assert known == bands["offline_max"]
    for device, family, precision, group in (
        ("l20", "Ada Lovelace", "fp8", "new_device"),
        ("gaudi_3", "Gaudi 3", "fp8", "new_family"),
        ("h20", "Hopper", "fp6", "new_precision"),
    ):
        thin = row_interval(bands, "offline_max", device, family, precision)
        assert thin is not None
        assert known is not None
        # As wide as without the device; what a kind adds to all rows, on top of that.
        base = known if device == "h20" else known.joined(bands["new_device"])
        wider = base if group == "new_device" else base.widened(bands[group], bands["all"])
        assert thin == wider
        assert thin.low < known.low
        assert thin.high > known.high
    planned = planned_interval(False, "Hopper", "fp8")
    assert planned.low <= bands["offline_max"].low
    assert planned.high >= bands["new_device"].high
    assert planned_interval(False, "Gaudi 3", "fp8").high >= bands["new_family"].high
    assert planned_interval(False, "Hopper", "fp6").high >= bands["new_precision"].high


def test_devices_are_ordered_as_measured(rows: Rows) -> None:
    found = ranking(heldout_pairs(rows, load_heldout(), "throughput"), like_for_like)
    assert found.workloads > 50
    assert found.spearman > 0.9
    assert found.pair_order > 0.95
    assert found.ratio_median < 0.08


def test_of_several_measured_layouts_a_good_one_is_picked(rows: Rows) -> None:
    pairs = heldout_pairs(rows, load_heldout(), "throughput")
    for piped, workloads in ((False, 80), (True, 15)):
        found = layout_choice(pairs, piped=piped)
        assert found.workloads >= workloads
        assert found.median == 1
        assert found.p10 > 0.9
        assert found.best > 0.7 * found.workloads


def test_the_page_has_a_self_contained_html_form(rows: Rows, projected: list[ProjectedRow]) -> None:
    page = report_html(rows, projected, "public.csv", held=True)
    assert page.count("<svg") == 3
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page
    assert "Promises" in page


def test_a_group_of_few_rows_has_the_wider_interval() -> None:
    everything = band_of([x / 100 for x in range(-50, 51)])
    few = band_of([0.0, 0.01, 0.02], everything)
    assert few.low_log <= everything.low_log
    assert few.high_log >= everything.high_log


def test_stored_intervals_are_those_of_the_public_rows(rows: Rows) -> None:
    path = data_path("calibration", "intervals.toml")
    day = read_toml(path)["fitted_date"]
    assert isinstance(day, date)
    fresh = intervals_toml(rows, load_heldout(), "public.csv", day)
    assert fresh == path.read_text(encoding="utf-8"), (
        "stale: python -m optimizer.projection.calibrate -o docs/validation.md --steps intervals"
    )


def test_the_committed_page_is_fresh(rows: Rows, projected: list[ProjectedRow]) -> None:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert page == report_text(rows, projected, "public.csv", held=True), (
        "stale: optimize validate --report docs/validation.md"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gpu": "Q1"}, "device 'Q1' is not in the catalog"),
        ({"model": "X"}, "model 'X' is not in the catalog"),
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


def test_the_intervals_of_ratios_cover_what_they_say(rows: Rows) -> None:
    errors = ratio_errors_by_fold(rows, load_heldout())
    for name in (RATIO, NEW_FAMILY_RATIO, NEW_PRECISION_RATIO, NEW_MAKER_RATIO):
        # Each pair counts both ways; the share of n pairs has the standard error of a binomial.
        pairs = sum(map(len, errors[name])) / 2
        spread = max(0.03, 2 * (COVERAGE * (1 - COVERAGE) / pairs) ** 0.5)
        assert out_of_fold(errors[name]) == pytest.approx(COVERAGE, abs=spread), name


@pytest.mark.parametrize("figure", [TTFT, TPOT])
def test_the_intervals_of_times_cover_what_they_say_in_every_regime(
    rows: Rows, figure: str
) -> None:
    pairs = heldout_pairs(rows, load_heldout(), figure)
    bands = load_intervals(figure)
    assert out_of_fold_coverage(pairs) == pytest.approx(COVERAGE, abs=0.03)
    for regime in {pair.regime for pair in pairs}:
        mine = [pair for pair in pairs if pair.regime == regime]
        # A regime of few rows takes the wider of its own interval and that of all.
        assert coverage(mine, bands) > COVERAGE - 0.03, regime


def test_times_of_a_plan_have_the_interval_of_arrivals_at_random() -> None:
    known, pools = (planned_times("Hopper", "fp8", two_pools=two) for two in (False, True))
    thin = planned_times("Gaudi 3", "fp6")
    for figure, one, two, new in (
        (TTFT, known.ttft, pools.ttft, thin.ttft),
        (TPOT, known.tpot, pools.tpot, thin.tpot),
    ):
        bands = load_intervals(figure)
        assert (one.low, one.high) == (
            min(bands["rate"].low, bands["new_device"].low),
            max(bands["rate"].high, bands["new_device"].high),
        )
        assert two.low <= min(one.low, bands["disagg_concurrency"].low)
        assert two.high >= max(one.high, bands["disagg_concurrency"].high)
        assert new.low < one.low or new.high > one.high


@pytest.mark.parametrize("device", ["H20", "RTX PRO 6000", "MI300X"])
def test_the_readme_names_the_left_out_errors_of_the_page(rows: Rows, device: str) -> None:
    found = by(heldout_pairs(rows, load_heldout(), "new_device"), lambda pair: pair.gpu)
    shown = f"{device} {found[device.replace(' ', '-')].mdape * 100:.1f} %"
    assert shown in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


ROW = {
    "row_id": "1",
    "gpu": "H20",
    "model": "Llama-3.1-8B",
    "w_prec": "fp8",
    "kv_prec": "fp8",
    "framework": "TensorRT-LLM",
    "version": "1.2",
    "isl": "1024",
    "osl": "1024",
    "tp": "1",
}


def test_a_rate_beyond_capacity_says_so_beside_its_times(catalog: Catalog) -> None:
    row = ROW | {"regime": "rate"}
    calm, flooded = (
        project_measured([row | {"request_rate_rps": rate}], catalog)[0] for rate in ("1", "1000")
    )
    assert calm.note is None
    assert flooded.cells()["note"].startswith("beyond capacity: ")
    assert "    1  beyond capacity: " in as_text([row], [flooded])
    assert "NOTES" not in as_text([row], [calm])


@pytest.mark.parametrize(
    ("regime", "figure"), [("prefill_latency", "in_tok_s"), ("concurrency", "out_tok_s")]
)
def test_an_interval_says_which_figure_it_is_of(catalog: Catalog, regime: str, figure: str) -> None:
    row = ROW | {"regime": regime, "concurrency": "4"}
    cells = project_measured([row], catalog)[0].cells()
    assert cells["interval_of"] == figure
    low, middle, high = (float(cells[x]) for x in ("low", f"{figure}_projected", "high"))
    assert low < middle < high


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


def test_the_stay_of_a_request_is_its_first_token_and_the_others(catalog: Catalog) -> None:
    row = {
        "row_id": "1",
        "gpu": "H20",
        "n_gpu": "1",
        "model": "Qwen3-8B",
        "w_prec": "fp8",
        "kv_prec": "fp8",
        "regime": "concurrency",
        "isl": "1024",
        "osl": "512",
        "tp": "1",
        "concurrency": "16",
    }
    found = project_measured([row], catalog)[0]
    assert found.out_tok_s
    assert found.ttft_ms
    assert found.tpot_ms
    stay = (found.ttft_ms + 511 * found.tpot_ms) / 1000
    assert found.out_tok_s * stay == pytest.approx(16 * 512, rel=1e-9)


def test_replicas_of_a_misprinted_export_are_those_of_its_experts(catalog: Catalog) -> None:
    row = {
        "row_id": "1",
        "gpu": "H200-SXM",
        "n_gpu": "8",
        "model": "DeepSeek-R1",
        "w_prec": "fp8",
        "kv_prec": "fp8",
        "regime": "concurrency",
        "isl": "1024",
        "osl": "1024",
        "tp": "1",
        "ep": "8",
        "dp": "8",
        "concurrency": "64",
    }
    right = project_measured([row], catalog)[0]
    wrong = project_measured([row | {"dp": "64", "n_gpu": "64"}], catalog)[0]
    assert right.out_tok_s == wrong.out_tok_s


@pytest.mark.parametrize(
    ("framework", "version", "vendor", "release"),
    [
        ("TensorRT-LLM", "0.17", "NVIDIA", "tensorrt_llm_2024"),
        ("TensorRT-LLM", "1.0.0rc3", "NVIDIA", "tensorrt_llm_1_0_rc"),
        ("TensorRT-LLM", "", "NVIDIA", "tensorrt_llm_2025"),
        ("TensorRT-LLM", "1.2.0rc6.post3", "NVIDIA", "tensorrt_llm_current"),
        ("vLLM", "2024", "AMD", "vllm_2024_rocm"),
        ("vLLM", "2024", "NVIDIA", "vllm_2024"),
        ("vLLM", "0.19.0", "NVIDIA", "vllm_current"),
        ("vLLM", "", "NVIDIA", "vllm_unstated"),
        ("vLLM 0.9.0, PyTorch 2.7.0", "MLPerf v5.1", "NVIDIA", "mlperf_submission"),
        ("SGLang", "0.5.10.post1", "NVIDIA", "sglang_current"),
        ("SGLang", "9.9 from the future", "NVIDIA", "sglang_current"),
    ],
)
def test_a_release_hangs_on_what_the_row_says(
    framework: str, version: str, vendor: str, release: str
) -> None:
    engine = engine_of(framework, version)
    assert load_calibration().release(engine, version, vendor).id == release
