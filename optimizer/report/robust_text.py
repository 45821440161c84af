"""Robust designs as a page to read."""

from optimizer.projection.ratios import band_words, same_die
from optimizer.report.design_text import flag_blocks
from optimizer.report.estimates import drawn_words, ends_text, error_words, estimated
from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import percent, significant
from optimizer.report.ratio import SURE
from optimizer.report.result import JsonNumber
from optimizer.report.robust_document import Kind, Robust, RobustChoice, RobustScenario
from optimizer.report.words import NOT_ADVICE, interval, knobs_text, label, quantity_text, unit_of

TITLES = {
    "safe": "SAFE under every scenario",
    "least_regret": "LEAST LARGEST REGRET",
    "best_expected": "BEST EXPECTED VALUE",
}
_UNITS = (
    "own optimum, price of safety, regret and expected value are projected tokens/s per chip; a "
    "share is of the scenario's own optimum"
)
_GAP = (
    "gap: sure where the design is controlled, or the 80 % interval of its ratio to the scenario's "
    "own optimum leaves out 1"
)


def as_robust_text(found: Robust) -> str:
    """Robust designs as plain text of at most 80 columns."""
    return as_text(blocks(found))


def as_robust_markdown(found: Robust) -> str:
    """The same as Markdown."""
    return as_markdown(blocks(found))


def blocks(found: Robust) -> list[Block]:
    """The parts of the page, in reading order."""
    count = len(found.scenarios)
    head = f"ONE DESIGN for {count} {'scenario' if count == 1 else 'scenarios'}"
    head += f": {found.title}" if found.title else ""
    proof = {
        "optimal": f"every answer proved; sets of scenarios solved: {found.solves}",
        "feasible": "best found, NOT PROVED",
        "infeasible": "no design is lawful and serves the workload in any scenario",
    }[found.status]
    how = (
        f"parts on sale on {found.parts_on_sale}; throughput is projected; a design earns "
        "nothing in a scenario that controls it"
    )
    parts: list[Block] = [Heading(head, 1), Lines((proof, how, NOT_ADVICE))]
    parts += [Heading("SCENARIOS"), _scenarios(found), Lines((_UNITS,))]
    for place, choice in enumerate(found.choices):
        # Choices that are one design stand together, at the first of them.
        if not any(earlier.kind in choice.same_as for earlier in found.choices[:place]):
            parts += _choice(choice)
    if found.choices:
        parts += [
            Heading("READING THESE TABLES"),
            Lines((_GAP, band_words(same_die()), *_drawn(found))),
        ]
    if found.remarks:
        parts += [Heading("MIND"), Lines(found.remarks, bullet=True)]
    parts += [Heading("ASSUMES"), Lines(found.assumptions, bullet=True)]
    if found.warnings:
        parts += [Heading("WARNINGS"), Lines(found.warnings, bullet=True)]
    if found.left_out:
        parts += [Heading("LEFT OUT"), Lines(found.left_out, bullet=True)]
    return parts


def _scenarios(found: Robust) -> Table:
    header = (
        "scenario",
        "weight",
        "own optimum",
        "80 % interval",
        "parent",
        "price of safety",
        "law",
    )
    rows = tuple(
        (
            s.name,
            percent(s.weight),
            significant(s.optimum),
            interval(s.low, s.high),
            s.parent or "-",
            _with_share(s.price_of_safety, s.price_share),
            _law(s),
        )
        for s in found.scenarios
    )
    return Table(header, rows, frozenset({1, 2, 3, 5}))


def _with_share(value: JsonNumber | None, share: JsonNumber | None) -> str:
    return significant(value) + (f" ({_share(share)})" if value else "")


def _share(share: JsonNumber | None) -> str:
    return "-" if share is None else percent(share)


def _law(scenario: RobustScenario) -> str:
    return ", ".join((f"{scenario.rules} on {scenario.on}", *scenario.changes))


def _choice(choice: RobustChoice) -> list[Block]:
    line = (
        f"{choice.parent}: {significant(choice.tokens_per_s_per_chip)} tokens/s per chip, 80 % "
        f"interval {interval(choice.low, choice.high)}; largest regret "
        f"{significant(choice.largest_regret)}, expected {significant(choice.expected)}"
    )
    rows = tuple(
        (
            name,
            choice.verdicts[name],
            significant(regret),
            _share(choice.regret_shares[name]),
            SURE[choice.told_apart[name]],
        )
        for name, regret in choice.regrets.items()
    )
    titles = [_title(kind, choice) for kind in (choice.kind, *choice.same_as)]
    head = titles[0] if len(titles) == 1 else f"{', '.join(titles)}: one design"
    return [
        Heading(head),
        Lines((line, knobs_text(choice.knobs), *_estimates(choice))),
        Table(("scenario", "verdict", "regret", "share", "gap"), rows, frozenset({2, 3})),
        *_flags(choice),
    ]


def _title(kind: Kind, choice: RobustChoice) -> str:
    """Safe without more only where no source of the die area says otherwise."""
    on = " on the preferred facts" if kind == "safe" and choice.at_worst else ""
    return TITLES[kind] + on


def _flags(choice: RobustChoice) -> list[Block]:
    """What a solve says beside the design, after what the adverse claims make of its verdicts."""
    under: dict[str, list[str]] = {}
    for name, verdict in choice.at_worst.items():
        under.setdefault(verdict, []).append(f"'{name}'")
    worst = [f"{verdict} under {', '.join(names)}" for verdict, names in under.items()]
    said = "safe" if "safe" in (choice.kind, *choice.same_as) else "as above"
    head = f"{said} on the preferred facts; at the most adverse claims {'; '.join(worst)}"
    lines = (*((head,) if worst else ()), *choice.flags)
    return flag_blocks(lines)


def _estimates(choice: RobustChoice) -> tuple[str, ...]:
    """What models of the silicon estimate of a design, with p10 to p90."""
    said = (
        f"{label(name)} {quantity_text(name, choice.quantities[name])} {unit_of(name)}".rstrip()
        + f" ({ends_text(name, choice.intervals[name])})"
        for name in estimated(choice.intervals)
    )
    text = ", ".join(said)
    return (f"estimated: {text}",) if text else ()


def _drawn(found: Robust) -> tuple[str, ...]:
    """What the intervals of these estimates are of, and how far their models err beside that."""
    errors = {choice.parent: choice.errors for choice in found.choices}
    names = estimated(name for choice in found.choices for name in choice.intervals)
    if not names:
        return ()
    figures = found.inputs["economics"]
    return (
        f"in parentheses after an estimate: {drawn_words(figures['draws'], figures['seed'])}",
        f"error of estimates out of sample beside that: {error_words(errors, names)}",
    )
