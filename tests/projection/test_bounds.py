"""Numbers without an end, or far outside any part, are refused in one line; never a crash."""

import warnings
from pathlib import Path

import pytest

from catalogs.catalog import Catalog
from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.projection.answer import Answer, answer, open_part, open_workload, with_prefill

from .conftest import one, pooled
from .test_commands import HYPOTHETICAL

WORKLOAD = """
id = "mine"
name = "Mine"
cite = "ours"

[[members]]
name = "chat"
model = "llama_3_1_8b"
weight_precision = "fp8"
kv_precision = "fp8"
input_tokens = 1024
output_tokens = 512
ttft_limit_ms = 5000
tpot_limit_ms = 100
cite = "ours"
"""
SPECULATION = """
[members.speculation]
draft_tokens = 3
acceptance = 0.8
draft_layers = 1
cite = "ours"
"""
POOL = """
[prefill]
sku = "h20"
network_gb_s_per_chip = 50
cite = "ours"
"""


def read(tmp_path: Path, catalog: Catalog, text: str, name: str, value: str) -> None:
    """Open a workload with one number of it replaced."""
    head, key, tail = text.partition(f"{name} = ")
    assert key
    path = tmp_path / "mine.toml"
    path.write_text(head + key + value + "\n" + tail.partition("\n")[2], encoding="utf-8")
    open_workload(str(path), catalog)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ttft_limit_ms", "inf", "must be a finite number"),
        ("tpot_limit_ms", "nan", "must be a finite number, not nan"),
        ("tpot_limit_ms", "1e-300", "greater than or equal to 0.001"),
        ("input_tokens", "1" + "0" * 23, "is beyond 1e+12"),
        ("output_tokens", "1000000001", "less than or equal to 1000000000"),
        ("network_gb_s_per_chip", "inf", "must be a finite number"),
        ("network_gb_s_per_chip", "1e10", "less than or equal to 1000000000"),
        ("draft_tokens", "true", "must not be true"),
        ("acceptance", "false", "must not be false"),
        ("input_tokens", "'1024'", "must be a number, not text '1024'"),
        ("acceptance", "'0.8'", "must be a number, not text '0.8'"),
    ],
)
def test_a_number_of_a_workload_out_of_bounds_is_one_fault(
    tmp_path: Path, catalog: Catalog, name: str, value: str, said: str
) -> None:
    with pytest.raises(InputError) as found:
        read(tmp_path, catalog, WORKLOAD + SPECULATION + POOL, name, value)
    assert f"{name}: " in found.value.what
    assert said in found.value.what
    assert "faults" not in found.value.what
    assert "Decimal" not in found.value.what


def test_a_workload_without_members_and_one_of_wrong_shares_are_said_plainly(
    tmp_path: Path, catalog: Catalog
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('id = "m"\nname = "m"\ncite = "c"\nmembers = []\n', encoding="utf-8")
    with pytest.raises(InputError) as found:
        open_workload(str(path), catalog)
    assert found.value.what == "members: needs at least 1, has none"
    with pytest.raises(InputError) as found:
        open_workload("chat-70b=0.5,chat-8b=0.2", catalog)
    assert str(found.value).startswith("--workload: the weights of the members add up to 0.7")


@pytest.mark.parametrize("limit", [None, 1000.0])
def test_a_prompt_that_no_prefill_pool_holds_is_a_reason(
    catalog: Catalog, limit: float | None
) -> None:
    found = projected(catalog, "h20", prompt=10**9, ttft=limit)
    assert "cannot hold the model and one prompt" in str(found.table.reason[0])


def projected(catalog: Catalog, sku: str, **how: int | float | None) -> Answer:
    workload = pooled(one("llama_3_1_8b", **how))  # type: ignore[arg-type]
    return answer(catalog.sku(sku), workload, catalog)


@pytest.mark.parametrize("network", [float("inf"), float("nan"), 0.0, -1.0, 1e-300, 1e10])
def test_a_network_out_of_bounds_is_refused(network: float) -> None:
    with pytest.raises(InputError, match=r"--network: .* is not from 1e-06 to 1e[+]09"):
        with_prefill(one("llama_3_1_8b"), "h20", network)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--rate", "1e308"),
        ("--rate", "1e-300"),
        ("--rate", "nan"),
        ("--burst", "9" * 26),
        ("--burst", "0"),
    ],
)
def test_a_load_out_of_bounds_is_wrong_input(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert main(["project", "h20", "-w", "chat-8b", option, value]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"error: {option}: ")


@pytest.mark.parametrize("ends", [("1e9", "1000000000"), ("1e-9", "1")])
def test_a_load_at_the_bounds_is_answered(
    capsys: pytest.CaptureFixture[str], ends: tuple[str, str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code = main(["project", "h20", "-w", "chat-8b", "--rate", ends[0], "--burst", ends[1]])
    assert (code, capsys.readouterr().err) == (0, "")


@pytest.mark.parametrize("old", ["bf16 = 148", "bandwidth_gb_s = 4000", "gb_s_bidir = 900"])
@pytest.mark.parametrize("value", ["1e300", "1e-300", "1000000001"])
def test_a_number_of_a_part_out_of_bounds_is_refused(tmp_path: Path, old: str, value: str) -> None:
    path = tmp_path / "my_part.toml"
    name = old.partition(" ")[0]
    wide = HYPOTHETICAL.replace("[memory]", "[memory]\nbus_width_bits = 4096")
    path.write_text(wide.replace(old, f"{name} = {value}", 1), encoding="utf-8")
    with pytest.raises(InputError, match=rf"{name}: .* (beyond|below) any part"):
        open_part(str(path), [])


@pytest.mark.parametrize("old", ["bf16 = 148", "bandwidth_gb_s = 4000", "capacity_gb = 96"])
@pytest.mark.parametrize("value", ["1e9", "1e-9", "0"])
def test_a_part_at_the_bounds_is_answered_without_a_warning(
    tmp_path: Path, old: str, value: str
) -> None:
    path = tmp_path / "my_part.toml"
    name = old.partition(" ")[0]
    path.write_text(HYPOTHETICAL.replace(old, f"{name} = {value}", 1), encoding="utf-8")
    catalog, sku = open_part(str(path), [])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = answer(sku, open_workload("chat-8b", catalog), catalog)
    assert found.served or found.table.reason[0]
