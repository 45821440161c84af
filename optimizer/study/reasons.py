"""Why a shipped part differs from the optimum of its die: named rules that read the data.

A rule looks at knobs, boards, salvage, limiters and facts of the two sides and speaks only where
they support its sentence. None knows any part by name. What no rule can explain is said to be
unexplained. *Shown* follows from the records; *consistent* fits them, but no vendor says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from optimizer.report.numbers import text_number
from optimizer.study.gap import Gap, alike, core_salvage, memory_text, number, site_salvage

COMPUTE, MEMORY, LINKS = "compute", "memory", "links"
# Resources of the projection that each group of knobs sets.
GROUPS: Mapping[str, tuple[str, ...]] = {
    COMPUTE: ("bf16_flops", "fp8_flops", "int8_flops", "fp4_flops", "core_draw_bytes_per_s"),
    MEMORY: ("dram_bytes_per_s", "memory_bytes"),
    LINKS: ("link_bytes_per_s_per_dir", "pcie_bytes_per_s_per_dir"),
}
GROUP_OF: Mapping[str, str] = {
    "tpp": COMPUTE,
    "performance_density": COMPUTE,
    "dram_bandwidth_gb_s": MEMORY,
    "total_bandwidth_gb_s": MEMORY,
    "io_bandwidth_gb_s": LINKS,
}
# Differences up to this share need no reason: shipped parts stand 0.1 to 4 % under their lines.
TOLERATED = Fraction(4, 100)
FP16_BITS = 16
TERA = 10**12
SHOWN, CONSISTENT = "shown", "consistent"
UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence on one group of knobs.

    Attributes
    ----------
    group : str
        Compute, memory or links.
    rule : str
        Name of the rule that speaks.
    support : str
        `shown`, `consistent` or `unexplained`.
    lost : float or None
        Share of the optimum's throughput that the group alone costs. [1]
    sentence : str
        A clause that follows "because", without a full stop.
    """

    group: str
    rule: str
    support: str
    lost: float | None
    sentence: str


Rule = Callable[[Gap], str | None]


def reason_for(gap: Gap, group: str, lost: float | None) -> Reason:
    """First rule of a group that the data support."""
    for name, support, rule in RULES[group]:
        sentence = rule(gap)
        if sentence is not None:
            return Reason(group, name, support, lost, sentence)
    return Reason(group, UNEXPLAINED, UNEXPLAINED, lost, "nothing in the records explains it")


def usable_rate(gap: Gap) -> str | None:
    """Inference reaches less of the tensor rate than the law counts."""
    counted = gap.shipped.measure("tpp").value
    if gap.shipped.resources is None or counted is None:
        return None
    usable = Fraction(float(gap.shipped.resources.bf16_flops)) * FP16_BITS / TERA
    if gap.sku.usable_rate_fraction.fp16_fp32acc is None or usable >= counted * (1 - TOLERATED):
        return None
    line = gap.shipped.measure("tpp").line
    lines = [] if line is None else [line]
    return (
        f"sums in FP32 run at TPP {text_number(usable, lines, 0)} where the law counts "
        f"{text_number(counted, lines, 0)}"
    )


def limiter(gap: Gap) -> str | None:
    """A limiter, not a fuse, holds the rate."""
    if gap.sku.rate_limiter is None or gap.sku.cores_enabled is None:
        return None
    return (
        f"{gap.sku.cores_enabled} cores stay enabled behind a limiter "
        f"('{gap.sku.rate_limiter}') and no fuse"
    )


def parents_compute(gap: Gap) -> str | None:
    """Cores and clock are those of the parent part."""
    own, kept = gap.shipped.knobs, gap.kept
    if kept is None or None in (own.cores, own.clock_mhz):
        return None
    if (own.cores, own.clock_mhz) != (kept.cores, kept.clock_mhz):
        return None
    return (
        f"it keeps the {own.cores} cores at {number(own.clock_mhz)} MHz of {gap.base_name} where "
        f"the die has shipped with up to {gap.design.space.cores[-1]} cores and "
        f"{number(gap.design.space.clocks_mhz[-1])} MHz"
    )


def granularity(gap: Gap) -> str | None:
    """One more group of cores at the shipped clock and rate would cross the line."""
    own, measure = gap.shipped.knobs, gap.shipped.measure("tpp")
    group = int(gap.design.space.die.core_group or 1)
    if own.cores is None or measure.value is None or measure.line is None:
        return None
    step = measure.value * group / own.cores
    if measure.value + step < measure.line:
        return None
    added = text_number(step, [measure.line - measure.value], 0)
    return f"{group} more cores would add TPP {added} and reach {number(measure.line)}"


def fewer_cores(gap: Gap) -> str | None:
    """Fewer cores let more dies serve."""
    return core_salvage(gap)


def parents_memory(gap: Gap) -> str | None:
    """The memory is that of the parent part."""
    own, kept = gap.shipped.knobs, gap.kept
    if kept is None or own.dram_gb_s is None or own.memory_gb is None:
        return None
    if (own.memory_part, own.memory_gb) != (kept.memory_part, kept.memory_gb):
        return None
    if kept.dram_gb_s is None or not alike(own.dram_gb_s, kept.dram_gb_s):
        return None
    salvage = site_salvage(gap)
    more = "" if salvage is None else f", while {salvage}"
    on_sale = memory_text(gap.optimum.knobs)
    return (
        f"it keeps the memory of {gap.base_name}, {memory_text(own)}, where {on_sale} was on sale"
        f"{more}"
    )


def memory_part(gap: Gap) -> str | None:
    """The optimum takes another kind of memory than the vendor."""
    own, best = gap.shipped.knobs, gap.optimum.knobs
    if own.memory_part is None or own.memory_part == best.memory_part:
        return None
    return f"it has {memory_text(own)} where {memory_text(best)} was on sale"


def board_class(gap: Gap) -> str | None:
    """The optimum is built on another board, or stacks two chips on a channel."""
    own, best = gap.shipped.knobs, gap.optimum.knobs
    if own.board is None or own.board == best.board:
        return None
    twin = " with two chips a channel" if gap.design.option.clamshell else ""
    return (
        f"the optimum has {memory_text(best)} on {best.board}{twin} where the part stayed on "
        f"{own.board}"
    )


def fewer_sites(gap: Gap) -> str | None:
    """Fewer stacks or channels let more dies serve."""
    return site_salvage(gap)


def memory_grade(gap: Gap) -> str | None:
    """The same memory, at a lower rate or capacity than was on sale."""
    own, best = gap.shipped.knobs, gap.optimum.knobs
    if own.memory_part is None or own.memory_part != best.memory_part:
        return None
    return f"it has {memory_text(own)} where {memory_text(best)} was on sale"


def link_symmetry(gap: Gap) -> str | None:
    """The shipped count divides evenly over the scale-up domain and the lawful most does not."""
    own, best, domain = (
        gap.shipped.knobs.links,
        gap.optimum.knobs.links,
        gap.sku.scale_up_domain,
    )
    if not own or not best or not domain or own >= best:
        return None
    if own % domain or not best % domain:
        return None
    return (
        f"its {own} links spread evenly over {domain} chips and the {best} that stay under the "
        "line do not"
    )


RULES: Mapping[str, tuple[tuple[str, str, Rule], ...]] = {
    COMPUTE: (
        ("usable_rate", SHOWN, usable_rate),
        ("limiter", SHOWN, limiter),
        ("parents_compute", SHOWN, parents_compute),
        ("granularity", SHOWN, granularity),
        ("core_salvage", CONSISTENT, fewer_cores),
    ),
    MEMORY: (
        ("parents_memory", SHOWN, parents_memory),
        ("memory_part", SHOWN, memory_part),
        ("board_class", SHOWN, board_class),
        ("memory_salvage", CONSISTENT, fewer_sites),
        ("memory_grade", SHOWN, memory_grade),
    ),
    LINKS: (("link_symmetry", CONSISTENT, link_symmetry),),
}
"""Rules by group, in the order in which they are asked: name, support, rule."""

__all__ = ["GROUPS", "GROUP_OF", "RULES", "TOLERATED", "Reason", "reason_for"]
