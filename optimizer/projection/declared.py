"""Conditions that a source's own configurations state where its exported rows leave them out.

Only conditions are filled in, from `measured/declared.toml`; no measured figure is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from catalogs.load import data_path, read_toml
from catalogs.reading import validated
from optimizer.projection.software import engine_of

# A configuration's place: prompt, output, chips, expert groups, attention data parallel, least
# and most concurrency.
Space = tuple[int, int, int, int, bool, int, int]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    source: str


class TensorParallel(_Record):
    """Rows of a source whose attention is cut over the chips, whatever replicas they print."""

    note: str


class AttentionDataParallel(_Record):
    """Models of a source whose chips each attend to sequences of their own, experts spread whole.

    The source names the chips of a stage and prints them as tensor parallel.
    """

    models: tuple[str, ...]


class Speculative(_Record):
    """Runs of a source with speculative decoding; no spaces means every run of that software.

    Parameters
    ----------
    drafts, drafts_data_parallel : float
        Draft tokens per step, without and with attention data parallelism. [tokens]
    """

    model: str
    gpus: tuple[str, ...]
    weight_formats: tuple[str, ...]
    engine: str
    versions: str
    drafts: float
    drafts_data_parallel: float
    spaces: tuple[Space, ...] = ()


class SameRuns(_Record):
    """A model's name under which a source exports runs of another once more."""

    model: str
    runs_of: str


class Declared(BaseModel):
    """The file of declared conditions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tensor_parallel: tuple[TensorParallel, ...] = ()
    attention_data_parallel: tuple[AttentionDataParallel, ...] = ()
    speculative: tuple[Speculative, ...] = ()
    same_runs: tuple[SameRuns, ...] = ()


@cache
def load_declared() -> Declared:
    """Return the built-in declared conditions.

    Examples
    --------
    >>> {record.source_id for record in load_declared().speculative}
    {'inferencex'}
    """
    path = data_path("measured", "declared.toml")
    return validated(Declared, read_toml(path), path.name)


def run_key(workload: str) -> str:
    """Return what the rows of one run share, whatever chip count or model name they print.

    Examples
    --------
    >>> run_key("inferencex|DeepSeek-V3|concurrency|8192|1024|c|4|r||s||g|64")
    'inferencex|DeepSeek-R1|concurrency|8192|1024|c|4|r||s|'
    """
    key = workload.partition("|g|")[0]
    for same in load_declared().same_runs:
        start = f"{same.source_id}|{same.model}|"
        if key.startswith(start):
            key = f"{same.source_id}|{same.runs_of}|{key.removeprefix(start)}"
    return key


def filled(row: Mapping[str, str]) -> Mapping[str, str]:
    """Return a row of text cells with what its source declares elsewhere.

    Examples
    --------
    >>> row = {"source_id": "inferencex", "note": "GPU count corrected", "n_gpu": "8",
    ...        "tp": "1", "ep": "8", "dp": "8"}
    >>> [filled(row)[name] for name in ("n_gpu", "tp", "ep", "dp")]
    ['8', '8', '8', '1']
    """
    declared = load_declared()
    source = row.get("source_id", "")
    note = row.get("note", "")
    for cut in declared.tensor_parallel:
        groups = row.get("ep", "")
        if cut.source_id == source and cut.note in note and row.get("dp") == groups:
            row = {**row, "tp": groups, "dp": "1"}
    for spread in declared.attention_data_parallel:
        if spread.source_id == source and row.get("model") in spread.models:
            shards = row.get("tp") or "1"
            row = {**row, "tp": "1", "ep": shards, "dp": shards}
    if _number(row, "spec_decode"):
        return row
    for record in declared.speculative:
        if record.source_id == source and _runs(record, row):
            parallel = _data_parallel(row)
            drafts = record.drafts_data_parallel if parallel else record.drafts
            return {**row, "spec_decode": f"{drafts:g}"}
    return row


def _runs(record: Speculative, row: Mapping[str, str]) -> bool:
    """Whether a row is one of the runs of a record."""
    version = row.get("version", "").strip().lower()
    same = (
        row.get("model") == record.model
        and row.get("gpu") in record.gpus
        and row.get("w_prec") in record.weight_formats
        and engine_of(row.get("framework", ""), version) == record.engine
        and re.fullmatch(record.versions, version) is not None
    )
    if not same or not record.spaces:
        return same
    parallel, groups = _data_parallel(row), _number(row, "ep")
    chips = groups if parallel else _number(row, "tp")
    place = (_number(row, "isl"), _number(row, "osl"), chips, groups, parallel)
    concurrency = _number(row, "concurrency")
    return any(
        place == space[:5] and space[5] <= concurrency <= space[6] for space in record.spaces
    )


def _data_parallel(row: Mapping[str, str]) -> bool:
    return _number(row, "dp") > 1


def _number(row: Mapping[str, str], name: str) -> float:
    try:
        return float(row.get(name, "") or 0)
    except ValueError:
        return 0.0
