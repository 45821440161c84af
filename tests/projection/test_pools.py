"""Two pools of different parts: by hand; pools and drafts monotone, and through the solver."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.architectures import Workload
from catalogs.catalog import Catalog
from catalogs.errors import InputError
from catalogs.load import data_path, load_catalog
from optimizer import solve
from optimizer.cli import main
from optimizer.projection import Prepared, Resources, prepare
from optimizer.projection.answer import answer, with_prefill
from optimizer.projection.choice import chosen
from optimizer.projection.gradients import _COLUMN, MEMORY, NAMES, TENSOR, gradients
from optimizer.projection.resources import ARRAYS
from optimizer.projection.single import Server

from .conftest import GIB, chip, one, pooled, prefixed, speculated
from .test_monotone import bounds, designs, ramp
from .test_operating import scaled

ROUNDING = 1e-12


def test_the_pair_makes_the_tokens_of_a_request_over_its_chip_seconds_in_both_pools(
    catalog: Catalog,
) -> None:
    prepared = prepare(pooled(one("llama_3_1_8b", chips=1)), catalog)
    member = prepared.project(chip()).members[0]
    assert member.prefill is not None
    plan = prepared.plans[0]
    # By hand: decode alone on the chip, the prompt alone on an H100, no first-token limit.
    decode = Server(replace(plan.requests[0], input_tokens=1024.0), chip(), plan.release)
    batch = min(decode.capacity, plan.batch_limit)
    rate = batch / decode.decode_s(batch)
    side = plan.prefill
    assert side is not None
    prompt = min(side.chip_seconds)
    assert member.prefill.busy[0] == 1
    assert member.tokens_per_s_per_chip[0] == pytest.approx(512 / (prompt + 512 / rate), rel=1e-9)
    ratio = (512 / rate) / prompt
    assert member.prefill.decode_chips_per_prefill_chip[0] == pytest.approx(ratio, rel=1e-9)


def test_handing_over_a_cache_takes_its_bytes_over_the_slower_side(catalog: Catalog) -> None:
    prepared = prepare(pooled(one("llama_3_1_8b", prompt=2000)), catalog)
    side = prepared.plans[0].prefill
    assert side is not None
    # 32 layers, 8 heads of 128, key and value, one byte each.
    assert side.cache_bytes == 2000 * 32 * 2 * 8 * 128
    seconds = side.transfer_s(50e9)
    tensor = [x.tensor for x in prepared.plans[0].layouts]
    own = [x.tensor for x in side.layouts]
    at = own.index(4), tensor.index(2)
    assert seconds[at] == pytest.approx(side.cache_bytes / (0.8 * 50e9 * 2))


def test_the_first_token_keeps_its_limit_with_queue_and_transfer(catalog: Catalog) -> None:
    workload = pooled(one("llama_3_3_70b", prompt=4096, ttft=900.0, tpot=60.0))
    member = prepare(workload, catalog).project(chip()).members[0]
    assert member.ttft_p99_ms[0] == pytest.approx(900, rel=1e-9)
    assert member.prefill is not None
    assert 0 < member.prefill.busy[0] < 1
    assert 0 < member.prefill.transfer_s[0] * 1000 < member.ttft_ms[0] < 900


@pytest.mark.parametrize("limit", [900.0, 2000.0, 3000.0])
def test_no_time_reads_as_above_the_limit_that_it_keeps(catalog: Catalog, limit: float) -> None:
    workload = pooled(one("llama_3_1_8b", prompt=2048, ttft=limit, tpot=60.0))
    member = prepare(workload, catalog).project(chip()).members[0]
    assert limit * (1 - 1e-9) <= member.ttft_p99_ms[0] <= limit
    assert 60 * (1 - 1e-9) <= member.tpot_p99_ms[0] <= 60


def test_a_first_token_without_a_limit_says_why_it_has_no_mean(catalog: Catalog) -> None:
    found = answer(catalog.sku("h20"), pooled(one("llama_3_1_8b")), catalog)
    assert not np.isfinite(found.table.members[0].ttft_ms[0])
    said = "one: no limit of the first token is stated, so the prefill pool is always busy"
    assert any(said in text for text in found.assumptions)


def test_a_network_too_slow_for_the_first_token_is_named(catalog: Catalog) -> None:
    slow = pooled(one("llama_3_3_70b", prompt=4096, ttft=900.0), network=0.05)
    table = prepare(slow, catalog).project(chip())
    assert table.tokens_per_s_per_chip[0] == 0
    assert table.reason[0] is not None
    assert "to hand its cache over" in table.reason[0]


def test_a_network_that_receiving_fills_caps_the_pair(catalog: Catalog) -> None:
    slow = pooled(one("llama_3_1_8b", prompt=8192, output=16, chips=1), network=0.5)
    prepared = prepare(slow, catalog)
    choice = chosen(prepared, prepared.plans[0], chip())
    assert choice.limit[0] == "network"
    cache = 8192 * 32 * 2 * 8 * 128
    assert choice.rate[0] == pytest.approx(16 * 0.8 * 0.5e9 / cache, rel=1e-12)
    found, _ = gradients(prepared, chip())
    assert all(found.elasticity[name][0] == 0 for name in NAMES)


def test_the_networks_of_both_chips_count_where_none_is_stated(catalog: Catalog) -> None:
    prepared = prepare(pooled(one("llama_3_1_8b"), network=None), catalog)
    assert prepared.project(chip()).reason[0] is not None
    side = prepared.plans[0].prefill
    assert side is not None
    assert side.network_to(chip(scale_out_bytes_per_s=25e9)) == 25e9
    assert side.network_to(chip(scale_out_bytes_per_s=90e9)) == 50e9
    with pytest.raises(InputError, match="network between the pools"):
        prepare(pooled(one("llama_3_1_8b"), sku="mi300a", network=None), catalog)


def test_a_second_pool_of_the_same_chip_neither_makes_nor_loses_much(catalog: Catalog) -> None:
    workload = one("llama_3_3_70b", output=1024)
    alone = prepare(workload, catalog).tokens_per_s_per_chip(chip())[0]
    pair = prepare(pooled(workload, sku="h20"), catalog).tokens_per_s_per_chip(chip())[0]
    assert pair == pytest.approx(alone, rel=0.15)


def test_the_prefill_part_is_warned_of_as_the_decode_part_is(catalog: Catalog) -> None:
    decode, workload = catalog.sku("h20"), one("llama_3_1_8b")
    plain = answer(decode, workload, catalog).assumptions
    strange = answer(decode, pooled(workload, sku="gaudi_3_oam"), catalog)
    said = "\n".join(strange.assumptions)
    assert "Intel" not in "\n".join(plain)
    assert "measured on NVIDIA parts alone: Intel may have no such release" in said
    assert "interval wider for die family 'Gaudi 3'" in said
    assert "gaudi_3_oam: " in said
    known = answer(decode, pooled(workload), catalog).table.members[0]
    member = strange.table.members[0]
    assert member.low[0] / member.tokens_per_s_per_chip[0] < (
        known.low[0] / known.tokens_per_s_per_chip[0]
    )


def test_a_prefill_pool_in_stages_over_links_is_warned_of_by_name(catalog: Catalog) -> None:
    workload = pooled(one("llama_3_3_70b", prompt=4096, ttft=900.0))
    found = answer(catalog.sku("h20"), workload, catalog)
    pool = found.table.members[0].prefill
    assert pool is not None
    read = pool.side.layouts[pool.layout[0]]
    assert (read.stages > 1, read.path.value) == (True, "link")
    assert any("the prefill pool of one: pipeline stages over" in x for x in found.assumptions)


def test_the_network_between_the_pools_is_said_with_who_states_it(catalog: Catalog) -> None:
    def said(sku: str, network: float | None) -> str:
        workload = pooled(one("llama_3_1_8b"), network=network)
        return "\n".join(answer(catalog.sku(sku), workload, catalog).assumptions)

    assert "carries 25 GB/s per chip and direction, the least of" in said("h20", None)
    assert "that of h20 (estimated, grade C); --network states another" in said("h20", None)
    both = "h200_sxm (published, grade B) and h100_sxm (published, grade B)"
    assert both in said("h200_sxm", None)
    assert "carries 40 GB/s per chip and direction, as stated" in said("h20", 40.0)


def test_a_network_that_nothing_states_is_asked_for_whichever_pool_lacks_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for decode, prefill in (("h20", "mi300a"), ("mi300a", "h20")):
        words = ["project", decode, "-w", "chat-8b", "--prefill-with", prefill]
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "pool of mi300a: the network between the pools is unknown" in said
        assert "--network" in said


# ----- what both keep: monotone, derivatives, proof

KINDS: dict[str, Callable[[Workload], Workload]] = {
    "pools": pooled,
    "own network": lambda w: pooled(w, network=None),
    "drafted layers": lambda w: speculated(w, draft_layers=1),
    "drafting model": lambda w: speculated(w, draft_model="qwen3_0_6b"),
    "both": lambda w: pooled(speculated(w, draft_layers=1)),
    "cached prefix": lambda w: prefixed(w, 0.6),
    "all three": lambda w: pooled(prefixed(speculated(w, draft_layers=1), 0.6, "each")),
}


@cache
def ready(kind: str, model: str, limited: bool) -> Prepared:
    limits: dict[str, Any] = {"ttft": 3000.0, "tpot": 60.0} if limited else {}
    return prepare(KINDS[kind](one(model, **limits)), load_catalog(ambient=False))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    model=st.sampled_from(["llama_3_3_70b", "qwen3_235b_a22b", "qwen3_5_397b_a17b", "glm_5"]),
    limited=st.booleans(),
    design=designs(),
    name=st.sampled_from(ARRAYS),
)
def test_throughput_never_falls_when_a_resource_of_the_decode_chip_grows(
    kind: str, model: str, limited: bool, design: Resources, name: str
) -> None:
    many = replace(ramp(design, name, bounds[name][1]), scale_out_bytes_per_s=25e9)
    rates = ready(kind, model, limited).tokens_per_s_per_chip(many)
    assert (rates[1:] >= rates[:-1] * (1 - ROUNDING)).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("limited", [False, True])
def test_the_table_and_the_derivatives_are_those_of_the_hot_path(kind: str, limited: bool) -> None:
    step = 1e-5
    resources = chip(scale_out_bytes_per_s=25e9, memory_bytes=90 * GIB)
    for model in ("llama_3_3_70b", "qwen3_235b_a22b"):
        prepared = ready(kind, model, limited)
        rate = prepared.tokens_per_s_per_chip(resources)[0]
        assert prepared.project(resources).members[0].tokens_per_s_per_chip[0] == rate
        found, _ = gradients(prepared, resources)
        for name in (TENSOR, "dram", MEMORY, "link"):
            assert _COLUMN[name] in ARRAYS
            up, down = (
                prepared.tokens_per_s_per_chip(scaled(resources, name, 1 + sign * step))[0]
                for sign in (1, -1)
            )
            assert found.elasticity[name][0] == pytest.approx(
                (up - down) / (2 * step * rate), abs=1e-6
            )


POOLED = """
[prefill]
sku = "h100_sxm"
network_gb_s_per_chip = 50
cite = "test"

"""


def workload_file(tmp_path: Path, extra: str = POOLED) -> Path:
    source = data_path("workloads", "chat-70b.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    text = source.replace('"chat-70b"', '"mine"', 1).replace("[[members]]", extra + "[[members]]")
    path.write_text(text, encoding="utf-8")
    return path


def test_the_best_decode_chip_beside_a_named_prefill_chip_is_proved(tmp_path: Path) -> None:
    found = solve("us-2025", parents=["gb202"], workload=str(workload_file(tmp_path)))
    assert found.status == "optimal"
    assert any("pool of h100_sxm" in line for line in found.assumptions)
    assert "h100_sxm" in found.inputs["catalog"]["skus"]
    alone = solve("us-2025", parents=["gb202"], workload="chat-70b")
    best = found.designs[0].projection.tokens_per_s_per_chip
    assert best is not None
    assert best > (alone.designs[0].projection.tokens_per_s_per_chip or 0)


def test_project_takes_a_prefill_part_by_name_and_by_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["project", "h20", "-w", "chat-70b", "--prefill-with", "h100_sxm"]
    assert main(words) == 0
    page = capsys.readouterr().out
    assert "PREFILL POOL: h100_sxm" in page
    assert max(map(len, page.splitlines())) <= 80
    assert main([*words, "--network", "50", "-f", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["projection"]["members"][0]
    assert found["prefill"]["decode_chips_per_prefill_chip"] > 1
    assert main(["project", "h20", "-w", str(workload_file(tmp_path)), "-f", "json"]) == 0
    same = json.loads(capsys.readouterr().out)["projection"]["members"][0]
    assert same == found
    assert main([*words, "-f", "csv"]) == 0
    assert "prefill_transfer_ms" in capsys.readouterr().out


def test_one_file_may_name_the_parts_of_both_pools(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = data_path("skus", "h100_sxm.toml").read_text(encoding="utf-8")
    for old, new in (('"h100_sxm"', '"mine"'), ('"shipped"', '"hypothetical"')):
        text = text.replace(old, new, 1)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    both = ["mine.toml", "--prefill-with", str(tmp_path / "mine.toml")]
    assert main(["project", *both, "-w", "chat-8b"]) == 0
    page = capsys.readouterr().out
    assert "PREFILL POOL: mine" in page
    assert "that of mine (stated, grade" in " ".join(page.split())


def test_a_network_without_a_pool_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["project", "h20", "--network", "50"]) == 2
    assert "without a second pool" in capsys.readouterr().err
    with pytest.raises(InputError, match="is not from"):
        with_prefill(one("llama_3_1_8b"), "h20", 0.0)
