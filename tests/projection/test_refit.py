"""The fit of the constants: inside their ranges, and never for a device."""

from dataclasses import fields

import pytest

from catalogs.load import data_path, read_toml
from optimizer.projection.calibration import Calibration, CalibrationFile
from optimizer.projection.measured import public_path
from optimizer.projection.refit import FITTED, Sample, fit, samples


@pytest.fixture(scope="module")
def rows() -> list[Sample]:
    return [sample for sample in samples(public_path()) if sample.row.gpu == "L40S"]


def test_fitted_constants_are_named_constants_of_no_device() -> None:
    assert set(FITTED) <= {field.name for field in fields(Calibration)}


def test_a_fit_lowers_the_error_and_stays_in_range(rows: list[Sample], cal: Calibration) -> None:
    record = CalibrationFile.model_validate(read_toml(data_path("calibration", "global.toml")))
    found = fit(rows, record, cal, rounds=2)
    before = sum(abs(row.error(cal)) for row in rows)
    assert sum(abs(row.error(found)) for row in rows) < before
    for name in FITTED:
        constant = record.constants[name]
        assert constant.low <= getattr(found, name) <= constant.high


def test_a_fit_of_no_rounds_changes_nothing(rows: list[Sample], cal: Calibration) -> None:
    record = CalibrationFile.model_validate(read_toml(data_path("calibration", "global.toml")))
    assert fit(rows, record, cal, rounds=0) == cal
