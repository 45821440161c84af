"""Software of a row: the serving engine and its release, as declared; never the device.

A release slows the chip's own work, the host's work and the first token by one factor each. A row
says which engine and version served it; a plan names one engine and takes its current release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from catalogs.architectures import ModelArchitecture
from catalogs.errors import InputError
from optimizer.projection.work import CACHE, SECONDS, SIZE

STACK_TENSORRT_LLM = "tensorrt-llm"
# Engine that a framework's name tells, first match wins; other names count as the default.
_ENGINES = {"vllm": "vllm", "sglang": "sglang", "tensorrt": STACK_TENSORRT_LLM}
SUBMISSION = "mlperf"
# Rows of a maker below which a release does not rest on its parts, as for a device left out.
VENDOR_ROWS = 20


class ReleaseRecord(BaseModel):
    """One line of releases of an engine, as the data file states it.

    Parameters
    ----------
    engine : str
        `tensorrt-llm`, `sglang`, `vllm`, or `mlperf` for tuned submissions.
    versions : str
        Regular expression that the whole stated version matches, in lower case.
    vendor : str or None
        Vendor of the device whose software stack the release runs on, where that mattered.
    current : bool
        Whether a plan that names the engine means this release.
    memory_of_free : bool
        Whether the cache's share of memory is one of what is free after loading, not of all.
    cache_per_query_head : bool
        Whether decode attention reads keys and values once for each query head, not for each group
        of heads that share them.
    device_factor, host_factor, first_token_factor, cache_factor : float
        Factors on the chip's work, on the host's, on the first token, on reading the cache. [1]
    expert_factor, sequence_factor : float
        Factors on the kernels of routed experts; beside that on the host's work, on its time per
        sequence. [1]
    vendors : tuple of str
        Makers of the parts of at least `VENDOR_ROWS` of its rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    versions: str
    vendor: str | None = None
    current: bool = False
    memory_of_free: bool = False
    cache_per_query_head: bool = False
    device_factor: float = Field(default=1.0, ge=0.3, le=4)
    host_factor: float = Field(default=1.0, ge=0.2, le=5)
    first_token_factor: float = Field(default=1.0, ge=0.1, le=10)
    cache_factor: float = Field(default=1.0, ge=0.3, le=20)
    expert_factor: float = Field(default=1.0, ge=0.3, le=4)
    sequence_factor: float = Field(default=1.0, ge=0.05, le=20)
    rows: int = Field(default=0, ge=0)
    vendors: tuple[str, ...] = ()
    source: str


@dataclass(frozen=True)
class Release:
    """Factors of a software release; meanings as in `ReleaseRecord`.

    Examples
    --------
    >>> Release("any", device_factor=2.0, host_factor=3.0).row_factors[SECONDS]
    np.float64(6.0)
    """

    id: str
    engine: str = STACK_TENSORRT_LLM
    versions: str = ".*"
    vendor: str | None = None
    current: bool = False
    memory_of_free: bool = False
    cache_per_query_head: bool = False
    device_factor: float = 1.0
    host_factor: float = 1.0
    first_token_factor: float = 1.0
    cache_factor: float = 1.0
    expert_factor: float = 1.0
    sequence_factor: float = 1.0

    @cached_property
    def row_factors(self) -> NDArray[np.float64]:
        """Factors on the rows of `work`. (9,)"""
        factors = np.full(SIZE, self.device_factor)
        factors[SECONDS] *= self.host_factor
        factors[CACHE] *= self.cache_factor
        return factors

    def cache_reads(self, model: ModelArchitecture, tensor: int) -> float:
        """Times that decode attention reads keys and values: (hq / t) / max(hk / t, 1), else 1. [1]

        A kernel of one block for each query head loads the keys and values of its group once more
        for every head (`cache_per_query_head`); latent attention has kernels of its own.

        References
        ----------
        .. [1] vLLM, csrc/attention/attention_kernels.cuh (`paged_attention_v1`, `_v2`): a grid of
           heads, `kv_head_idx = head_idx / num_queries_per_kv`.

        Examples
        --------
        >>> from catalogs.load import load_catalog
        >>> model = load_catalog().model("llama_3_1_8b")
        >>> own = Release("own", cache_per_query_head=True)
        >>> PLAIN.cache_reads(model, 1), own.cache_reads(model, 1), own.cache_reads(model, 16)
        (1.0, 4.0, 2.0)
        """
        if model.latent or not self.cache_per_query_head:
            return 1.0
        return model.q_heads / tensor / max(model.kv_heads / tensor, 1.0)


# Software whose every factor is 1.
PLAIN = Release("plain")


def release_of(name: str, record: ReleaseRecord) -> Release:
    """Return the factors of a record."""
    return Release(name, **record.model_dump(exclude={"rows", "vendors", "source"}))


def engine_of(framework: str, version: str = "") -> str:
    """Return the engine of a framework and version; unknown names count as the default stack.

    Examples
    --------
    >>> engine_of("vLLM 0.9.0, PyTorch 2.7.0"), engine_of("TensorRT 10.8", "MLPerf v5.1")
    ('vllm', 'mlperf')
    """
    if SUBMISSION in version.lower():
        return SUBMISSION
    return _engine(framework) or STACK_TENSORRT_LLM


def engine_named(framework: str, version: str = "") -> bool:
    """Return whether a framework or its version names an engine, so that none has to be assumed.

    Examples
    --------
    >>> engine_named("vLLM 0.9.0"), engine_named("llama.cpp"), engine_named("", "MLPerf v5.1")
    (True, False, True)
    """
    return SUBMISSION in version.lower() or _engine(framework) is not None


def _engine(framework: str) -> str | None:
    name = framework.lower()
    return next((e for key, e in _ENGINES.items() if key in name), None)


def current(releases: Sequence[Release], stack: str) -> Release:
    """Return the release that a plan means by the name of an engine.

    Raises
    ------
    InputError
        No such engine; the known ones are named.
    """
    known = {r.engine: r for r in releases if r.current}
    if stack.lower() not in known:
        names = ", ".join(sorted(known))
        raise InputError(f"unknown software stack '{stack}'", remedy=f"Known are {names}.")
    return known[stack.lower()]


def stated(releases: Sequence[Release], engine: str, version: str, vendor: str) -> Release:
    """Return the release that a row states: the first whose versions match, vendor's own first.

    A version that nothing matches, or none, means the engine's current release.
    """
    found = matched(releases, engine, version, vendor)
    return found or next(r for r in releases if r.engine == engine and r.current)


def matched(releases: Sequence[Release], engine: str, version: str, vendor: str) -> Release | None:
    """Return the first release whose versions match, vendor's own first; None where none does."""
    text = version.strip().lower()
    makers = ("", vendor.casefold())
    mine = [r for r in releases if r.engine == engine and (r.vendor or "").casefold() in makers]
    for release in sorted(mine, key=lambda r: r.vendor is None):
        if re.fullmatch(release.versions, text):
            return release
    return None


def check(releases: Mapping[str, ReleaseRecord]) -> list[str]:
    """Return what is wrong with a table of releases: every engine has one current release.

    Tuned submissions are not an engine that a plan can name.
    """
    faults = []
    for engine in sorted({r.engine for r in releases.values()} - {SUBMISSION}):
        count = sum(r.engine == engine and r.current for r in releases.values())
        if count != 1:
            faults.append(f"releases of {engine}: {count} are current, need one")
    for name, record in releases.items():
        try:
            re.compile(record.versions)
        except re.error as error:
            faults.append(f"releases.{name}.versions: {error}")
    return faults
