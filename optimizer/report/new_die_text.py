"""A new die as a page to read."""

from collections.abc import Mapping
from typing import Any

from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import significant, text_number
from optimizer.report.words import NOT_ADVICE, VERDICTS, interval, scope_words


def new_die_blocks(found: Mapping[str, Any]) -> list[Block]:
    """Verdict, the die, its cost, and the fused part beside it."""
    scope = scope_words({**found, "id": found["rules"]})
    if not found["feasible"]:
        head = f"NO AREA makes {text_number(found['tpp'])} TPP lawful {scope}"
        return [Heading(head, 1), Lines((NOT_ADVICE,)), *_die(found), *_own(found)]
    head = f"{VERDICTS[found['verdict']]} {scope}: a new die of {_mm2(found['area_mm2'])} mm2"
    parts = (*_die(found), *_cost(found), *_fused(found), *_own(found))
    return [Heading(head, 1), Lines((NOT_ADVICE,)), *parts]


def _own(found: Mapping[str, Any]) -> list[Block]:
    """Figures of the user: those read, and those that change nothing."""
    named = (("ASSUMES", found["assumptions"]), ("WARNINGS", found["warnings"]))
    return [
        part
        for head, said in named
        if said
        for part in (Heading(head), Lines(tuple(said), bullet=True))
    ]


def _die(found: Mapping[str, Any]) -> list[Block]:
    needed = found["needed_area_mm2"]
    rows = [
        ("TPP", text_number(found["tpp"], [found["wished_tpp"]]), f"of {found['wished_tpp']:,}"),
        ("cores", str(found["cores"]), f"and {found['spare_cores']} spare"),
        ("core clock, MHz", text_number(found["core_clock_mhz"]), ""),
        ("32-bit channels", str(found["channels"]), f"and {found['spare_channels']} spare"),
        ("DRAM bandwidth, GB/s", text_number(found["dram_bandwidth_gb_s"]), found["memory_part"]),
        ("memory, GB", text_number(found["memory_gb"]), ""),
        (
            "area that the blocks need, mm2",
            _mm2(needed["value"]),
            f"{_mm2(needed['low'])} to {_mm2(needed['high'])} by the worst error of the fit",
        ),
        ("least lawful area, mm2", _mm2(found["least_lawful_area_mm2"]), "exact, by 0.01 mm2"),
    ]
    if found["feasible"]:
        rows += [
            ("dark area, mm2", _mm2(found["dark_area_mm2"]), f"{found['reticles']} reticle(s)"),
            ("TPP/mm2", text_number(found["performance_density"], found["density_lines"]), ""),
            ("tokens/s per chip", *_speed(found)),
        ]
    table = Table(("new die", "value", ""), tuple(rows), frozenset({1}))
    return [Heading(f"DIE of the family {found['family']}"), table]


def _speed(found: Mapping[str, Any]) -> tuple[str, str]:
    """Projected throughput, and its interval or why there is none."""
    value, low, high = (found[f"tokens_per_s_per_chip{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return ("-", "the workload does not fit")
    return (significant(value), f"projected, 80 % interval {interval(low, high)}")


def _cost(found: Mapping[str, Any]) -> list[Block]:
    lines = [f"unit cost {_usd(found['unit_cost_usd'])} USD (80 %), grade C"]
    each = found["dark_area_usd_per_mm2"]
    if each is not None:
        lines.append(
            f"density bought with dark area: {text_number(round(found['dark_area_usd'], 2))} USD a "
            f"unit, {text_number(round(each, 3))} USD/mm2"
        )
    return [Heading("COST"), Lines((*lines, found["note"]))]


def _fused(found: Mapping[str, Any]) -> list[Block]:
    fused = found["fused"]
    if fused is None:
        return [Heading("FUSED"), Lines(("no cataloged die can be cut to this part",))]
    count = fused["break_even_units"]
    if count["value"] is None:
        volume = "a new die never pays: it saves nothing"
    else:
        high = "never" if count["high"] is None else _round(count["high"])
        volume = (
            f"a new die pays from {_round(count['value'])} units "
            f"({_round(count['low'])} to {high}, 80 %)"
        )
    return [
        Heading(f"FUSED from {fused['parent']} of {_mm2(fused['area_mm2'])} mm2 instead"),
        Lines(
            (
                f"verdict {fused['verdict']}; tokens/s per chip {' '.join(_speed(fused))}; unit "
                f"cost {_usd(fused['unit_cost_usd'])} USD",
                f"saving of the new die {_usd(fused['saving_usd'])} USD a unit; it costs "
                f"{_usd(fused['nre_usd'])} USD more once (range of the figure)",
                volume,
                "cut to the very knobs of the new die, not the optimum of "
                f"{fused['parent']}: for that ask optimize --rules {found['rules']} "
                f"--parent {fused['parent']}",
            )
        ),
    ]


def _usd(each: Mapping[str, Any]) -> str:
    low, high = (text_number(round(each[k])) for k in ("low", "high"))
    return f"{text_number(round(each['value']))} ({low} to {high})"


def _round(value: float) -> str:
    return significant(value, 3)


def _mm2(value: float | None) -> str:
    return "none" if value is None else text_number(value, digits=2)
