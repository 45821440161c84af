"""Robust designs as a page to read."""

from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import percent, significant
from optimizer.report.robust import Robust, RobustChoice, RobustScenario
from optimizer.report.words import NOT_ADVICE

TITLES = {
    "safe": "SAFE under every scenario",
    "least_regret": "LEAST LARGEST REGRET",
    "best_expected": "BEST EXPECTED VALUE",
}


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
        "optimal": f"every answer proved; {found.solves} sets of scenarios solved",
        "feasible": "best found, NOT PROVED",
        "infeasible": "no design is lawful and serves the workload in any scenario",
    }[found.status]
    how = (
        f"parts on sale on {found.parts_on_sale}; throughput is projected; a design earns "
        "nothing in a scenario that controls it"
    )
    parts: list[Block] = [Heading(head, 1), Lines((proof, how, NOT_ADVICE))]
    parts += [Heading("SCENARIOS"), _scenarios(found)]
    for choice in found.choices:
        parts += _choice(choice)
    if found.remarks:
        parts += [Heading("MIND"), Lines(found.remarks, bullet=True)]
    parts += [Heading("ASSUMES"), Lines(found.assumptions, bullet=True)]
    if found.left_out:
        parts += [Heading("LEFT OUT"), Lines(found.left_out, bullet=True)]
    return parts


def _scenarios(found: Robust) -> Table:
    header = ("scenario", "weight", "own optimum", "parent", "price of safety", "law")
    rows = tuple(
        (
            s.name,
            percent(s.weight),
            significant(s.optimum),
            s.parent or "-",
            significant(s.price_of_safety),
            _law(s),
        )
        for s in found.scenarios
    )
    return Table(header, rows, frozenset({1, 2, 4}))


def _law(scenario: RobustScenario) -> str:
    return ", ".join((f"{scenario.rules} on {scenario.on}", *scenario.changes))


def _choice(choice: RobustChoice) -> list[Block]:
    speed, expected = choice.tokens_per_s_per_chip, choice.expected
    line = (
        f"{choice.parent}: {significant(speed)} tokens/s per chip, largest regret "
        f"{significant(choice.largest_regret)}, expected {significant(expected)}"
    )
    knobs = ", ".join(f"{name} {value}" for name, value in choice.knobs.items())
    rows = tuple(
        (name, verdict, significant(choice.regrets[name]))
        for name, verdict in choice.verdicts.items()
    )
    header = ("scenario", "verdict", "regret")
    return [
        Heading(TITLES[choice.kind]),
        Lines((line, knobs)),
        Table(header, rows, frozenset({2})),
    ]
