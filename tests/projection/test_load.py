"""A stated rate of requests and a burst: by hand, in the limits, consistent with the plan."""

import json
import math

import pytest

from catalogs.catalog import Catalog
from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.projection import prepare
from optimizer.projection.choice import chosen
from optimizer.projection.load import at_rate, in_burst, request_shares
from optimizer.projection.single import Server

from .conftest import chip, one, pooled


def test_full_load_is_the_plan_and_one_request_more_needs_one_instance_more(
    catalog: Catalog,
) -> None:
    prepared = prepare(one("llama_3_3_70b", tpot=60.0), catalog)
    member = prepared.project(chip()).members[0]
    per_instance = float(member.tokens_per_s_per_chip[0] * member.chips[0]) / 512
    full = at_rate(prepared, chip(), 3 * per_instance)[0]
    assert full is not None
    assert (full.instances, full.busy) == (3, pytest.approx(1))
    assert full.tpot_s * 1000 == pytest.approx(member.tpot_ms[0])
    assert full.batch == pytest.approx(member.batch[0])
    assert full.ttft_s * 1000 == pytest.approx(member.ttft_ms[0])
    more = at_rate(prepared, chip(), 3 * per_instance + 0.01)[0]
    assert more is not None
    assert more.instances == 4
    assert more.tpot_s < full.tpot_s
    assert more.batch < full.batch


def test_sequences_in_flight_are_rate_times_stay(catalog: Catalog) -> None:
    prepared = prepare(one("llama_3_3_70b", chips=4), catalog)
    found = at_rate(prepared, chip(), 2.0)[0]
    assert found is not None
    layout = prepared.project(chip()).members[0]
    replicas = found.instances * int(layout.data_parallel[0])
    # Little's law over the tokens: 2 requests/s x 512 tokens x (time per token and own prompt).
    plan = prepared.plans[0]
    at = int(chosen(prepared, plan, chip()).layout[0])
    own = Server(plan.requests[at], chip(), plan.release).own_prompt_s
    assert found.batch * replicas == pytest.approx(2.0 * 512 * (found.tpot_s + own), rel=1e-9)


def test_requests_of_a_mix_are_shared_by_tokens_over_length(catalog: Catalog) -> None:
    prepared = prepare(catalog.workload("default-mix"), catalog)
    counts = [0.4 / 1024, 0.4 / 8192, 0.2 / 1024]
    assert request_shares(prepared) == pytest.approx([c / sum(counts) for c in counts])
    loads = at_rate(prepared, chip(), 50.0)
    assert sum(x.requests_per_s for x in loads if x is not None) == pytest.approx(50)


def test_a_burst_drains_as_a_benchmark_of_few_requests_does(catalog: Catalog) -> None:
    prepared = prepare(one("llama_3_1_8b", chips=1), catalog)
    plan = prepared.plans[0]
    found = in_burst(prepared, chip(), 10)[0]
    assert found is not None
    assert found.batch == 10
    step = Server(plan.requests[0], chip(), plan.release).step_s(10)
    whole = 1 + prepared.calibration.drain_weight
    assert found.seconds == pytest.approx(512 * step * whole, rel=1e-9)
    many = in_burst(prepared, chip(), 10**6)[0]
    assert many is not None
    best = prepared.project(chip()).members[0].tokens_per_s_per_chip[0]
    assert many.tokens_per_s_per_chip == pytest.approx(best, rel=1e-2)
    assert many.tokens_per_s_per_chip < best


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_load_that_is_none_is_refused(catalog: Catalog, rate: float) -> None:
    prepared = prepare(one("llama_3_1_8b"), catalog)
    with pytest.raises(InputError, match="is not from"):
        at_rate(prepared, chip(), rate)
    with pytest.raises(InputError, match="Give 1 to"):
        in_burst(prepared, chip(), 0)


def test_two_pools_at_a_rate_each_have_the_fewest_instances_that_keep_the_limits(
    catalog: Catalog,
) -> None:
    workload = pooled(one("llama_3_3_70b", prompt=4096, ttft=900.0, tpot=60.0))
    prepared = prepare(workload, catalog)
    member = prepared.project(chip()).members[0]
    pool, side = member.prefill, prepared.plans[0].prefill
    assert pool is not None
    assert side is not None
    layout = side.layouts[pool.layout[0]]
    # What three instances of the pool may read in a second, and what decodes it.
    requests = 3 * layout.chips / float(pool.chip_s[0])
    found = at_rate(prepared, chip(), requests)[0]
    assert found is not None
    assert found.prefill_instances == 3
    assert found.prefill_busy == pytest.approx(float(pool.busy[0]))
    assert found.ttft_s * 1000 == pytest.approx(member.ttft_ms[0])
    decoding = requests * float(pool.decode_chip_s[0]) / float(member.chips[0])
    assert found.instances == math.ceil(decoding)
    assert found.busy == pytest.approx(decoding / found.instances)
    assert found.chips == found.instances * member.chips[0] + 3 * layout.chips
    assert found.tokens_per_s_per_chip == pytest.approx(requests * 512 / found.chips)
    more = at_rate(prepared, chip(), requests * 1.001)[0]
    assert more is not None
    assert more.prefill_instances == 4
    assert more.ttft_s < found.ttft_s


def test_a_queue_of_a_pool_without_a_limit_keeps_spare_time(catalog: Catalog) -> None:
    prepared = prepare(pooled(one("llama_3_1_8b", chips=1)), catalog)
    pool = prepared.project(chip()).members[0].prefill
    assert pool is not None
    assert pool.busy[0] == 1
    side = prepared.plans[0].prefill
    assert side is not None
    chips = side.layouts[pool.layout[0]].chips
    full = at_rate(prepared, chip(), 2 * chips / float(side.chip_seconds[pool.layout[0]]))[0]
    assert full is not None
    assert full.prefill_instances == 3
    assert full.prefill_busy == pytest.approx(2 / 3)


def test_a_burst_in_two_pools_waits_for_all_prompts_or_for_all_answers(catalog: Catalog) -> None:
    prepared = prepare(pooled(one("llama_3_1_8b", chips=1)), catalog)
    plan, drain = prepared.plans[0], prepared.calibration.drain_weight
    side = plan.prefill
    assert side is not None
    pool = prepared.project(chip()).members[0].prefill
    assert pool is not None
    alone, transfer = float(side.alone_s[pool.layout[0]]), float(pool.transfer_s[0])
    step = Server(plan.requests[0], chip(), plan.release).decode_s(10)
    found = in_burst(prepared, chip(), 10)[0]
    assert found is not None
    answers = alone + transfer + 512 * step * (1 + drain)
    assert found.seconds == pytest.approx(answers, rel=1e-9)
    read = 10 * float(side.chip_seconds[pool.layout[0]]) / (found.prefill_instances or 0)
    assert answers > read + transfer + 512 * step
    long = prepare(pooled(one("llama_3_1_8b", prompt=30_000, output=4, chips=1)), catalog)
    waits = in_burst(long, chip(), 1000)[0]
    assert waits is not None
    pool, side = long.project(chip()).members[0].prefill, long.plans[0].prefill
    assert pool is not None
    assert side is not None
    seconds = 1000 * float(side.chip_seconds[pool.layout[0]]) / (waits.prefill_instances or 0)
    assert seconds < waits.seconds < seconds * 1.1


def test_project_prints_the_load_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["project", "h20", "--rate", "20", "--burst", "64"]
    assert main(words) == 0
    page = capsys.readouterr().out
    assert "AT THE STATED RATE" in page
    assert "IN ONE BURST" in page
    assert max(map(len, page.splitlines())) <= 80
    assert main([*words, "-f", "json"]) == 0
    member = json.loads(capsys.readouterr().out)["projection"]["members"][0]
    load, burst = member["load"], member["burst"]
    assert 1 <= load["instances_low"] <= load["instances"] <= load["instances_high"]
    for name in ("ttft", "tpot"):
        assert load[f"{name}_low_ms"] < load[f"{name}_ms"] < load[f"{name}_high_ms"]
    assert burst["requests"] == 64
    wide = member["high"] / member["low"]
    assert burst["seconds_high"] / burst["seconds_low"] == pytest.approx(wide)
    assert burst["seconds_low"] < burst["seconds"] < burst["seconds_high"]
    fast = burst["tokens_per_s_per_chip_high"] / burst["tokens_per_s_per_chip"]
    assert fast == pytest.approx(member["high"] / member["tokens_per_s_per_chip"])
    assert main([*words, "-f", "csv"]) == 0
    assert "load_tpot_ms" in capsys.readouterr().out
    assert main([*words, "-w", "chat-70b", "--prefill-with", "h100_sxm"]) == 0
    page = capsys.readouterr().out
    assert "requests  prefill  chips" in page
    assert main([*words, "-w", "chat-70b", "--prefill-with", "h100_sxm", "-f", "json"]) == 0
    pair = json.loads(capsys.readouterr().out)["projection"]["members"][0]["load"]
    assert 1 <= pair["instances_low"] < pair["instances"] < pair["instances_high"]
    assert 0 < pair["prefill_busy"] < 1
    least, most, busy = (pair[x] for x in ("instances_low", "instances_high", "prefill_busy"))
    assert f"{pair['instances']} ({least} to {most})" in page
    assert f"{pair['prefill_instances']} at {100 * busy:.0f} %" in page


def test_one_request_alone_takes_its_prompt_once_and_then_decoding_steps(
    catalog: Catalog,
) -> None:
    # 100,000 tokens of prompt, 1,024 of answer: the prompt is in the first token and nowhere else.
    prepared = prepare(one("llama_3_3_70b", chips=8, prompt=100_000, output=1_024), catalog)
    plan = prepared.plans[0]
    found = at_rate(prepared, chip(), 1e-6)[0]
    assert found is not None
    at = int(chosen(prepared, plan, chip()).layout[0])
    alone = Server(plan.requests[at], chip(), plan.release)
    assert found.tpot_s == pytest.approx(alone.decode_s(1.0), rel=1e-9)
    assert found.ttft_s > alone.prompt_alone_s > 100 * found.tpot_s


@pytest.mark.parametrize("tokens", [1, 2])
def test_a_limit_per_further_token_does_not_count_the_own_prompt(
    catalog: Catalog, tokens: int
) -> None:
    prepared = prepare(
        one("llama_3_3_70b", chips=8, prompt=100_000, output=tokens, tpot=50.0), catalog
    )
    assert prepared.plans[0].step_limit_s is None if tokens == 1 else True
    member = prepared.project(chip()).members[0]
    assert member.reason == (None,)
    assert tokens == 1 or member.tpot_p99_ms[0] <= 50.0


@pytest.mark.parametrize("limit", [1000.0, 2000.0, 3000.0])
def test_who_is_served_finds_himself_in_the_step(catalog: Catalog, limit: float) -> None:
    # Long prompts, short answers: the limit of the first token leaves less than one at a time.
    workload = one("llama_3_3_70b", chips=8, prompt=4096, output=8, ttft=limit)
    prepared = prepare(workload, catalog)
    plan, member = prepared.plans[0], prepared.project(chip()).members[0]
    at = int(chosen(prepared, plan, chip()).layout[0])
    alone = Server(plan.requests[at], chip(), plan.release)
    assert member.tpot_ms[0] >= alone.decode_s(1.0) * 1000 * (1 - 1e-9)
    assert member.ttft_p99_ms[0] <= limit
    # Fewer requests than it can take never wait longer, and every load keeps the limit as well.
    most = float(member.tokens_per_s_per_chip[0]) * plan.layouts[at].chips / 8
    loads = [at_rate(prepared, chip(), share * most)[0] for share in (0.05, 0.5, 0.999)]
    firsts = [load.ttft_s * 1000 for load in loads if load is not None]
    assert len(firsts) == 3
    assert firsts == sorted(firsts)
    assert firsts[-1] <= limit


def test_an_answer_of_one_token_has_no_further_ones(catalog: Catalog) -> None:
    prepared = prepare(one("llama_3_3_70b", chips=8, prompt=4096, output=1, ttft=5000.0), catalog)
    member = prepared.project(chip()).members[0]
    assert math.isnan(member.tpot_ms[0])
    assert 0 < member.ttft_ms[0] < 5000
