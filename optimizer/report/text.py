"""The result as a page to read: verdict first, then the cut, what binds, the proof.

Text and Markdown come from the same blocks and both mirror the JSON.
"""

from optimizer.report.aim import objective_of, unit_of
from optimizer.report.design_text import design_blocks, next_ranks
from optimizer.report.layout import Block, Heading, Lines, as_markdown, as_text
from optimizer.report.numbers import significant
from optimizer.report.parents_text import left_out, other_parents
from optimizer.report.result import Result
from optimizer.report.settings import DEFAULT_OBJECTIVE
from optimizer.report.words import NOT_ADVICE, VERDICTS, label, scope_words

_EXPLAIN = (
    "keep it with -o result.json; optimize explain result.json gives every minimal conflict, "
    "what to give up, and for each single line the least value that alone would be enough"
)


def as_report(result: Result) -> str:
    """The result as plain text of at most 80 columns."""
    return as_text(blocks(result))


def as_markdown_report(result: Result) -> str:
    """The result as Markdown."""
    return as_markdown(blocks(result))


def blocks(result: Result) -> list[Block]:
    """The parts of the page, in reading order."""
    parts: list[Block] = [*_verdict(result), *_assumptions(result)]
    if result.designs:
        aim = objective_of(result)
        parts += design_blocks(result.designs[0], aim)
        parts += next_ranks(result.designs, aim, result.inputs.get("options", {}))
    else:
        parts += _nothing(result)
    parts += [*_proof(result), *other_parents(result), *left_out(result), *_close(result)]
    return parts


def _verdict(result: Result) -> list[Block]:
    rules = result.inputs["rules"]
    scope = scope_words(rules)
    if not result.designs:
        words = {
            "infeasible": f"NO FEASIBLE DESIGN {scope}",
            "undecided": f"NOT DECIDED {scope}",
        }
        head = words.get(result.status, f"NO DESIGN {scope}")
    else:
        best = result.designs[0]
        head = f"{VERDICTS[best.verdict]} {scope}"
    checked = rules.get("last_checked")
    law = (f"law as last checked on {checked}",) if checked else ()
    return [Heading(head, 1), Lines((_standing(result), *law, NOT_ADVICE))]


def _standing(result: Result) -> str:
    """How far the answer can be relied on, in one line."""
    if not result.designs:
        return f"status {result.status}"
    best = result.designs[0]
    what = "proved optimal" if result.status == "optimal" else "best found, NOT PROVED optimal"
    aim = objective_of(result)
    what += "" if aim == DEFAULT_OBJECTIVE else f" for {label(aim)}"
    alone = f" of {best.parent} alone" if len(result.parents) == 1 else ""
    return f"verdict {best.verdict}, tier {best.tier or '-'}; {what}{alone} in projection"


def _assumptions(result: Result) -> list[Block]:
    lines = result.assumptions
    parts: list[Block] = [Heading("ASSUMES"), Lines(lines, bullet=True)] if lines else []
    if result.warnings:
        parts += [Heading("WARNINGS"), Lines(result.warnings, bullet=True)]
    return parts


def _nothing(result: Result) -> list[Block]:
    parts: list[Block] = []
    if result.reason and (not result.conflict or result.status != "infeasible"):
        parts += [Heading("WHY"), Lines((result.reason,))]
    if result.conflict:
        alone = len(result.conflict) == 1
        whose = "no design" if result.status == "infeasible" else "no design of a known die"
        head = f"CONFLICT: {whose} meets" + ("" if alone else " all of")
        parts += [Heading(head), Lines(result.conflict, bullet=True)]
    return parts


def _proof(result: Result) -> list[Block]:
    if not result.designs:
        return []
    stages = [f"{stage}: {state}" for stage, state in result.designs[0].proofs.items()]
    return [Heading("PROOF"), Lines((_proof_line(result), *stages))]


def _proof_line(result: Result) -> str:
    proof = result.certificate
    if proof is None or result.status != "optimal":
        return f"not proved over all parents: {result.reason}"
    level = f"{significant(proof.level)} {unit_of(objective_of(result))}"
    parents = [p.parent for p in result.parents if p.status == "optimal"]
    whom = parents[0] if len(parents) == 1 else f"any of the {len(parents)} ranked parents"
    count = len(proof.corners)
    return (
        f"no design of {whom} that meets the requirements exceeds {level} by more than "
        f"{proof.tolerance:.0e} of it ({count} {'corner' if count == 1 else 'corners'}, "
        "each checked by the exact solver)"
    )


def _close(result: Result) -> list[Block]:
    rules = result.inputs["rules"]["id"]
    if not result.designs:
        law = f"optimize rules show {rules}"
        asked = result.status == "infeasible" and objective_of(result) == DEFAULT_OBJECTIVE
        return [Heading("NEXT"), Lines((_EXPLAIN, law) if asked else (law,))]
    keep = "keep it with -o result.json; optimize replay result.json checks and proves it again"
    return [Heading("NEXT"), Lines((keep,))]
