"""The first token: by hand for each way that requests arrive, one in plans and measured rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalogs.catalog import Catalog
from optimizer.projection import Resources, prepare
from optimizer.projection.calibration import Calibration
from optimizer.projection.closed_form import on_line
from optimizer.projection.first_token import Burst, ClosedLoop, Poisson
from optimizer.projection.load import at_rate
from optimizer.projection.regimes import project_row
from optimizer.projection.rows import Conditions
from optimizer.projection.single import Server
from optimizer.projection.software import Release

from .conftest import one, pooled
from .test_single import server

OUTPUT = 500


@pytest.fixture
def slow(catalog: Catalog, cal: Calibration, h20: Resources) -> Server:
    """c = 20 ms, one prompt, three steps, a wave of a tenth; software twice as slow."""
    easy = replace(
        cal,
        request_fixed_s=0.02,
        first_token_prompts=1.0,
        first_token_steps=3.0,
        arrival_wave_share=0.1,
    )
    return server(catalog, easy, h20, Release("slow", first_token_factor=2.0))


def test_every_request_takes_the_server_its_fixed_time_its_prompt_and_some_steps(
    slow: Server,
) -> None:
    step, prompt, share = slow.step_s(10.0), slow.prompt_alone_s, slow.prompt_share_s
    own = 2 * (0.02 + prompt + 3 * step)
    busy = 10 * share / OUTPUT / step
    waits = {
        Poisson(0.0): 0.0,
        Poisson(busy, 2.0): busy * prompt / 2 / (2 * (1 - busy)),
        Poisson(0.5, 1.0, tail=4.6): 4.6 * prompt / 2,
        ClosedLoop(10.0): 2 * 0.1 * 10 * share,
        ClosedLoop(10.0, queue_s=0.7): 2 * 0.1 * 10 * share + 0.7,
        Burst(10.0): 4.5 * share,
    }
    assert slow.busy(10.0) == pytest.approx(busy)
    for arrivals, wait in waits.items():
        assert slow.first_token_s(arrivals, 10.0) == pytest.approx(own + wait)
    assert slow.first_token_s(Poisson(0.0)) == pytest.approx(own - 2 * 3 * step)


def conditions(regime: str, **stated: Any) -> Conditions:
    """Rows of Llama 3.1 8B on one chip, 1,024 + 512 tokens, by the current TensorRT-LLM."""
    values: dict[str, Any] = {
        "row_id": "one",
        "gpu": "H20",
        "chips": 1,
        "model": "llama_3_1_8b",
        "weight_format": "fp8",
        "cache_format": "fp8",
        "engine": "tensorrt-llm",
        "version": "2026",
        "regime": regime,
        "input_tokens": 1024.0,
        "output_tokens": 512.0,
        "tensor": 1,
        "experts": None,
        "replicas": 1,
        "stages": 1,
        "instances": 1,
        "concurrency": None,
        "requests": None,
        "rate_per_s": None,
        "ttft_limit_s": None,
        "tpot_limit_s": None,
        "speculative": 0.0,
    }
    return Conditions(**(values | stated))


def test_a_plan_at_a_load_and_a_row_at_that_rate_have_one_first_token(
    catalog: Catalog, cal: Calibration, h20: Resources
) -> None:
    prepared = prepare(one("llama_3_1_8b", chips=1), catalog)
    model = catalog.model("llama_3_1_8b")
    for rate in (0.01, 2.0, 6.0):
        planned = at_rate(prepared, h20, rate)[0]
        row = project_row(conditions("rate", rate_per_s=rate), model, h20, cal)
        assert planned is not None
        assert planned.instances == 1
        assert row.ttft_s == pytest.approx(planned.ttft_s, rel=1e-6)
        assert row.out_tok_s == pytest.approx(rate * 512)


def test_limits_of_a_row_and_of_a_plan_leave_one_batch(
    catalog: Catalog, cal: Calibration, h20: Resources
) -> None:
    model = catalog.model("llama_3_1_8b")
    for ttft, tpot in ((300.0, None), (400.0, 40.0), (1000.0, 10.0)):
        prepared = prepare(one("llama_3_1_8b", chips=1, ttft=ttft, tpot=tpot), catalog)
        planned = prepared.project(h20).members[0]
        limits = {"ttft_limit_s": ttft / 1000, "tpot_limit_s": tpot and tpot / 1000}
        row = project_row(conditions("server_slo", **limits), model, h20, cal)
        assert row.out_tok_s == pytest.approx(planned.tokens_per_s_per_chip[0], rel=1e-9)
        assert row.ttft_s == pytest.approx(planned.ttft_ms[0] / 1000, rel=1e-9)


def test_a_limit_that_binds_is_met_exactly(catalog: Catalog, h20: Resources) -> None:
    for model, ttft in (("qwen3_32b", 700.0), ("qwen3_235b_a22b", 700.0)):
        table = prepare(one(model, ttft=ttft), catalog).project(h20).members[0]
        assert table.batch_limit[0] == "ttft"
        assert table.ttft_p99_ms[0] == pytest.approx(ttft, rel=1e-9)


def test_the_rate_of_a_limit_never_falls_when_a_time_does() -> None:
    draw = np.random.default_rng(7)
    fixed, slope = draw.uniform(1e-4, 0.1, 4000), draw.uniform(1e-6, 0.01, 4000)
    share = slope * draw.uniform(0, 1, 4000)
    wait, room = draw.uniform(0, 2, 4000), draw.uniform(-0.1, 3, 4000)
    base = on_line(fixed, slope, 4.0, room, wait, share)
    assert (base * slope <= 1).all()
    assert (base > 0).tolist() == (room > 4 * fixed).tolist()
    for shrunk in (
        (fixed * 0.9, slope, 4.0, room, wait, share),
        (fixed, slope * 0.9 + share * 0.1, 4.0, room, wait, share),
        (fixed, slope, 4.0, room + 0.01, wait, share),
        (fixed, slope, 4.0, room, wait * 0.9, share),
        (fixed, slope, 4.0, room, wait, share * 0.9),
    ):
        assert (on_line(*shrunk) >= base * (1 - 1e-12)).all()


def test_a_pool_for_prompts_takes_the_fixed_part_and_no_steps(catalog: Catalog) -> None:
    prepared = prepare(pooled(one("llama_3_3_70b", ttft=2000.0)), catalog)
    side = prepared.plans[0].prefill
    assert side is not None
    alone, hand = side.alone_s[0], side.transfer_s(50e9)[0, 0]
    room = 2.0 - side.first.fixed_s - side.first.prompts * alone - hand
    assert room > 0
    wanted = room / (room + 4.6 * alone / (2 * side.stages[0]))
    assert side.busy(50e9)[0, 0] == pytest.approx(wanted)


def test_the_99th_percentile_of_a_step_is_a_factor_on_its_mean(
    catalog: Catalog, cal: Calibration, h20: Resources
) -> None:
    # z = 2: a limit of 40 ms is one of 20 ms on the mean K + A b - P, so b = (20 ms + P - K) / A.
    twice = replace(cal, tpot_tail_factor=2.0)
    free = prepare(one("llama_3_1_8b", chips=1), catalog, twice)
    plan = free.plans[0]
    lone = Server(plan.requests[0], h20, plan.release)
    slope = (lone.step_s(300.0) - lone.step_s(100.0)) / 200
    fixed = lone.step_s(100.0) - 100 * slope
    step = 0.020 + lone.own_prompt_s
    batch = (step - fixed) / slope
    limited = prepare(one("llama_3_1_8b", chips=1, tpot=40.0), catalog, twice).project(h20)
    member = limited.members[0]
    assert (member.tpot_ms[0], member.tpot_p99_ms[0]) == pytest.approx((20.0, 40.0))
    assert member.batch[0] == pytest.approx(batch)
    assert member.tokens_per_s_per_chip[0] == pytest.approx(batch / step)
    assert free.project(h20).members[0].batch[0] > batch
