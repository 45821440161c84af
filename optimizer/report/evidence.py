"""How sure the facts of silicon are on which a design rests."""

from catalogs import Die
from optimizer.report.result import Evidence

FACTS = (
    "applicable_die_area_mm2",
    "cores_max_shipped",
    "clock_min_mhz",
    "clock_max_mhz",
    "core_draw_bytes_per_clk",
    "dense_ops_per_clk_per_core.fp16",
    "memory.sites",
    "memory.rate_max_gbps",
    "link.gb_s_bidir_per_link",
    "pcie.gb_s_bidir",
)
"""Facts of a die that enter the verdict, the knobs or the projection."""


def evidence_of(die: Die) -> Evidence:
    """Grade of the weakest fact, and which facts have it.

    Examples
    --------
    >>> from catalogs import load_catalog
    >>> evidence_of(load_catalog().die("gh100")).grade in "ABC"
    True
    """
    grades = {name: die.fact(name).grade for name in FACTS if die.value(name) is not None}
    worst = max(grades.values(), default="C")
    return Evidence(
        grade=worst, weakest=tuple(name for name, grade in grades.items() if grade == worst)
    )
