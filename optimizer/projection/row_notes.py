"""What the projection of a measured row takes for granted because the row does not say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.deployment import beyond_context
from optimizer.projection.releases import measured_on, short_name
from optimizer.projection.rows import Conditions
from optimizer.projection.software import engine_named

BEYOND = (
    "beyond capacity: requests come faster than is projected to be served; the times are those of "
    "a full server, without the queue that grows while they come"
)


def strange_release(row: Conditions, cal: Calibration, vendor: str) -> bool:
    """Return whether a maker has no measured row of the release that a row is read as.

    A blank maker is unknown and counts as measured, as in a plan.
    """
    return bool(vendor) and not measured_on(cal.release(row.engine, row.version, vendor).id, vendor)


def row_notes(
    cells: Mapping[str, str],
    row: Conditions,
    model: ModelArchitecture,
    cal: Calibration,
    vendor: str,
    *,
    beyond: bool,
) -> str | None:
    """Return what to know of the projection of a row, in one text; None where there is nothing.

    Parameters
    ----------
    cells : mapping
        Text cells of the row, for what its conditions no longer tell.
    vendor : str
        Maker of the device.
    beyond : bool
        Whether requests come faster than they are served.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> from optimizer.projection.calibration import load_calibration
    >>> from optimizer.projection.rows import conditions
    >>> cells = {"row_id": "1", "gpu": "H20", "model": "Qwen3-8B", "w_prec": "fp8",
    ...          "kv_prec": "fp8", "regime": "rate", "isl": "9", "osl": "9", "framework": "vLLM"}
    >>> model, cal = load_catalog().model("Qwen3-8B"), load_calibration()
    >>> row_notes(cells, conditions(cells), model, cal, "NVIDIA", beyond=False)
    'no version is stated: read as vLLM of late 2025, version not stated (InferenceX)'
    """
    said = (*_software(cells, row, cal, vendor), *_lengths(row, model))
    return "; ".join((*said, BEYOND) if beyond else said) or None


def _software(
    cells: Mapping[str, str], row: Conditions, cal: Calibration, vendor: str
) -> Iterator[str]:
    read_as = f"read as {short_name(cal.release(row.engine, row.version, vendor).id)}"
    framework = cells.get("framework", "").strip()
    if not engine_named(framework, row.version):
        yield (f"'{framework}' is no known engine" if framework else "no engine is stated") + (
            f": {read_as}"
        )
    elif not row.version:
        yield f"no version is stated: {read_as}"
    elif not cal.has_release(row.engine, row.version, vendor):
        yield f"version '{row.version}' is of no known release: {read_as}"
    if strange_release(row, cal, vendor):
        yield f"no measured row of {vendor} under that software: the intervals are wider"


def _lengths(row: Conditions, model: ModelArchitecture) -> Iterator[str]:
    yield from beyond_context(int(row.input_tokens + row.output_tokens), (model,))
