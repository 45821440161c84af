"""What a plan means by the name of a software stack, and whose parts it was measured on."""

from functools import cache

from optimizer.projection.calibration import load_calibration, stored_constants
from optimizer.projection.software import ReleaseRecord


@cache
def vendors_behind(stack: str) -> tuple[str, ...]:
    """Return the makers of the parts on which the current release of an engine was measured.

    Examples
    --------
    >>> vendors_behind("tensorrt-llm")
    ('NVIDIA',)
    """
    return _meant(stack).vendors


@cache
def release_words(stack: str, vendor: str) -> tuple[str, str]:
    """Return what a plan means by an engine, and which of its releases a maker's rows are of.

    Examples
    --------
    >>> release_words("vllm", "AMD")
    ('vLLM 0.18 and later, 2026', 'vLLM to 0.7 on ROCm 6, 2024')
    """
    meant = _meant(stack)
    others = (
        _short(record)
        for record in stored_constants().releases.values()
        if record.engine == meant.engine and vendor.casefold() in map(str.casefold, record.vendors)
    )
    return _short(meant), "; ".join(others)


def measured_on(release: str, vendor: str) -> bool:
    """Return whether a release was measured on enough parts of a maker to rest on them.

    Examples
    --------
    >>> measured_on("vllm_current", "nvidia"), measured_on("vllm_current", "AMD")
    (True, False)
    """
    record = stored_constants().releases.get(release)
    return record is not None and vendor.casefold() in map(str.casefold, record.vendors)


def short_name(release: str) -> str:
    """Return which versions a release covers, by its id.

    Examples
    --------
    >>> short_name("vllm_current")
    'vLLM 0.18 and later, 2026'
    """
    record = stored_constants().releases.get(release)
    return release if record is None else _short(record)


def _meant(stack: str) -> ReleaseRecord:
    """The record of the release that a plan means by the name of an engine."""
    return stored_constants().releases[load_calibration().stack(stack).id]


def _short(record: ReleaseRecord) -> str:
    """Which versions a release covers: its source without what follows the list of them."""
    return record.source.partition(";")[0].partition(":")[0]
