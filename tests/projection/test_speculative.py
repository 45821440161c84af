"""Speculative decoding: counted by hand, what it takes, and where it pays."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from catalogs.catalog import Catalog
from catalogs.deployment import Speculation
from catalogs.errors import InputError
from optimizer.projection import prepare
from optimizer.projection.deployment import deployment_words
from optimizer.projection.speculative import SpeculativeRequest
from optimizer.projection.work import BF16, CACHE, GEMM, WEIGHTS

from .conftest import GIB, chip, one, speculated


def request(catalog: Catalog, **how: Any) -> SpeculativeRequest:
    """A speculative request on one chip."""
    workload = speculated(one("llama_3_1_8b", prompt=1000, output=200, chips=1), **how)
    found = prepare(workload, catalog).plans[0].requests[0]
    assert isinstance(found, SpeculativeRequest)
    return found


def test_tokens_per_step_are_a_geometric_sum() -> None:
    how = Speculation(draft_tokens=3, acceptance=0.8, draft_layers=1, cite="x")
    assert how.tokens_per_step == pytest.approx(1 + 0.8 + 0.8**2 + 0.8**3)
    never = Speculation(draft_tokens=3, acceptance=0.0, draft_layers=1, cite="x")
    assert never.tokens_per_step == 1


@pytest.mark.parametrize("extra", [{}, {"draft_model": "a", "draft_layers": 1}])
def test_who_drafts_is_stated_once(extra: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="who drafts"):
        Speculation(draft_tokens=3, acceptance=0.8, cite="x", **extra)


def test_an_acceptance_is_never_rounded_onto_one(catalog: Catalog) -> None:
    workload = speculated(one("llama_3_1_8b"), acceptance=0.9999999, draft_layers=1)
    said = " ".join(deployment_words(workload, catalog))
    assert "each kept with 0.9999999 as stated: 3.9999994 tokens a step" in said


def test_more_layers_than_the_model_has_do_not_draft(catalog: Catalog) -> None:
    layers = catalog.model("llama_3_1_8b").layers
    prepare(speculated(one("llama_3_1_8b"), draft_layers=layers), catalog)
    with pytest.raises(InputError, match=f"{layers + 1} layers draft, .* itself has {layers}"):
        prepare(speculated(one("llama_3_1_8b"), draft_layers=layers + 1), catalog)


def test_a_drafted_step_is_what_a_hand_counts(catalog: Catalog) -> None:
    found = request(catalog, draft_layers=1)
    plain = prepare(one("llama_3_1_8b", prompt=1000, output=200, chips=1), catalog)
    base = plain.plans[0].requests[0].decode
    head = 2 * 128256 * 4096
    body_gemm = base.slope[GEMM]
    attention = base.slope[BF16] - head
    kept = 2.952
    # Four tokens checked, three drafted by one layer of 32 and the head.
    assert found.decode.slope[GEMM] * kept == pytest.approx(body_gemm * (4 + 3 / 32))
    assert found.decode.slope[BF16] * kept == pytest.approx(
        (head + attention) * 4 + 3 * (head + attention / 32)
    )
    # Weights are read once to check and 3 / 32 of the body and three heads to draft.
    head_read = 2 * 128256 * 4096 / found.cal.weight_stream_efficiency
    body_read = base.fixed[WEIGHTS] - head_read
    assert found.decode.fixed[WEIGHTS] * kept == pytest.approx(
        body_read * (1 + 3 / 32) + head_read * 4
    )
    cache = 32 * 1100 * 2 * 8 * 128 / found.cal.cache_stream_efficiency
    activation = base.slope[CACHE] - cache
    assert found.decode.slope[CACHE] * kept == pytest.approx(
        cache * (1 + 3 / 32) + activation * (4 + 3 / 32)
    )


def test_a_drafting_model_takes_memory_and_reads_the_prompt(catalog: Catalog) -> None:
    found = request(catalog, draft_model="qwen3_0_6b")
    plain = prepare(one("llama_3_1_8b", prompt=1000, output=200, chips=1), catalog)
    base = plain.plans[0].requests[0]
    assert found.drafter is not None
    assert found.weight_bytes == base.weight_bytes + found.drafter.weight_bytes
    assert found.cache_bytes == base.cache_bytes + found.drafter.cache_bytes
    assert (found.prefill_flow >= base.prefill_flow).all()
    assert found.prefill_flow[GEMM] > base.prefill_flow[GEMM]
    with pytest.raises(InputError, match="cannot draft"):
        request(catalog, draft_model="gpt_oss_20b")


def test_drafting_pays_where_weights_bind_and_costs_where_nothing_is_kept(
    catalog: Catalog,
) -> None:
    starved = chip(dram_bytes_per_s=1e12, memory_bytes=80 * GIB)
    workload = one("llama_3_3_70b", tpot=25.0)
    plain = prepare(workload, catalog).tokens_per_s_per_chip(starved)[0]
    good = prepare(speculated(workload, draft_layers=1), catalog).tokens_per_s_per_chip(starved)
    useless = speculated(workload, draft_layers=1, acceptance=0.0)
    assert good[0] > plain > prepare(useless, catalog).tokens_per_s_per_chip(starved)[0]


def test_lines_of_a_drafted_mixture_follow_the_exact_step(catalog: Catalog) -> None:
    workload = speculated(one("qwen3_235b_a22b"), draft_layers=1)
    for found in prepare(workload, catalog).plans[0].requests[:5]:
        for batch in (1.0, 7.0, 60.0, 900.0):
            exact = found.decode_at(batch)
            lines = np.stack([line.at(batch) for line in found.decode_lines])
            nearest = lines[lines[:, WEIGHTS].argmin()]
            assert nearest[WEIGHTS] == pytest.approx(exact[WEIGHTS], rel=0.011)
            assert nearest[GEMM] == pytest.approx(exact[GEMM], rel=0.011)
