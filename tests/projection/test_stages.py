"""Pipeline stages: terms, memory and steps by hand; offered, monotone, chosen and printed."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.catalog import Catalog
from catalogs.load import load_catalog
from optimizer.cli import main
from optimizer.projection import Prepared, Resources, prepare, traffic
from optimizer.projection.calibration import Calibration
from optimizer.projection.choice import chosen
from optimizer.projection.first_token import Poisson
from optimizer.projection.gradients import _COLUMN, NAMES, gradients
from optimizer.projection.layouts import MOST_STAGES, Layout, Path, choices
from optimizer.projection.operating import useful_work
from optimizer.projection.passes import Request
from optimizer.projection.plan import plan_member
from optimizer.projection.resources import ARRAYS
from optimizer.projection.single import Server
from optimizer.projection.software import Release
from optimizer.projection.work import BUS, LINK, SECONDS

from .conftest import chip, one
from .test_monotone import ROUNDING, bounds, designs, ramp
from .test_operating import STEP, scaled

ON_BUS = {"link_bytes_per_s_per_dir": 0.0, "dram_bytes_per_s": 1.6e12}


@pytest.fixture(scope="module")
def easy(cal: Calibration) -> Calibration:
    return replace(
        cal,
        pipeline_bubble=0.01,
        all_reduce_latency_s=8e-6,
        bus_latency_factor=3.0,
        link_efficiency=0.5,
        bus_efficiency=0.25,
        wait_tail_factor=4.0,
    )


def request(catalog: Catalog, cal: Calibration, layout: Layout) -> Request:
    model = catalog.model("llama_3_1_8b")
    return Request(model, "fp8", "fp8", 1000.0, 500.0, layout, cal)


# ----- by hand


def test_a_boundary_sends_one_vector_per_token_after_one_message(
    catalog: Catalog, easy: Calibration
) -> None:
    model = catalog.model("llama_3_1_8b")
    assert model.hidden == 4096
    linked = traffic.stage_boundaries(model, Layout(stages=4, path=Path.LINK), easy).at(10.0)
    assert linked[SECONDS] == pytest.approx(3 * 8e-6 / 4)
    assert linked[LINK] == pytest.approx(3 * 10 * 4096 * 2 / 0.5)
    bussed = traffic.stage_boundaries(model, Layout(stages=2, path=Path.BUS), easy).at(10.0)
    assert bussed[SECONDS] == pytest.approx(8e-6 / 4 * 3)
    assert bussed[BUS] == pytest.approx(10 * 4096 * 2 / 0.25)
    assert not traffic.stage_boundaries(model, Layout(tensor=4), easy).at(10.0).any()


def test_the_largest_stage_sets_the_pace_and_the_memory(
    catalog: Catalog, easy: Calibration
) -> None:
    # 32 layers in 5 stages: 7 on the largest, 6.4 on average.
    five = request(catalog, easy, Layout(stages=5, path=Path.LINK))
    whole = request(catalog, easy, Layout())
    assert five.stage_factor == pytest.approx((1 + 0.01 * 16) * 5 * 7 / 32)
    assert five.cache_bytes == pytest.approx(whole.cache_bytes * 7 / 32)
    embedding = 128_256 * 4096 * 2
    body = whole.weight_bytes - 2 * embedding
    assert five.weight_bytes == pytest.approx(body * 7 / 32 + embedding)


def test_a_step_is_a_pass_of_each_stage_s_share_and_never_of_less_than_one_sequence(
    catalog: Catalog, easy: Calibration
) -> None:
    layout = Layout(stages=4, path=Path.LINK)
    piped = Server(request(catalog, easy, layout), chip(), Release("plain"))
    alone = Server(request(catalog, easy, Layout()), chip(), Release("plain"))
    per_token = 3 * 4096 * 2 / (0.5 * 450e9)
    of_eight = alone.decode_s(8.0) + 3 * 2e-6 + 8 * per_token
    assert piped.decode_s(32.0) == pytest.approx(of_eight * 1.09)
    of_one = alone.decode_s(1.0) + 3 * 2e-6 + per_token
    assert piped.decode_s(1.0) == piped.decode_s(4.0) == pytest.approx(of_one * 1.09)


def test_a_prompt_passes_all_stages_and_frees_the_first_after_its_part(
    catalog: Catalog, easy: Calibration
) -> None:
    layout = Layout(stages=4, path=Path.LINK)
    piped = Server(request(catalog, easy, layout), chip(), Release("plain"))
    alone = Server(request(catalog, easy, Layout()), chip(), Release("plain"))
    handed = 3 * (2e-6 + 1000 * 4096 * 2 / (0.5 * 450e9))
    assert piped.prompt_alone_s == pytest.approx(alone.prompt_alone_s + handed)
    # Prompts fill the stages: the idle share is one of decoding alone.
    more = replace(easy, pipeline_bubble=0.1)
    idle = Server(request(catalog, more, layout), chip(), Release("plain"))
    assert idle.prompt_share_s == piped.prompt_share_s
    assert idle.decode_s(40.0) > piped.decode_s(40.0)
    batch = 40.0
    busy = batch * piped.prompt_share_s / 500 / piped.step_s(batch)
    queue = busy * piped.prompt_alone_s / 4 / (2 * (1 - busy))
    assert piped.busy(batch) == pytest.approx(busy)
    own = piped.first_token_s(Poisson(0.0), batch)
    assert piped.first_token_s(Poisson(busy, 4.0), batch) - own == pytest.approx(queue)


# ----- what is offered


def test_stages_times_shards_are_all_chips_up_to_the_most() -> None:
    offered = list(choices(8))
    assert {(x.tensor, x.stages) for x in offered} == {
        (t, p) for t in (1, 2, 4, 8) for p in (1, 2, 4, 8) if t * p <= 8
    }
    assert len(offered) == len(set(offered))
    assert all((x.path is Path.NONE) == (x.chips == 1) for x in offered)
    wide = list(choices(64, experts=32))
    assert max(x.stages for x in wide) == MOST_STAGES
    assert Layout(replicas=4, experts=4, stages=2, path=Path.LINK) in wide
    assert max(x.experts for x in wide) == 32  # no chip is without an expert
    assert max(x.chips for x in wide if x.path is Path.BUS) == 8  # the chips of one host
    assert {x.stages for x in choices(8, experts=8, most_stages=1)} == {1}


def test_a_pipeline_that_memory_does_not_fill_is_no_layout(catalog: Catalog) -> None:
    prepared = piped("llama_3_1_8b", 8, False, prompt=100_000)
    plan = prepared.plans[0]
    # Eight stages of four layers: room for the weights and for six sequences.
    six = plan.weight_bytes[0] + 6 / plan.per_cache_byte[0]
    part = chip(memory_bytes=six / prepared.calibration.memory_usable_share)
    reason = prepared.project(part).reason[0]
    assert reason is not None
    assert "holds 0.75 of one request of" in reason
    assert "for each of 8 pipeline stages" in reason
    more = replace(part, memory_bytes=float(part.memory_bytes) * 1.4)
    assert prepared.tokens_per_s_per_chip(more)[0] > 0


# ----- what the proof and the outputs stand on, in pipelines alone


@cache
def piped(model: str, stages: int, limited: bool, prompt: int = 1024) -> Prepared:
    """A workload that may run in pipelines of so many stages only."""
    limits: dict[str, Any] = {"ttft": 9000.0, "tpot": 250.0} if limited else {}
    found = prepare(one(model, prompt=prompt, **limits), load_catalog(ambient=False))
    plan = found.plans[0]
    layouts = tuple(x for x in plan.layouts if x.stages == stages)
    own = plan_member(plan.member, plan.model, 8, found.calibration, plan.release, layouts)
    return replace(found, plans=(own,))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    model=st.sampled_from(["llama_3_3_70b", "qwen3_235b_a22b", "glm_5"]),
    stages=st.sampled_from([2, 4, 8]),
    limited=st.booleans(),
    design=designs(),
    name=st.sampled_from(ARRAYS),
)
def test_throughput_of_a_pipeline_never_falls_when_a_resource_grows(
    model: str, stages: int, limited: bool, design: Resources, name: str
) -> None:
    rates = piped(model, stages, limited).tokens_per_s_per_chip(ramp(design, name, bounds[name][1]))
    assert (rates[1:] >= rates[:-1] * (1 - ROUNDING)).all()


@pytest.mark.parametrize("stages", [2, 4, 8])
@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("model", ["llama_3_3_70b", "qwen3_235b_a22b"])
def test_the_derivatives_and_the_table_of_a_pipeline_are_those_of_the_hot_path(
    model: str, stages: int, limited: bool
) -> None:
    prepared = piped(model, stages, limited)
    resources = chip(**ON_BUS)
    rate = float(prepared.tokens_per_s_per_chip(resources)[0])
    assert rate > 0
    member = prepared.project(resources).members[0]
    assert member.pipeline_stages[0] == stages
    assert member.tokens_per_s_per_chip[0] == pytest.approx(rate, rel=1e-12)
    plan = prepared.plans[0]
    at = int(chosen(prepared, plan, resources).layout[0])
    step = (
        member.tpot_ms[0] / 1000 + Server(plan.requests[at], resources, plan.release).own_prompt_s
    )
    seconds = step * member.chips[0] / member.data_parallel[0]
    assert member.batch[0] / seconds == pytest.approx(rate, rel=1e-9)
    assert sum(float(share[0]) for share in member.shares.values()) == pytest.approx(1)
    assert 0 < member.peak_flops_share[0] < 1
    assert 0 < member.peak_bytes_share[0] < 1
    found, _ = gradients(prepared, resources)
    for name in (name for name in NAMES if np.isfinite(getattr(resources, _COLUMN[name]))):
        up, down = (
            float(prepared.tokens_per_s_per_chip(scaled(resources, name, 1 + sign * STEP))[0])
            for sign in (1, -1)
        )
        slope = (up - down) / (2 * STEP * rate)
        assert found.elasticity[name][0] == pytest.approx(slope, abs=1e-6), name


@pytest.mark.parametrize(("prompt_limit", "limit"), [(None, None), (8000.0, 250.0)])
def test_the_batch_of_a_pipeline_is_that_of_its_server(
    catalog: Catalog, prompt_limit: float | None, limit: float | None
) -> None:
    workload = one("llama_3_3_70b", prompt=16_000, ttft=prompt_limit, tpot=limit)
    prepared = prepare(workload, catalog)
    plan, part = prepared.plans[0], chip(**ON_BUS)
    choice = chosen(prepared, plan, part)
    layout = plan.layouts[choice.layout[0]]
    assert layout.stages > 1
    assert (choice.batch[0] < layout.stages) == (prompt_limit is not None)
    server = Server(plan.requests[choice.layout[0]], part, plan.release)
    batch = float(choice.batch[0])
    assert choice.step_s[0] == pytest.approx(server.step_s(batch))
    if prompt_limit is not None:
        member = prepared.project(part).members[0]
        assert member.ttft_p99_ms[0] <= prompt_limit * (1 + 1e-12)
        arrivals = Poisson(server.busy(batch), float(layout.stages))
        first = server.first_token_s(arrivals, batch)
        assert member.ttft_ms[0] / 1000 == pytest.approx(first)


def test_useful_work_of_a_chip_is_its_layers_for_every_sequence(
    catalog: Catalog, cal: Calibration
) -> None:
    piped_, whole = (request(catalog, cal, Layout(stages=p, path=Path.LINK)) for p in (4, 1))
    # Four passes of ten sequences over a quarter of the layers: as one pass of ten over all.
    np.testing.assert_allclose(
        useful_work(piped_, 40.0)[:4], useful_work(whole, 10.0)[:4], rtol=1e-12
    )


def test_project_prints_the_stages_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["project", "rtx_pro_6000_server", "-w", "chat-70b"]
    assert main(words) == 0
    assert "PP2 bus" in capsys.readouterr().out
    assert main([*words, "-f", "json"]) == 0
    member = json.loads(capsys.readouterr().out)["projection"]["members"][0]
    assert (member["pipeline_stages"], member["chips"]) == (2, 2)
    assert main([*words, "-f", "csv"]) == 0
    assert "pipeline_stages" in capsys.readouterr().out
    assert main(["project", "h100_sxm", "-w", "offline-70b"]) == 0
    page = capsys.readouterr().out
    assert "PP2 link" in page
    assert "stages over links; all measured ones are on PCIe" in page.replace("\n    ", " ")
