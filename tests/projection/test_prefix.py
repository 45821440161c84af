"""Cached prefixes: counted by hand, what they save, and what the answers say of them."""

from pathlib import Path
from typing import Any

import pytest

from catalogs.catalog import Catalog
from catalogs.errors import InputError
from optimizer import solve
from optimizer.cli import main
from optimizer.projection import prepare
from optimizer.projection.answer import open_workload
from optimizer.projection.passes import Request, held_bytes
from optimizer.projection.terms import prefill_attention
from optimizer.projection.work import BF16

from .conftest import GIB, chip, one, prefixed
from .test_closed_form import brute_force
from .test_pools import workload_file

# 32 layers, 8 heads of 128, key and value, one byte each.
TOKEN_BYTES = 32 * 2 * 8 * 128


def request(catalog: Catalog, share: float, held: str = "once") -> Request:
    """A request of 1,000 tokens on one chip, some of them cached."""
    workload = prefixed(one("llama_3_1_8b", prompt=1000, output=200, chips=1), share, held)
    return prepare(workload, catalog).plans[0].requests[0]


def test_what_is_cached_is_attended_to_and_not_computed(catalog: Catalog) -> None:
    cached, whole = request(catalog, 0.75), request(catalog, 0.0)
    cal, model = cached.cal, cached.model
    assert cached.computed_tokens == 250
    # The 250 tokens stand behind 750: each sees 750 + 250 / 2 keys on average, 32 heads of 128.
    flop = 250 * 2 * 875 * 2 * 32 * 128 / cal.prefill_attention_efficiency
    found = prefill_attention(model, 1000, 1, cal, 750).at(250)
    assert found[BF16] == pytest.approx(flop)
    plain = whole.chunk(250, 1)
    more = (875 - 500) * 250 * 2 * 2 * 32 * 128 * 32 / cal.prefill_attention_efficiency
    assert cached.chunk(250, 1)[BF16] == pytest.approx(plain[BF16] + more)
    per_prompt = cached.chunk(8192, 8192 / 250) * (250 / 8192)
    assert cached.prefill_flow == pytest.approx(per_prompt)
    assert cached.decode_at(10.0).tolist() == whole.decode_at(10.0).tolist()


def test_a_common_prefix_is_held_once_and_one_s_own_by_each(catalog: Catalog) -> None:
    once, each = request(catalog, 0.75), request(catalog, 0.75, "each")
    answer = once.cal.cache_output_share * 200
    assert once.cache_bytes == pytest.approx((250 + answer) * TOKEN_BYTES)
    assert once.prefix_bytes == pytest.approx(750 * TOKEN_BYTES)
    assert each.cache_bytes == request(catalog, 0.0).cache_bytes
    assert each.prefix_bytes == 0
    release = once.cal.stack("tensorrt-llm")
    extra = held_bytes(once, release) - held_bytes(each, release)
    assert extra == pytest.approx(750 * TOKEN_BYTES)


def test_the_closed_form_with_a_prefix_is_the_search_over_batches(catalog: Catalog) -> None:
    part = chip(memory_bytes=60 * GIB)
    for held in ("once", "each"):
        prepared = prepare(prefixed(one("llama_3_3_70b", tpot=100.0), 0.6, held), catalog)
        closed = float(prepared.tokens_per_s_per_chip(part)[0])
        assert closed == pytest.approx(brute_force(prepared, part), rel=2e-3)


@pytest.mark.parametrize("limits", [{}, {"ttft": 3000.0, "tpot": 60.0}])
def test_more_of_a_prompt_cached_is_never_slower_and_held_once_never_worse(
    catalog: Catalog, limits: dict[str, Any]
) -> None:
    part = chip(memory_bytes=80 * GIB)

    def rate(share: float, held: str) -> float:
        workload = prefixed(one("llama_3_3_70b", prompt=8000, **limits), share, held)
        return float(prepare(workload, catalog).tokens_per_s_per_chip(part)[0])

    for held in ("once", "each"):
        rates = [rate(share, held) for share in (0.0, 0.3, 0.6, 0.9, 0.999)]
        assert rates == sorted(rates)
        assert rates[-1] > rates[0]
    assert rate(0.9, "once") >= rate(0.9, "each")


def test_a_share_of_one_or_more_is_refused_by_name(tmp_path: Path, catalog: Catalog) -> None:
    source = workload_file(tmp_path, extra="").read_text(encoding="utf-8")
    for value in ("1", "-0.1", "nan", "true"):
        path = tmp_path / "wrong.toml"
        path.write_text(f"{source}\nprefix_cached_share = {value}\n", encoding="utf-8")
        with pytest.raises(InputError, match="prefix_cached_share"):
            open_workload(str(path), catalog)


def test_project_and_optimize_say_what_is_cached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = workload_file(tmp_path, extra="")
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\nprefix_cached_share = 0.75\n", encoding="utf-8")
    words = "0.75 of each prompt is found in the cache as stated, held once"
    assert main(["project", "h20", "-w", str(path)]) == 0
    assert words in " ".join(capsys.readouterr().out.split())
    found = solve("us-2025", parents=["gb202"], workload=str(path))
    assert found.status == "optimal"
    assert any(words in line for line in found.assumptions)
    plain = solve("us-2025", parents=["gb202"], workload="chat-70b")
    best, without = (x.designs[0].projection.tokens_per_s_per_chip for x in (found, plain))
    assert best is not None
    assert without is not None
    assert best > without
