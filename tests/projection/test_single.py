"""One server against sums done by hand: pipelines, drafts, first tokens, releases."""

from dataclasses import replace

import pytest

from catalogs.catalog import Catalog
from optimizer.projection.calibration import Calibration
from optimizer.projection.layouts import Layout
from optimizer.projection.passes import Request
from optimizer.projection.resources import Resources
from optimizer.projection.single import Server
from optimizer.projection.software import Release

PLAIN = Release("plain")


def server(
    catalog: Catalog,
    cal: Calibration,
    part: Resources,
    release: Release = PLAIN,
    layout: Layout | None = None,
    drafts: float = 0.0,
) -> Server:
    model = catalog.model("llama_3_1_8b")
    request = Request(model, "fp8", "fp8", 1000.0, 500.0, layout or Layout(), cal)
    return Server(request, part, release, drafts)


@pytest.fixture
def easy(cal: Calibration) -> Calibration:
    return replace(
        cal,
        pipeline_bubble=0.01,
        speculative_tokens_per_step=2.0,
        request_fixed_s=0.02,
        first_token_prompts=1.0,
        first_token_steps=3.0,
        arrival_wave_share=0.1,
        replica_stall_share=0.5,
    )


def test_idle_time_of_a_pipeline_grows_with_the_square_of_its_stages(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    piped = server(catalog, easy, h20, layout=Layout(stages=4))
    whole = server(catalog, easy, h20)
    assert piped.decode_s(32.0) == pytest.approx(whole.decode_s(8.0) * 1.09)


def test_drafts_shorten_a_step_by_the_tokens_that_are_kept(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    drafted = server(catalog, easy, h20, drafts=1.0)
    assert drafted.decode_s(8.0) == pytest.approx(server(catalog, easy, h20).decode_s(8.0) / 2)


def test_a_first_token_waits_for_its_prompt_some_steps_a_wave_and_the_queue(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    one = server(catalog, easy, h20, Release("slow", first_token_factor=2.0))
    step, share = one.step_s(10.0), one.prompt_share_s
    own = 0.02 + one.prompt_alone_s + 3 * step + 0.1 * 10 * share
    assert one.closed_loop_first_token_s(10.0) == pytest.approx(2 * own)
    queued = one.closed_loop_first_token_s(10.0, waiting=5.0)
    assert queued == pytest.approx(2 * own + 5 * 500 * step / 10)


def test_a_pool_of_prompts_alone_stalls_no_replica(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    layout = Layout(replicas=4, experts=4)
    one = server(catalog, easy, h20, layout=layout)
    assert one.prompt_share_s == pytest.approx(one.prompt_flow_s * (1 + 0.5 * 3 / 4))


def test_factors_of_a_release_scale_the_chip_the_host_and_the_cache(
    catalog: Catalog, easy: Calibration, h20: Resources
) -> None:
    plain = server(catalog, easy, h20)
    chip_ = server(catalog, easy, h20, Release("chip", device_factor=2.0))
    assert chip_.step_s(8.0) == pytest.approx(2 * plain.step_s(8.0))
    host = server(catalog, easy, h20, Release("host", host_factor=3.0))
    still = host.step_s(8.0) - plain.step_s(8.0)
    assert host.step_s(80.0) - plain.step_s(80.0) == pytest.approx(
        still + 2 * 72 * (easy.sequence_fixed_s + plain_prompt_host(plain) / 500), rel=1e-6
    )
    cache = server(catalog, easy, h20, Release("cache", cache_factor=5.0))
    assert cache.step_s(80.0) > cache.step_s(8.0) * plain.step_s(80.0) / plain.step_s(8.0)


def plain_prompt_host(one: Server) -> float:
    """Host seconds of one prompt among others."""
    from optimizer.projection.work import SECONDS

    return float(one.request.prefill_share[SECONDS])
