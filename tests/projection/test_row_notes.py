"""Rows of a user's own file: what is taken for granted is said, what cannot be is refused."""

import csv
from pathlib import Path

import pytest

from catalogs import Catalog
from optimizer.cli import main
from optimizer.projection.accuracy import pairs_of
from optimizer.projection.accuracy_report import as_text
from optimizer.projection.intervals import ALL, load_intervals, row_interval
from optimizer.projection.measured import ProjectedRow, project_measured
from optimizer.projection.rows import REGIMES

ROW = {
    "row_id": "1",
    "gpu": "H20",
    "n_gpu": "8",
    "model": "Llama-3.1-70B",
    "w_prec": "fp8",
    "kv_prec": "fp8",
    "framework": "vLLM",
    "version": "0.19.0",
    "regime": "concurrency",
    "isl": "1024",
    "osl": "1024",
    "tp": "8",
    "concurrency": "64",
}


def projected(catalog: Catalog, **change: str) -> ProjectedRow:
    return project_measured([ROW | change], catalog)[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"framework": ""}, "no engine is stated: read as TensorRT-LLM"),
        ({"framework": "llama.cpp"}, "'llama.cpp' is no known engine: read as TensorRT-LLM"),
        ({"version": ""}, "no version is stated: read as vLLM"),
        ({"version": "banana"}, "version 'banana' is of no known release: read as vLLM 0.18"),
        ({"version": "MLPerf v5.1"}, None),
        ({"gpu": "MI300X"}, "no measured row of AMD under that software"),
        ({"isl": "200000"}, "201,024 tokens are beyond the longest context of"),
    ],
)
def test_what_a_row_does_not_say_is_noted(
    catalog: Catalog, change: dict[str, str], said: str | None
) -> None:
    found = projected(catalog, **change)
    assert found.reason is None
    assert found.note is None if said is None else said in str(found.note)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tp": "3"}, "tp 3 times pp 1 does not divide n_gpu 8"),
        ({"regime": "server_slo"}, "regime server_slo without slo_ttft_ms or slo_tpot_ms"),
        ({"concurrency": "1e300"}, "concurrency 1e300 is out of range: from 0 to 1,000,000,000"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(
    catalog: Catalog, change: dict[str, str], said: str
) -> None:
    found = projected(catalog, **change)
    assert found.throughput is None
    assert found.reason == said


def test_a_maker_without_rows_of_the_software_has_wider_intervals(catalog: Catalog) -> None:
    old, new = (projected(catalog, gpu="MI300X", version=v) for v in ("0.6.3", "0.19.0"))
    spread = [row.high / row.low for row in (old, new) if row.high and row.low]
    assert spread[1] > 1.5 * spread[0]
    assert old.times is not None
    assert new.times is not None
    assert new.times.tpot.low < old.times.tpot.low  # type: ignore[union-attr]


def test_a_regime_without_rows_is_no_surer_than_any_with_rows() -> None:
    bands = load_intervals("tpot_ms")
    assert "server_slo" not in bands
    found = row_interval(bands, "server_slo", "h20", "Hopper", "fp8")
    assert found is not None
    for regime in {*REGIMES} & bands.keys():
        assert found.low <= bands[regime].low
        assert found.high >= bands[regime].high
    assert found.high > bands[ALL].high


@pytest.mark.parametrize("chips", ["8", ""])
def test_a_figure_of_one_chip_counts_for_all_of_them(
    catalog: Catalog, tmp_path: Path, chips: str
) -> None:
    rows = [ROW | {"out_tok_s": "", "out_tok_s_gpu": "250", "n_gpu": chips}]
    (pair,) = pairs_of(rows, project_measured(rows, catalog), "throughput")
    assert pair.measured == 2000
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert main(["validate", "--measured", str(path), "-o", str(tmp_path / "out.csv")]) == 0


def test_rows_with_times_alone_are_compared_by_their_times(catalog: Catalog) -> None:
    rows = [ROW | {"tpot_ms": "30"}]
    page = as_text(rows, project_measured(rows, catalog))
    assert "TPOT" in page
    assert "THROUGHPUT BY" not in page
    assert "nothing to compare" not in page
