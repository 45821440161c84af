"""Each paragraph of the law beside one item: the test, the sum, the line and the distance to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constraints.expressions import (
    BinOp,
    Compare,
    Expr,
    Literal,
    Name,
    Number,
    atoms,
    compiled,
    names,
    render,
    substitute,
)
from constraints.figures import exactly, shown
from constraints.remarks import ROLE
from constraints.rules import MEETS, condition
from constraints.rulesets import PRESUMPTION, Paragraph, Rule, Ruleset

WORDS = {True: "controlled", False: "not_controlled", None: "undetermined"}
# How a reason begins that keeps a whole rule from speaking of the item or the destination.
UNREACHED = "does not reach"
SILENT = ("speaks of", UNREACHED, "asked only")


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a paragraph.

    Attributes
    ----------
    text : str
        As the paragraph has it, with the names of its thresholds.
    arithmetic : str
        The sum behind the value: ``2,368 / 814 = 2.9091``; empty where the value is given.
    slack : Fraction or None
        Distance from the value to the line, never negative; exact. [unit of the quantity]
    """

    text: str
    quantity: str
    arithmetic: str
    value: Any
    op: str
    threshold: Any
    holds: bool | None
    slack: Fraction | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one paragraph says of the item.

    Attributes
    ----------
    verdict : str
        Of this paragraph: ``controlled``, ``not_controlled`` or ``undetermined``.
    meets : bool or None
        Whether the item is what the paragraph describes, whatever the destination.
    because : str
        What overrides the condition: an exclusion, an earlier rule, the kind of item, the scope.
    quantity, value, threshold, slack, arithmetic
        Of the deciding test: the limb farthest from its line where the paragraph does not catch
        the item, the one nearest to it where it does.
    version, source, url : str
        The text of the rule: its amendment, where that is printed, and an address of it.
    grade : str
        Weakest evidence among the facts used; empty where the facts carry none.
    classifies : bool
        Whether the rule names an ECCN, which an item keeps to every destination.
    """

    rule: str
    paragraph: str
    verdict: str
    meets: bool | None
    because: str
    condition: str
    tests: tuple[Test, ...]
    quantity: str
    value: Any
    threshold: Any
    slack: Fraction | None
    arithmetic: str
    citation: str
    version: str
    source: str
    url: str
    confidence: str
    grade: str
    note: str
    classifies: bool

    @property
    def silent(self) -> bool:
        """Whether the paragraph says nothing of this item: not its control, not its ECCN."""
        quiet = UNREACHED if self.classifies else ""
        return self.because.startswith(SILENT) and not (quiet and self.because.startswith(quiet))


@dataclass(frozen=True, slots=True)
class View:
    """An item under a rule set, seen from one destination; facts are completed."""

    rules: Ruleset
    whole: Mapping[str, Any]
    destination: str
    headquarters: str | None
    grades: Mapping[str, str]

    def truth(self, expr: Expr) -> Any:
        """Value of an expression for this item."""
        return compiled(expr)(self.whole)


def findings(view: View, kinds: tuple[str, ...]) -> tuple[Finding, ...]:
    """One finding per paragraph of every rule of these kinds, in reading order."""
    return tuple(
        _finding(view, rule, paragraph)
        for rule in view.rules.rules
        if rule.kind in kinds
        for paragraph in rule.paragraphs
    )


def _aside(view: View, rule: Rule) -> tuple[str, bool | None]:
    """What takes an item out of a rule, and whether it surely does: ``False`` if nothing does."""
    if rule.kind == PRESUMPTION and view.whole.get(ROLE) is None:
        return "asked only of fabricators and packagers", True
    if view.truth(rule.guard) is False:
        return "speaks of " + ", ".join(rule.pack.items), True
    doubts = [] if view.truth(rule.guard) else ["the kind of item is open"]
    for exclusion in rule.exclusions:
        match view.truth(exclusion.expr):
            case True:
                return exclusion.clause.id, True
            case None:
                doubts.append(f"{exclusion.clause.id} is open")
    for other in rule.pack.after:
        earlier = view.rules.rule(other)
        held = view.truth(earlier.meets) if earlier is not None else False
        if held:
            return f"{other} comes first", True
        doubts += [f"{other} may come first"] if held is None else []
    return ", ".join(doubts), None if doubts else False


def _finding(view: View, rule: Rule, paragraph: Paragraph) -> Finding:
    named = _named(rule, paragraph)
    tests = tuple(_tests(view, paragraph, named))
    held = view.truth(paragraph.expr)
    because, out = _aside(view, rule)
    about = out is not True or not because.startswith(SILENT)
    meets = False if held is False or out else None if held is None or out is None else True
    because = because if held is not False or not about else ""
    inside = not about or rule.reaches(view.destination, view.headquarters, view.rules.on)
    if not inside:
        because = f"{UNREACHED} {view.destination}" + (f"; {because}" if because else "")
    truth = meets if inside else False
    decisive = _decisive(tests, held)
    used = {
        root
        for name in names(paragraph.expr)
        for root in (name, *view.rules.vocabulary.roots(name))
    }
    return Finding(
        rule=rule.id,
        paragraph=paragraph.id,
        verdict=WORDS[truth],
        meets=meets,
        because=because,
        condition=render(named),
        tests=tests,
        quantity=decisive.quantity if decisive else "",
        value=decisive.value if decisive else None,
        threshold=decisive.threshold if decisive else None,
        slack=decisive.slack if decisive else None,
        arithmetic=decisive.arithmetic if decisive else "",
        citation=paragraph.clause.cite or rule.version.citation.text,
        version=rule.version.id,
        source=rule.version.citation.text,
        url=rule.version.citation.url,
        confidence=rule.version.confidence,
        grade=max((view.grades[name] for name in used if name in view.grades), default=""),
        note=paragraph.clause.note if truth else "",
        classifies=bool(rule.version.eccn),
    )


def _named(rule: Rule, paragraph: Paragraph) -> Expr:
    """Condition with its thresholds as numbers but other rules still by name."""
    return substitute(condition(paragraph.clause.condition), rule.thresholds)


def _tests(view: View, paragraph: Paragraph, named: Expr) -> list[Test]:
    found = []
    symbolic = condition(paragraph.clause.condition)
    for atom, numeric in zip(atoms(symbolic), atoms(named), strict=False):
        match numeric:
            case Compare(op, left, right):
                if not names(left):
                    op, left, right = FLIPPED[op], right, left
                found.append(_compared(view, render(atom), op, left, right))
            case Name(name) if not name.startswith(MEETS):
                value = view.whole.get(name)
                found.append(Test(name, name, "", value, "", None, value, None))
    return found


FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _compared(view: View, text: str, op: str, left: Expr, right: Expr) -> Test:
    value, line = view.truth(left), view.truth(right)
    numeric = isinstance(value, Fraction) and isinstance(line, Fraction)
    return Test(
        text=text,
        quantity=render(left),
        arithmetic=_arithmetic(view, left, value, line) if isinstance(value, Fraction) else "",
        value=value,
        op=op,
        threshold=line,
        holds=view.truth(Compare(op, left, right)),
        slack=abs(value - line) if numeric else None,
    )


def _arithmetic(view: View, expr: Expr, value: Fraction, line: Any) -> str:
    """Sum with the numbers put in; empty for a fact that is given as it stands."""
    if isinstance(expr, Name):
        whole = view.rules.vocabulary.definitions.get(expr.id)
        if whole is None or any(view.whole.get(name) is None for name in names(whole)):
            return ""
        expr = whole
    if not isinstance(expr, BinOp):
        return ""
    lines = [*view.rules.lines, *([line] if isinstance(line, Fraction) else [])]
    if view.truth(expr) != value:
        return ""
    return f"{_figures(view, expr)} = {shown(value, lines)}"


def _figures(view: View, expr: Expr) -> str:
    match expr:
        case BinOp(op, left, right):
            return f"{_figures(view, left)} {op} {_figures(view, right)}"
        case Number(value) | Literal(value):
            return exactly(value) if isinstance(value, Fraction) else str(value)
    value = view.truth(expr)
    return exactly(value, view.rules.lines) if isinstance(value, Fraction) else str(value)


def _decisive(tests: tuple[Test, ...], held: bool | None) -> Test | None:
    """The unknown test, the failing one farthest from its line, or the nearest one that holds.

    Of those that hold, one that ceases to hold as its value falls: more of it is controlled too.
    """
    wanted = [test for test in tests if test.holds is held]
    measured = [test for test in wanted if test.slack is not None and test.threshold]
    if held:
        measured = [test for test in measured if test.op in (">=", ">")] or measured
    if held is None or not measured:
        return next(iter(wanted), None)
    pick = min if held else max
    return pick(measured, key=lambda test: (test.slack or 0) / test.threshold)
