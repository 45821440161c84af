"""The fit of the constants: inside their ranges, repeatable, and never for a device."""

import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from optimizer.projection import calibrate
from optimizer.projection.calibration import Calibration, CalibrationFile, calibration_of
from optimizer.projection.crossval import FOLDS, fold_of, label, splits_of
from optimizer.projection.measured import public_path
from optimizer.projection.parameters import at, parameters, where
from optimizer.projection.refit import (
    FITTED,
    FITTED_FACTORS,
    RATIO_WEIGHT,
    as_toml,
    at_bounds,
    fit,
    fitted_names,
    rows_hash,
    started,
    stored,
    throughput_problem,
    vendors_of,
    weights_of,
)
from optimizer.projection.samples import Sample, pairs_of, samples


@pytest.fixture(scope="module")
def everything() -> list[Sample]:
    return samples(public_path())


@pytest.fixture(scope="module")
def rows(everything: list[Sample]) -> list[Sample]:
    return [sample for sample in everything if sample.row.gpu == "L40S"]


def test_fitted_constants_are_named_constants_of_no_device() -> None:
    assert set(FITTED) <= {field.name for field in fields(Calibration)}


def test_release_factors_hang_on_engine_and_version_only(cal: Calibration) -> None:
    for release in cal.releases:
        assert release.vendor is None or release.id.endswith("_rocm")
    anchor = cal.stack("tensorrt-llm")
    assert anchor.row_factors.tolist() == [1.0] * 9
    names = parameters(stored()[0], cal, FITTED, FITTED_FACTORS)
    assert not any(name.name.startswith(f"{anchor.id}.") for name in names)


def test_a_fit_lowers_the_error_and_stays_in_range(rows: list[Sample], cal: Calibration) -> None:
    record, _ = stored()
    worse = _moved(record, cal, 0.2)
    found, _ = fit(rows, record, worse, rounds=2)
    before = sum(abs(row.error(worse)) for row in rows)
    assert sum(abs(row.error(found)) for row in rows) < before
    for name in FITTED:
        constant = record.constants[name]
        assert constant.low <= getattr(found, name) <= constant.high * (1 + 1e-12)


def test_the_ratio_of_two_devices_on_equal_work_counts_beside_their_rows(
    everything: list[Sample], cal: Calibration
) -> None:
    one, other = (everything[place] for place in pairs_of(everything)[0])
    assert one.work == other.work
    assert one.device != other.device
    alone = next(s for s in everything if s.work != one.work)
    record, _ = stored()
    problem = throughput_problem([one, alone, other], record, cal)
    assert problem.pairs.tolist() == [[0, 2]]
    point = where(problem.names, cal)
    *each, ratio = problem.errors(point)
    assert ratio == each[0] - each[2]
    slopes = problem.jacobian(point, np.array([*each, ratio]))
    assert (slopes[3] == slopes[0] - slopes[2]).all()
    assert weights_of(problem).tolist() == [1.0, 1.0, 1.0, RATIO_WEIGHT]
    # A ratio with a row that is held out tells of that row: it must not take part.
    seen = np.array([True, True, False])
    assert weights_of(problem, seen).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_a_device_has_its_best_row_in_a_ratio(everything: list[Sample]) -> None:
    one = next(s for s in everything if s.row.gpu == "H100-SXM")
    other = replace(one, device="another")
    rows = [one, replace(one, measured=2 * one.measured), other, replace(other, work="else")]
    assert pairs_of(rows).tolist() == [[1, 2]]


def _moved(record: CalibrationFile, cal: Calibration, share: float) -> Calibration:
    names = parameters(record, cal, FITTED, FITTED_FACTORS)
    point = where(names, cal)
    return at(cal, names, np.clip(point + share * np.where(point < 0.5, 1, -1), 0, 1))


def test_a_fit_of_no_rounds_changes_nothing(rows: list[Sample], cal: Calibration) -> None:
    record, _ = stored()
    found, _ = fit(rows, record, cal, rounds=0)
    for name in FITTED:
        assert getattr(found, name) == pytest.approx(getattr(cal, name), rel=1e-9)


def test_a_written_fit_is_read_back(rows: list[Sample], cal: Calibration) -> None:
    record, _ = stored()
    data = tomllib.loads(as_toml(record, cal, rows, public_path(), date(2026, 1, 2)))
    again = calibration_of(CalibrationFile.model_validate(data), "again")
    assert again.layer_fixed_s == pytest.approx(cal.layer_fixed_s, rel=1e-3)
    assert [r.id for r in again.releases] == [r.id for r in cal.releases]


def test_a_fit_starts_where_the_file_says_whatever_was_fitted_before(
    rows: list[Sample], cal: Calibration
) -> None:
    record, _ = stored()
    moved = record.model_copy(update={"start": record.start | {"step_fixed_s": 1e-3}})
    start = started(moved, replace(cal, step_fixed_s=2e-3))
    assert start.step_fixed_s == pytest.approx(1e-3)
    again = tomllib.loads(as_toml(moved, cal, rows, public_path(), date(2026, 1, 2)))
    assert again["start"] == moved.start
    assert set(again["start"]) == {p.name for p in fitted_names(record, cal)}


def test_constants_at_an_end_of_their_range_are_named(cal: Calibration) -> None:
    record, _ = stored()
    assert record.at_bound == at_bounds(record, cal)
    low = record.constants["pipeline_bubble"].low
    assert at_bounds(record, replace(cal, pipeline_bubble=low))["pipeline_bubble"] == "lower"
    assert "pipeline_bubble" not in record.at_bound


def test_a_file_that_did_not_change_keeps_its_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.toml"
    monkeypatch.setattr(calibrate, "data_path", lambda *_: path)
    path.write_text("fitted_date = 2026-01-02\nvalue = 1\n", encoding="utf-8")

    def text(value: int) -> Callable[[date], str]:
        return lambda day: f"fitted_date = {day.isoformat()}\nvalue = {value}\n"

    calibrate.write_dated("one.toml", text(1))
    assert "fitted_date = 2026-01-02" in path.read_text(encoding="utf-8")
    calibrate.write_dated("one.toml", text(2))
    assert "value = 2" in path.read_text(encoding="utf-8")
    assert "2026-01-02" not in path.read_text(encoding="utf-8")


def test_the_stored_makers_are_those_of_the_rows_of_each_release(
    everything: list[Sample], cal: Calibration
) -> None:
    record, _ = stored()
    made = Counter(
        (cal.release(s.row.engine, s.row.version, s.vendor).id, s.vendor) for s in everything
    )
    for name, release in record.releases.items():
        assert release.vendors == vendors_of(name, made), name


def test_the_stored_constants_were_fitted_on_these_rows(everything: list[Sample]) -> None:
    record, _ = stored()
    assert record.rows_sha256 == rows_hash(public_path()), (
        "stale: python -m optimizer.projection.calibrate -o docs/validation.md"
    )
    assert record.fitted_rows == len(everything)


def test_folds_hold_whole_workloads(everything: list[Sample]) -> None:
    folds: dict[str, set[int]] = {}
    for sample in everything:
        folds.setdefault(sample.workload, set()).add(fold_of(sample.workload))
    assert all(len(parts) == 1 for parts in folds.values())
    sizes = [sum(fold_of(s.workload) == f for s in everything) for f in range(FOLDS)]
    assert min(sizes) > len(everything) / FOLDS * 0.7


def test_a_device_is_left_out_with_all_its_rows(everything: list[Sample]) -> None:
    splits = {(split.kind, split.name) for split in splits_of(everything)}
    assert ("device", "h20") in splits
    assert len([s for s in everything if label(s, "device") == "h20"]) == 67
