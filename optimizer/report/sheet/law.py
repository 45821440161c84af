"""The export part of a sheet: every paragraph with its margin, and what follows from the verdict.

Verdict, tier and margins are those of the result. License, exceptions, review, duty and the ECCN
family are recomputed by the checker, and only if it comes to the same verdict.
"""

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from catalogs.errors import InputError
from constraints import Assessment, Ruleset, check
from constraints.asked import facts_read
from constraints.findings import SILENT
from optimizer.report.aftermath import consequences
from optimizer.report.check_words import verdict_line
from optimizer.report.embed import laid_out
from optimizer.report.numbers import Number, exact_text, faithful, percent
from optimizer.report.result import Design, Finding, JsonNumber, Result
from optimizer.report.settings import Settings, read_day
from optimizer.report.sheet.cells import NONE, UNKNOWN, quantity_text
from optimizer.report.sheet.model import (
    Cell,
    Classification,
    Consequence,
    ParagraphRow,
)
from optimizer.report.sheet.notes import Notes
from optimizer.report.sheet.silicon import WITHHELD, exactly
from optimizer.report.solve import read_facts, ruleset_of
from optimizer.report.words import UNITS, label, one_of, short

# Names under which the law of 2022 measures the same quantities.
_SAME = {"bit_length_x_tops": "tpp", "io_transfer_rate_gb_s": "io_bandwidth_gb_s"}
_FACTS = ("tpp", "applicable_die_area_mm2", "dram_bandwidth_gb_s", "io_bandwidth_gb_s",
          "dense_bf16_tflops")  # fmt: skip


def ruleset_of_result(result: Result) -> Ruleset:
    """The rule set of a result, its own files included; the very same text, or an error.

    Raises
    ------
    InputError
        The rules installed here are not those of the result.
    """
    settings = Settings.from_dict(result.inputs.get("options", {}))
    files = {k: v for k, v in result.inputs.get("files", {}).items() if k != "catalog"}
    if any(files.values()):
        with tempfile.TemporaryDirectory(prefix="optimize-sheet-") as folder:
            rules = ruleset_of(laid_out(settings, files, Path(folder)))
    else:
        rules = ruleset_of(settings)
    if rules.digest != result.hashes.get("rules"):
        raise InputError(
            "rests on other rules than those installed here",
            "hashes.rules",
            "Make the result again with 'optimize --rules RULES -o result.json'",
        )
    return rules


def facts_of(result: Result, design: Design, rules: Ruleset) -> dict[str, Any]:
    """What the checker is told: quantities under the names of the law, and what the user stated."""
    told = (facts_read(rules) | {*_FACTS}) - rules.vocabulary.definitions.keys()
    values = {**design.knobs, **design.quantities}
    facts: dict[str, Any] = {
        k: Decimal(repr(v))
        for k, v in values.items()
        if k in told and isinstance(v, int | float) and not isinstance(v, bool)
    }
    facts |= {name: facts[same] for name, same in _SAME.items() if same in facts}
    options, law = result.inputs["options"], result.inputs["rules"]
    return {
        **dict(read_facts(options.get("facts", ()), rules)),
        **facts,
        "item_kind": "ic",
        "datacenter": options["datacenter"],
        "first_marketed": read_day(law["on"]),
    }


def assessed(result: Result, design: Design, rules: Ruleset) -> Assessment:
    """The design checked again.

    Raises
    ------
    InputError
        The checker comes to another verdict or tier than the result.
    """
    facts = facts_of(result, design, rules)
    said = check(facts, rules, result.inputs["rules"]["destination"])
    if (said.verdict, said.tier) != (design.verdict, design.tier):
        raise InputError(
            f"says {design.verdict}, tier {design.tier}; the checker says "
            f"{said.verdict}, tier {said.tier}",
            f"designs, rank {design.rank}",
            "The result was changed, or made by another version: make it again",
        )
    return said


def classification(
    design: Design, said: Assessment, place: str, hidden: frozenset[str], notes: Notes
) -> Classification:
    """Verdict, margins and consequences of one design."""
    rows = [
        (f, _paragraph(f, f"{place}.classification[{i}]", hidden))
        for i, f in enumerate(design.classification)
    ]
    note = notes.add(
        "Each paragraph is compared in exact arithmetic with the line of the rule set; a margin is "
        "the distance from the value to the line, never negative. Where a paragraph has several "
        "tests, the one shown decides.",
        "citation of each paragraph in the table; confidence A to D is how sure its text is",
    )
    law = [(f, row) for f, row in rows if f.kind != "engineering"]
    return Classification(
        verdict=design.verdict,
        headline=verdict_line(said),
        tier=design.tier or UNKNOWN,
        eccn=one_of(said.eccn) or "undetermined",
        nearest=_nearest([f for f, _ in law], hidden),
        paragraphs=tuple(row for _, row in law),
        engineering=tuple(row for f, row in rows if f.kind == "engineering"),
        consequences=tuple(_consequences(said)),
        needs=design.needs,
        flags=design.flags,
        notes=(note,),
    )


def _consequences(said: Assessment) -> Iterator[Consequence]:
    for line in consequences(said):
        head, _, text = line.partition(": ")
        yield Consequence(label=head, text=text)
    if said.duty.status == "not_due":
        yield Consequence(label="US import duty", text="not due")


def _paragraph(finding: Finding, place: str, hidden: frozenset[str]) -> ParagraphRow:
    name, line = finding.quantity, finding.threshold
    concealed = name in hidden
    slack = None if concealed else finding.slack
    return ParagraphRow(
        paragraph=finding.paragraph,
        condition=finding.condition,
        verdict=finding.verdict,
        quantity=" + ".join(label(part) for part in name.split(" + ")) if name else "",
        unit=unit_of(name),
        value=Cell(text=WITHHELD) if concealed else _value(finding, f"{place}.value"),
        line=_line(line, f"{place}.threshold"),
        margin=_margin(slack, f"{place}.slack"),
        margin_share=_share(slack, line),
        because=_because(finding),
        silent=finding.because.startswith(SILENT),
        citation=finding.citation,
        confidence=finding.confidence,
    )


def _because(finding: Finding) -> str:
    if finding.because:
        return finding.because
    return "follows the circuit inside" if not finding.tests else ""


def unit_of(name: str) -> str:
    """Unit of a compared quantity; a sum has the unit of its parts.

    Examples
    --------
    >>> unit_of("dram_bandwidth_gb_s + io_bandwidth_gb_s"), unit_of("exporter_role")
    ('GB/s', '')
    """
    units = {UNITS.get(part, "") for part in name.split(" + ")}
    return units.pop() if len(units) == 1 else ""


def _value(finding: Finding, place: str) -> Cell:
    value, line = finding.value, finding.threshold
    if value is None:
        spoken = finding.tests and not finding.because.startswith(SILENT)
        return Cell(text=UNKNOWN if spoken else NONE)
    if isinstance(value, bool | str):
        return Cell(text=str(value), value=value, source=place, basis="design")
    lines = [] if line is None or isinstance(line, bool | str) else [line]
    text = quantity_text(finding.quantity, value, lines)
    return Cell(text=text, value=value, source=place, basis="design")


def _line(line: Any, place: str) -> Cell:
    if line is None:
        return Cell(text=NONE)
    text = exact_text(line) if _is_number(line) else str(line)
    return Cell(text=text, value=line, source=place, basis="law")


def _margin(slack: JsonNumber | None, place: str) -> Cell:
    if slack is None:
        return Cell(text=NONE)
    return Cell(text=faithful(slack), value=slack, source=place, basis="derived")


def _share(slack: JsonNumber | None, line: Any) -> str:
    if slack is None or not _is_number(line) or not line:
        return ""
    share = Fraction(exactly(slack)) / Fraction(exactly(line))
    return percent(share, 2) if share < 1 else ""


def _nearest(findings: list[Finding], hidden: frozenset[str]) -> str:
    """The line with the smallest margin relative to itself."""
    near = [
        (abs(Fraction(exactly(f.slack)) / Fraction(exactly(f.threshold))), f)
        for f in findings
        if f.slack is not None and _is_number(f.threshold) and f.threshold
    ]
    if not near:
        return ""
    share, finding = min(near, key=lambda each: each[0])
    if finding.quantity in hidden or finding.slack is None:
        return f"nearest line {short(finding.paragraph)}, margin {WITHHELD}"
    number: Number = finding.slack
    unit = unit_of(finding.quantity)
    return (
        f"nearest line {short(finding.paragraph)}: "
        f"margin {faithful(number)} {unit} ({percent(share, 2)})"
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
