"""The explanation as a page to read."""

from collections.abc import Sequence

from optimizer.report.aim import UNITS, columns_of, left_out_of_the_interval
from optimizer.report.design_text import flag_blocks, why
from optimizer.report.explain_document import (
    Cure,
    Explanation,
    LimitCost,
    NotThis,
    ParentExplanation,
    Step,
)
from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import exact_text, outward_text, percent, significant, text_number
from optimizer.report.projection_text import gradient_blocks
from optimizer.report.ratio import SIGN_RULE, SURE, ratio_words
from optimizer.report.settings import DEFAULT_OBJECTIVE
from optimizer.report.words import (
    MOVED_LINES,
    NOT_ADVICE,
    binding_text,
    interval,
    knobs_text,
    label,
    scope_words,
    short,
)
from optimizer.solver.request import THROUGHPUT_PER_WATT

Projected = ParentExplanation | LimitCost | NotThis | Cure


def as_explanation_text(found: Explanation) -> str:
    """The explanation as plain text of at most 80 columns."""
    return as_text(blocks(found))


def as_explanation_markdown(found: Explanation) -> str:
    """The explanation as Markdown."""
    return as_markdown(blocks(found))


def blocks(found: Explanation) -> list[Block]:
    """The parts of the page, in reading order."""
    rules = found.inputs["rules"]
    scope = scope_words(rules)
    first = found.parents[0]
    if found.status == "infeasible":
        head = f"NO FEASIBLE DESIGN {scope}"
    elif found.status == "undecided":
        head = f"NOT DECIDED {scope}"
    else:
        head = f"{first.parent}: {_worth(first.value, first, found)}, {first.status} {scope}"
    again = () if found.reproduced is not False else ("the stored answer did NOT come back",)
    parts: list[Block] = [Heading(head, 1), Lines((*again, NOT_ADVICE))]
    for parent in found.parents:
        match parent.status:
            case "infeasible" | "unranked":
                parts += _infeasible(parent)
            case "undecided" | "left_out":
                parts += [
                    Heading(f"WHY {parent.parent} has no answer"),
                    Lines((str(parent.reason),)),
                ]
            case _:
                parts += _best(parent, found)
    if found.unanswered:
        parts += [Heading("DIES WITHOUT AN ANSWER"), Lines(found.unanswered, bullet=True)]
    parts += [Heading("ASSUMES"), Lines(found.assumptions, bullet=True)]
    if found.warnings:
        parts += [Heading("WARNINGS"), Lines(found.warnings, bullet=True)]
    return parts


def _worth(value: float | None, of: Projected, found: Explanation) -> str:
    """Value of the objective where that is not throughput, and the throughput with its interval."""
    own = f"{significant(value)} {found.unit}, at "
    return f"{'' if found.objective == DEFAULT_OBJECTIVE else own}{_speed(of)}"


def _speed(of: Projected) -> str:
    return (
        f"{significant(of.tokens_per_s_per_chip)} {UNITS[DEFAULT_OBJECTIVE]} projected "
        f"(80 % interval {interval(of.low, of.high)})"
    )


def _best(parent: ParentExplanation, found: Explanation) -> list[Block]:
    closed = tuple(binding_text(b) for b in parent.binding if b.by)
    ended = ", ".join(label(b.knob) for b in parent.binding if not b.by)
    parts: list[Block] = [Heading("WHAT BINDS"), Lines(closed or ("no line",), bullet=True)]
    if ended:
        parts.append(Lines((f"at the parent's end: {ended}",)))
    parts += _steps(parent.steps, found.objective)
    if parent.costs:
        lines = tuple(
            f"without {c.limit}: {_worth(c.after, c, found)}, "
            f"+{percent(c.after / c.before - 1)}{_unsure(c.told_apart)}"
            for c in parent.costs
        )
        parts += [Heading("WHAT EACH OF YOUR LIMITS COSTS"), Lines(lines, bullet=True)]
    if parent.gradients:
        parts += gradient_blocks({name: dict(each) for name, each in parent.gradients.items()})
    parts += flag_blocks(parent.flags)
    if parent.not_had:
        parts += [Heading("NOT WORKED OUT"), Lines(parent.not_had, bullet=True)]
    if parent.why_not is not None:
        parts += [*_why_not(parent.why_not, found), *flag_blocks(parent.why_not.flags)]
    return parts


def _steps(steps: Sequence[Step], objective: str) -> list[Block]:
    if not steps and objective == THROUGHPUT_PER_WATT:
        return []
    if not steps:
        return [Heading("NEXT STEPS"), Lines(("no threshold or limit changes this answer",))]
    rows = tuple(
        (
            s.line,
            exact_text(s.value),
            f"{'up to' if s.direction == 'up' else 'down to'}"
            f"{'' if s.at_or_beyond == 'at' else ' beyond'} "
            f"{outward_text(s.breakpoint, upward=s.direction == 'up')}",
            *([] if objective == DEFAULT_OBJECTIVE else [significant(s.after) if s.after else "-"]),
            significant(s.tokens_per_s_per_chip) if s.after else "none left",
            interval(s.low, s.high),
            _signed(s.change, s.before),
            "-" if s.per_unit is None else significant_signed(s.per_unit),
            SURE[s.told_apart],
        )
        for s in steps
    )
    speed = (*columns_of(objective), "tokens/s", "80 % interval")
    header = ("line", "now", "moves", *speed, "change", "per unit", "sign")
    note = (
        f"{MOVED_LINES}; nothing changes before a step: between the steps one unit is worth 0; "
        "per unit is the change over the distance to the step"
    )
    return [
        Heading("NEXT STEPS of thresholds and limits, exact"),
        Table(header, rows),
        Lines((note, SIGN_RULE, *left_out_of_the_interval(objective))),
    ]


def _unsure(told_apart: bool | None) -> str:
    return ", closer than the model can tell" if told_apart is False else ""


def significant_signed(value: float) -> str:
    """A number with its sign.

    Examples
    --------
    >>> significant_signed(0.125), significant_signed(-3.0)
    ('+0.125', '-3')
    """
    return ("+" if value >= 0 else "-") + significant(abs(value), 3)


def _signed(change: float, before: float) -> str:
    share = percent(abs(change) / before, 2)
    return f"{significant_signed(change)} ({'+' if change >= 0 else '-'}{share})"


def _why_not(found: NotThis, of: Explanation) -> list[Block]:
    head = Heading("WHY NOT the design that you named")
    parts: list[Block] = [head, Lines((knobs_text(found.knobs),))]
    if found.broken:
        told = tuple((short(f.paragraph), str(f.verdict), why(f)) for f in found.classification)
        parts.append(Lines(("it does not meet: " + "; ".join(found.broken),)))
        if told:
            parts.append(Table(("paragraph", "verdict", "why"), told))
        parts.append(Lines(found.limits, bullet=True))
        own = _worth(found.value, found, of)
        parts.append(Lines((f"were it allowed: {own}, {_against(found)}",)))
        return parts
    if found.tie:
        parts.append(
            Lines((f"it is equal in {of.objective}; the order of ties decides: {found.tie}",))
        )
        return parts
    parts.append(
        Lines(
            (
                f"it meets every requirement and is worth less: "
                f"{_worth(found.value, found, of)}, {_against(found)}",
            )
        )
    )
    rows = tuple(
        (
            s.resource,
            text_number(s.named),
            text_number(s.optimum),
            s.unit,
            _share(s.alone),
        )
        for s in found.shifts
    )
    header = ("resource", "named", "optimum", "unit", "alone")
    return [*parts, Table(header, rows, frozenset({1, 2}))]


def _against(found: NotThis) -> str:
    """Beside the optimum, with the interval of the ratio."""
    said = f"{_share(found.change)} against the optimum"
    if found.ratio is None:
        return said
    return f"{said}; 80 % interval of their ratio {ratio_words(found.ratio)}"


def _share(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}{percent(abs(value), 2)}"


def _infeasible(parent: ParentExplanation) -> list[Block]:
    whole = "every minimal set" if parent.complete else "NOT COMPLETE, see LEFT OUT"
    parts: list[Block] = [Heading(f"CONFLICTS of {parent.parent}, {whole}")]
    if parent.reason:
        parts.append(Lines((parent.reason,)))
    parts.append(Lines(tuple(" with ".join(c) for c in parent.conflicts), bullet=True))
    if parent.corrections:
        lines = tuple(" and ".join(c) for c in parent.corrections)
        parts += [Heading("GIVING UP any one of these sets is enough"), Lines(lines, bullet=True)]
    able = tuple(_cure(c) for c in parent.cures if c.needed is not None)
    if able:
        parts += [
            Heading("MOVING one line alone is enough, at the least"),
            Lines(able, bullet=True),
        ]
    elif all(c.settled for c in parent.cures):
        parts.append(Lines(("no single threshold or limit is enough by itself",)))
    if parent.left_out:
        head = Heading("LEFT OUT: what the search did not settle")
        parts += [head, Lines(parent.left_out, bullet=True)]
    return parts


def _cure(cure: Cure) -> str:
    """Where a line has to stand, rounded so that it suffices when it is typed back."""
    now, needed = cure.value, cure.needed
    before, there = "", str(needed)
    if isinstance(now, int | float) and isinstance(needed, int | float):
        before, there = f" from {exact_text(now)}", outward_text(needed, upward=needed > now)
    said = f"{cure.line}{before} {'to' if cure.at_or_beyond == 'at' else 'beyond'} {there}"
    if cure.tokens_per_s_per_chip is None:
        return f"{said}; the best throughput is not settled"
    return f"{said}: {_speed(cure)}"
