"""A new die as a page to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.report.layout import Block, Heading, Lines, Table
from optimizer.report.numbers import percent, significant, text_number
from optimizer.report.ranges import MOVED, movers
from optimizer.report.words import NOT_ADVICE, VERDICTS, interval, scope_words


def new_die_blocks(found: Mapping[str, Any]) -> list[Block]:
    """Verdict, the die, its cost, and the fused part beside it."""
    scope = scope_words({**found, "id": found["rules"]})
    if not found["feasible"]:
        tpp = text_number(found["tpp"])
        head = f"NO AREA makes {tpp} TPP lawful {scope}"
        if found["feasible"] is None:
            head = f"NOT DECIDED {scope}: {tpp} TPP hang on {not_stated(found['needs'])}"
        return [Heading(head, 1), Lines((NOT_ADVICE,)), *_die(found), *_own(found)]
    head = f"{VERDICTS[found['verdict']]} {scope}: a new die of {_mm2(found['area_mm2'])} mm2"
    parts = (*_die(found), *_cost(found), *_fused(found), *_own(found))
    return [Heading(head, 1), Lines((NOT_ADVICE,)), *parts]


def not_stated(needs: Sequence[str]) -> str:
    """Facts that a rule asks for and the command has no model of, in words.

    Examples
    --------
    >>> not_stated(["power_w", "tdp_w"])
    'power_w, tdp_w, which new-die does not state'
    """
    return f"{', '.join(needs)}, which new-die does not state"


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
            f"{_mm2(needed['low'])} to {_mm2(needed['high'])} (80 %), "
            f"error {percent(found['errors']['needed_area_mm2'], 1)}",
        ),
        ("least lawful area, mm2", *_least(found)),
    ]
    if found["feasible"]:
        rows += [
            ("dark area, mm2", _mm2(found["dark_area_mm2"]), f"{found['reticles']} reticle(s)"),
            ("TPP/mm2", text_number(found["performance_density"], found["density_lines"]), ""),
            ("tokens/s per chip", *_speed(found)),
        ]
    table = Table(("new die", "value", ""), tuple(rows), frozenset({1}))
    return [Heading(f"DIE of the family {found['family']}"), table]


def _least(found: Mapping[str, Any]) -> tuple[str, str]:
    """The least lawful area, and how exact it is."""
    area = found["least_lawful_area_mm2"]
    if area is None:
        return ("none" if found["feasible"] is False else "unknown", "")
    return (_mm2(area), "exact, by 0.01 mm2") if area else ("any", "no control hangs on it")


def _speed(found: Mapping[str, Any]) -> tuple[str, str]:
    """Projected throughput, and its interval or why there is none."""
    value, low, high = (found[f"tokens_per_s_per_chip{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return ("-", "the workload does not fit")
    return (significant(value), f"projected, 80 % interval {interval(low, high)}")


def _cost(found: Mapping[str, Any]) -> list[Block]:
    if found["cost_missing"]:
        why = f"unit cost unknown: {found['cost_missing']}"
        return [Heading("COST"), Lines((why, found["note"]))]
    error = percent(found["errors"]["unit_cost_usd"], 0)
    lines = [f"unit cost {_usd(found['unit_cost_usd'])} USD (80 %), error {error}, grade C"]
    each = found["dark_area_usd_per_mm2"]
    if each is not None:
        lines.append(
            f"density bought with dark area: {_usd(found['dark_area_usd'])} USD a unit, "
            f"{_usd(each, 3)} USD/mm2 (80 %)"
        )
    moved = [
        f"{name}: {movers(found[key])}"
        for name, key in (
            ("area", "needed_area_mm2"), ("unit cost", "unit_cost_usd"),
            ("dark area", "dark_area_usd"),
        )
        if found[key] is not None and found[key]["moved_by"]
    ]  # fmt: skip
    drawn = f"80 %: {text_number(found['draws'])} draws of all inputs, seed {found['seed']}"
    parts: list[Block] = [Heading("COST"), Lines((*lines, drawn))]
    if moved:
        parts += [Lines((MOVED,)), Lines(tuple(moved), bullet=True)]
    return [*parts, Lines((found["note"],))]


def _fused(found: Mapping[str, Any]) -> list[Block]:
    fused = found["fused"]
    if fused is None:
        return [Heading("FUSED"), Lines(("no cataloged die can be cut to this part",))]
    head = Heading(f"FUSED from {fused['parent']} of {_mm2(fused['area_mm2'])} mm2 instead")
    said = f"verdict {fused['verdict']}; tokens/s per chip {' '.join(_speed(fused))}"
    if fused["not_compared"]:
        return [head, Lines((said, fused["not_compared"]))]
    count = fused["break_even_units"]
    if count["value"] is None:
        volume = "a new die does not pay with all inputs in the middle: it saves nothing"
    else:
        high = "never" if count["high"] is None else _round(count["high"])
        volume = (
            f"a new die pays from {_round(count['value'])} units "
            f"({'never' if count['low'] is None else _round(count['low'])} to {high}, 80 %)"
        )
    return [
        head,
        Lines(
            (
                f"{said}; unit cost {_usd(fused['unit_cost_usd'])} USD",
                f"saving of the new die {_usd(fused['saving_usd'])} USD a unit; it costs "
                f"{_millions(fused['nre_usd'])} million USD more once (80 %)",
                volume,
                f"{MOVED}: saving, {movers(fused['saving_usd'])}",
                "cut to the very knobs of the new die, not the optimum of "
                f"{fused['parent']}: for that ask optimize --rules {found['rules']} "
                f"--parent {fused['parent']}",
            )
        ),
    ]


def _usd(each: Mapping[str, Any], digits: int = 0) -> str:
    value, low, high = (text_number(each[k], digits=digits) for k in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _millions(each: Mapping[str, Any]) -> str:
    value, low, high = (text_number(round(each[k] / 1e6)) for k in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _round(value: float) -> str:
    return significant(value, 3)


def _mm2(value: float) -> str:
    return text_number(value, digits=2)
