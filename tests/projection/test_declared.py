"""What a source declares elsewhere fills its rows, and nothing else does."""

import csv

import pytest

from optimizer.projection.crossval import fold_of
from optimizer.projection.declared import filled, run_key
from optimizer.projection.measured import public_path
from optimizer.projection.rows import MEASURED_COLUMNS, conditions

RUN = {
    "row_id": "1",
    "source_id": "inferencex",
    "note": "",
    "gpu": "B200",
    "model": "DeepSeek-R1",
    "w_prec": "nvfp4",
    "kv_prec": "fp8",
    "framework": "TensorRT-LLM",
    "version": "1.1.0rc2.post2",
    "regime": "concurrency",
    "isl": "1024",
    "osl": "8192",
    "n_gpu": "4",
    "tp": "4",
    "ep": "4",
    "dp": "1",
    "concurrency": "32",
    "spec_decode": "0",
}


def drafts(**changes: str) -> float:
    return conditions(RUN | changes).speculative


def test_a_run_of_a_speculating_configuration_has_its_drafts() -> None:
    assert drafts() == 3
    assert drafts(tp="1", dp="4", concurrency="128") == 1
    assert drafts(version="1.2.0rc6.post3", ep="1", isl="1000", osl="1000") == 3


@pytest.mark.parametrize(
    "change",
    [
        {"source_id": "my-own"},
        {"concurrency": "128"},
        {"ep": "1"},
        {"model": "DeepSeek-V3"},
        {"version": "1.2.0rc6.post2"},
        {"gpu": "GB200"},
        {"w_prec": "fp8"},
        {"osl": "4096"},
    ],
)
def test_another_run_has_none(change: dict[str, str]) -> None:
    assert drafts(**change) == 0


def test_a_stated_number_of_drafts_is_kept() -> None:
    assert drafts(spec_decode="2") == 2


def test_corrected_rows_are_tensor_parallel() -> None:
    note = "GPU count corrected: attention-DP equals EP"
    row = conditions(RUN | {"note": note, "n_gpu": "8", "tp": "1", "ep": "8", "dp": "8"})
    assert (row.tensor, row.experts, row.replicas, row.chips) == (8, 8, 1, 8)
    other = RUN | {"note": note, "source_id": "x", "n_gpu": "8", "tp": "1", "ep": "8", "dp": "8"}
    assert conditions(other).replicas == 8


def test_experts_of_a_release_run_with_attention_data_parallelism() -> None:
    table = RUN | {"source_id": "trtllm-1.0", "n_gpu": "8", "tp": "4", "pp": "2", "ep": "1"}
    row = conditions(table | {"model": "Llama-4-Scout"})
    assert (row.tensor, row.experts, row.replicas, row.stages, row.chips) == (1, 4, 4, 2, 8)
    one = conditions(table | {"model": "Qwen3-30B-A3B", "n_gpu": "1", "tp": "1", "pp": "1"})
    assert (one.tensor, one.experts, one.replicas) == (1, 1, 1)
    assert conditions(table | {"model": "Llama-3.3-70B"}).tensor == 4


def test_measured_figures_are_not_read() -> None:
    with public_path().open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            blind = row | dict.fromkeys(MEASURED_COLUMNS, "")
            mine, theirs = filled(row), filled(blind)
            assert all(mine[name] == theirs[name] for name in ("tp", "ep", "dp", "spec_decode"))


def test_rows_of_one_run_share_a_fold() -> None:
    first = "inferencex|DeepSeek-R1|concurrency|8192|1024|c|64|r||s||g|8"
    again = first.replace("R1", "V3").replace("g|8", "g|64")
    assert run_key(first) == run_key(again)
    assert fold_of(first) == fold_of(again)
    assert run_key(first.replace("inferencex", "other")) != run_key(first)
