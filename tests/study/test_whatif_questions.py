"""Questions that were asked in public about a change of the law, answered by the command's code."""

import pytest

from catalogs import load_catalog
from optimizer import solve
from optimizer.report.settings import Settings
from optimizer.report.whatif_skus import sku_rows
from optimizer.study.reclassify import Reclassified, reclassify
from optimizer.study.scenario import Change, scenario
from optimizer.study.whatif import WhatIf, what_if

LETTERS = "us_letters/april_2025"
GAIN = "us_bills/gain_ai"


def static(rules: str, **change: object) -> WhatIf:
    asked = scenario(Settings(rules), Change(**change), ambient=False)  # type: ignore[arg-type]
    return what_if(asked, redesigned=False)


def parts(answer: WhatIf) -> dict[str, Reclassified]:
    return {row.sku: row for row in answer.classes.rows}


@pytest.mark.parametrize("sku", ["a800", "h800"])
def test_a800_and_h800_left_the_free_class_with_the_2023_text(sku: str):
    """88 FR 73458 (2023-10-25) and NVIDIA Form 8-K of 2023-10-17: the October 2023 text takes in
    A800 and H800, which were made for the limits of October 2022."""
    row = parts(static("us-2022", versus="us-2023"))[sku]
    assert (row.before.verdict, row.after.verdict) == ("not_controlled", "controlled")
    assert row.before.paragraphs == ()
    assert "us_ear/3A090.a.1" in row.after.paragraphs


def test_two_of_three_limbs_of_the_april_letters_catch_h20():
    """NVIDIA Form 8-K of 2025-04-15 (H20 needs a license for its memory or interconnect bandwidth
    or the two together); Financial Times, 2025-04-16 (1,400, 1,100 and 1,700 GB/s)."""
    answer = static("us-2025", without=("us_letters",))
    row = parts(answer)["h20"]
    assert row.before.paragraphs == (f"{LETTERS}.dram", f"{LETTERS}.sum")
    assert row.after.verdict == "not_controlled"
    detail = next(each.detail for each in sku_rows(answer) if each.sku == "h20")
    assert detail is not None
    slack = {m.paragraph: m.before.slack for m in detail.margins if m.before is not None}
    assert slack[f"{LETTERS}.dram"] == 2600
    assert slack[f"{LETTERS}.io"] == 72


@pytest.mark.parametrize(("sku", "inside"), [("h200_sxm", True), ("mi325x", True), ("b200", False)])
def test_the_january_2026_review_takes_in_h200_and_mi325x_but_not_b200(sku: str, inside: bool):
    """91 FR 1684 (2026-01-15): case-by-case review below TPP 21,000 and 6,500 GB/s; the notice
    names H200 and MI325X. B200 is beyond both numbers."""
    answer = static("us-2025", versus="us-2026")
    row = next(each for each in sku_rows(answer) if each.sku == sku)
    assert (row.before.verdict, row.after.verdict) == ("controlled", "controlled")
    if inside:
        assert row.change == "consequences"
        assert row.detail is not None
        assert row.detail.before.review == "presumption_of_denial"
        assert row.detail.after.review_paragraph == "us_review/january_2026.eligible"
    else:
        assert row.change == "none"


GAIN_AI = {
    "rtx_4090": ("tpp", "middle", "floor"),
    "rtx_5090": ("tpp", "middle", "floor", "dram", "sum"),
    "l20": (),
    "l2": (),
    "h20": ("dram", "sum"),
    "a40": ("floor",),
}


@pytest.mark.parametrize("sku", GAIN_AI)
def test_gain_ai_reaches_cards_for_games_and_spares_l20_and_l2(sku: str):
    """S.3150 (119th Congress, GAIN AI Act of 2025), definition of a covered integrated circuit;
    whether it reaches cards for games was asked in public when it was debated."""
    row = parts(static("us-2023", with_=(GAIN,)))[sku]
    added = [p for p in row.after.paragraphs if p not in row.before.paragraphs]
    assert added == [f"{GAIN}.{limb}" for limb in GAIN_AI[sku]]


def test_hr5022_has_two_readings_for_h20():
    """H.R.5022 (119th Congress): summaries leave open whether TPP 2,400 and density 1.6 stand
    together or apart. H20 has TPP 2,368 and density 2.91, so the reading decides."""
    any_limb = parts(static("us-2023", with_=("us_bills/hr5022_any_limb",)))["h20"]
    together = parts(static("us-2023", with_=("us_bills/hr5022_tpp_and_pd",)))["h20"]
    assert any_limb.before.verdict == together.before.verdict == "not_controlled"
    assert any_limb.after.paragraphs == ("us_bills/hr5022_any_limb.density",)
    assert together.after.verdict == "not_controlled"


def gb202(limit: str = "", **fixes: str) -> tuple[str, dict[str, object]]:
    """The best part of GB202 that is not for data centers, with some knobs held."""
    result = solve(
        "us-2025",
        parents=["gb202"],
        datacenter=False,
        limits=[limit] if limit else [],
        fixes=[f"{name}={value}" for name, value in fixes.items()],
    )
    return result.status, dict(result.designs[0].knobs) if result.designs else {}


def test_at_28_gbit_s_a_bus_of_384_bits_is_the_widest_under_1400_gb_s():
    """GeForce RTX 5090 D V2 as announced in August 2025: 24 GB on 384 bits at 28 Gbit/s. The
    bus has 32 bits a channel, so 384 bits are 12 channels."""
    status, knobs = gb202("memory_sites>=12", memory_data_rate_gbps="28")
    assert (status, knobs["memory_sites"]) == ("optimal", 12)
    assert gb202("memory_sites>=13", memory_data_rate_gbps="28")[0] == "infeasible"


def test_a_bus_of_448_bits_needs_less_than_25_gbit_s():
    """1,400 GB/s x 8 / 448 bits = 25.0 Gbit/s, and the letters control from 1,400 GB/s on."""
    status, knobs = gb202("memory_data_rate_gbps>=24.99", memory_sites="14")
    assert (status, float(str(knobs["memory_data_rate_gbps"]))) == ("optimal", 24.99)
    assert gb202("memory_data_rate_gbps>=25", memory_sites="14")[0] == "infeasible"


def test_a_class_that_a_disputed_fact_would_turn_is_marked():
    """MI308X has several live claims of TPP and area (press and filings), see its record."""
    answer = static("us-2025", without=("us_letters",))
    row = next(each for each in sku_rows(answer) if each.sku == "mi308x")
    assert row.change == "class"
    assert row.detail is not None
    assert row.detail.after.holds is False


def test_reclassify_says_what_check_says():
    asked = scenario(Settings("us-2022"), Change(versus="us-2026"), ambient=False)
    old, new = asked.before.ruleset, asked.after.ruleset
    lean = {row.sku: row for row in reclassify(load_catalog(ambient=False), old, new).rows}
    full = what_if(asked, redesigned=False)
    assert {record.sku for record in full.records} == set(lean)
    for record in full.records:
        for said, mine in (
            (record.before, lean[record.sku].before),
            (record.after, lean[record.sku].after),
        ):
            assert (said.verdict, said.tier, said.paragraphs, said.needs) == (
                mine.verdict,
                mine.tier,
                mine.paragraphs,
                mine.needs,
            )
