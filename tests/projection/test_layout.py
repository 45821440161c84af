"""A member may state its layout: one of those that the projection chooses from."""

from pathlib import Path

import numpy as np
import pytest

from catalogs import Catalog
from catalogs.architectures import Workload
from catalogs.errors import InputError
from optimizer.cli import main
from optimizer.projection import prepare
from optimizer.projection.layouts import choices, named
from optimizer.report.solve import solve

from .conftest import chip, one, pooled

MODELS = ("llama_3_1_8b", "qwen3_30b_a3b")


def laid_out(workload: Workload, layout: str) -> Workload:
    members = tuple(m.model_copy(update={"layout": layout}) for m in workload.members)
    return workload.model_copy(update={"members": members})


@pytest.mark.parametrize("two_pools", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_the_best_of_the_stated_layouts_is_the_one_that_is_chosen(
    catalog: Catalog, model: str, two_pools: bool
) -> None:
    workload = one(model, prompt=2000, tpot=40.0, ttft=2000.0)
    workload = pooled(workload) if two_pools else workload
    links = np.array([0.0, 32e9, 450e9])
    parts = chip(link_bytes_per_s_per_dir=np.tile(links, 400))
    free = prepare(workload, catalog)
    best = np.zeros(parts.count)
    for layout in free.plans[0].layouts:
        fixed = prepare(laid_out(workload, layout.words), catalog)
        assert fixed.plans[0].layouts == (layout,)
        rates = fixed.tokens_per_s_per_chip(parts)
        # Beside faster links too, where the bus is never chosen.
        assert "bus" not in layout.words or rates.all()
        best = np.maximum(best, rates)
    np.testing.assert_allclose(free.tokens_per_s_per_chip(parts), best, rtol=1e-12)


def test_a_name_is_read_in_any_order_and_case_and_without_a_path_means_both() -> None:
    offered = tuple(choices(8, experts=128))
    assert [x.words for x in named("pp2 tp4", offered)] == ["TP4 PP2 link", "TP4 PP2 bus"]
    assert [x.words for x in named("LINK EP8 DP8", offered)] == ["DP8 EP8 link"]
    assert [x.words for x in named("1 chip", offered)] == ["1 chip"]
    for layout in offered:
        assert named(layout.words, offered) == (layout,)


@pytest.mark.parametrize("text", ["TP3", "TP16", "DP8", "TP8 TP8", "TP8 link bus", " "])
def test_a_layout_that_is_not_offered_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(InputError, match="There are 1 chip, TP2, DP2 EP2, PP2, TP4"):
        named(text, tuple(choices(8, experts=128)))


def test_a_part_that_cannot_join_the_chips_gets_the_reason(catalog: Catalog) -> None:
    fixed = prepare(laid_out(one("llama_3_1_8b"), "TP2 link"), catalog)
    table = fixed.project(chip(link_bytes_per_s_per_dir=0.0))
    assert "nothing joins the 2 chips of layout 'TP2 link'" in str(table.reason[0])
    assert float(fixed.tokens_per_s_per_chip(chip(link_bytes_per_s_per_dir=0.0))[0]) == 0.0


def test_a_solve_in_a_stated_layout_is_proved_and_never_faster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = """id = "mine"
name = "Mine"
cite = "ours"
[[members]]
name = "chat"
model = "llama_3_1_8b"
weight_precision = "fp8"
kv_precision = "fp8"
input_tokens = 1024
output_tokens = 512
tpot_limit_ms = 40
cite = "ours"
"""
    speeds = []
    for name, more in (("free", ""), ("fixed", 'layout = "TP4 bus"\n')):
        path = tmp_path / f"{name}.toml"
        path.write_text(file + more, encoding="utf-8")
        found = solve("us-2025", parents=["gb202"], workload=str(path))
        assert found.status == "optimal"
        member = found.designs[0].projection.members[0]
        assert name == "free" or (member.tensor_parallel, member.chips) == (4, 4)
        speeds.append(member.tokens_per_s_per_chip)
    assert speeds[1] < speeds[0]
    assert main(["project", "h20", "-w", str(tmp_path / "fixed.toml")]) == 0
    page = capsys.readouterr().out
    assert "TP4 bus" in page
    assert "the layout TP4 bus is stated, not chosen" in page
