"""How a rule set is built: a bundle, a day and a user's changes give one frozen value."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from catalogs.errors import InputError, near_matches
from catalogs.load import read_toml
from constraints.additions import additions, named
from constraints.expressions import (
    Compare,
    Expr,
    Literal,
    Name,
    Not,
    conjunction,
    disjunction,
    names,
    nnf,
    substitute,
)
from constraints.premises import (
    Choices,
    addressees,
    binds,
    cautions,
    premises,
    read_exporter,
    refuse_two_readings,
)
from constraints.quantities import KIND_OF_FACT, plain_number
from constraints.reach import Premise
from constraints.records import Clause, Threshold, Version
from constraints.rules import Law, condition, load_law
from constraints.rulesets import BY_DAY, Paragraph, Rule, Ruleset

ENGINEERING_FAMILY = "engineering"
CIRCUIT, CONTAINERS = "ic", ("assembly", "server")


class _Builder:
    """Puts the numbers into the texts of one day.

    `texts` are those that count; `known` are those of the day, from which numbers may be taken.
    """

    def __init__(
        self,
        law: Law,
        texts: Mapping[str, Version],
        known: Mapping[str, Version],
        changed: Mapping[str, Any],
    ) -> None:
        self.law, self.texts, self.known, self.changed = law, texts, known, changed
        self.by_meets = {pack.meets: pack.id for pack in law.packs.values()}
        self.built: dict[str, Rule] = {}
        self.open: list[str] = []

    def rule(self, rule_id: str) -> Rule:
        if rule_id in self.built:
            return self.built[rule_id]
        if rule_id in self.open:
            raise InputError(f"rules refer to each other in a circle: {' > '.join(self.open)}")
        self.open.append(rule_id)
        pack, version = self.law.packs[rule_id], self.texts[rule_id]
        owners = {
            name: self.law.threshold(f"{rule_id}.{name}", self.known) for name in version.thresholds
        }
        values = {
            name: self.changed.get(path, owner.value) for name, (path, owner) in owners.items()
        }
        paragraphs = self.clauses(rule_id, version.paragraphs, values)
        exclusions = self.clauses(rule_id, version.exclusions, values)
        alone = conjunction(
            disjunction(*(each.expr for each in paragraphs)),
            *(nnf(Not(each.expr)) for each in exclusions),
        )
        earlier = [self.rule(other).meets for other in pack.after if other in self.texts]
        self.open.remove(rule_id)
        self.built[rule_id] = Rule(
            pack=pack, version=version, thresholds=values, owners=owners,
            paragraphs=paragraphs, exclusions=exclusions, guard=_is_one_of(pack.items),
            alone=alone, meets=conjunction(alone, *(nnf(Not(each)) for each in earlier)),
        )  # fmt: skip
        return self.built[rule_id]

    def clauses(
        self, rule_id: str, clauses: tuple[Clause, ...], values: Mapping[str, Any]
    ) -> tuple[Paragraph, ...]:
        found = []
        for clause in clauses:
            expr = condition(clause.condition)
            others = {name: self.meets(name) for name in names(expr) if name in self.by_meets}
            put_in = substitute(expr, {**values, **others})
            found.append(Paragraph(f"{rule_id}.{clause.id}", clause, put_in))
        return tuple(found)

    def meets(self, name: str) -> Expr:
        """Another rule's catch: of the item itself, or of the circuit that it contains."""
        rule_id = self.by_meets[name]
        if rule_id not in self.texts:
            return Literal(False)
        items = self.law.packs[rule_id].items
        kinds = (*items, *CONTAINERS) if CIRCUIT in items else items
        return conjunction(_is_one_of(kinds), self.rule(rule_id).meets)


def _is_one_of(items: tuple[str, ...]) -> Expr:
    kinds = (Compare("==", Name(KIND_OF_FACT), Literal(item)) for item in items)
    return disjunction(*kinds) if items else Literal(True)


def _bundle(law: Law, spec: str, on: date | None) -> tuple[Law, Mapping[str, Any], date | None]:
    """Find the bundle that a name, a day or a file means."""
    if spec.startswith(BY_DAY):
        try:
            day = date.fromisoformat(spec.removeprefix(BY_DAY))
        except ValueError:
            remedy = "Write it as us@2024-06-01."
            raise InputError(f"'{spec}' names no day", "--rules", remedy) from None
        if on not in (None, day):
            raise InputError(f"{spec} and --on {on} name two days", "--rules", "Give one of them.")
        return law, law.bundles["us"], day
    if spec.endswith(".toml"):
        table = read_toml(Path(spec))
        if "versions" not in table:
            return law, table, on
        law = load_law((*law.added, Path(spec)))
        return law, {"title": table.get("title", spec), "packs": [table["id"]]}, on
    if spec not in law.bundles:
        named = [name for name in law.bundles if name != "us"]
        remedy = near_matches(spec, named) or f"Rule sets: {', '.join(named)}, us@DATE, or a file."
        raise InputError(f"unknown rule set '{spec}'", "--rules", remedy)
    return law, law.bundles[spec], on


def _day(law: Law, spec: str, bundle: Mapping[str, Any], on: date | None) -> date:
    day = on or bundle.get("default_on") or law.last_checked["date"]
    first, last = bundle.get("first_day"), bundle.get("last_day")
    if (first and day < first) or (last and day > last):
        life = f"{first} to {last}" if last else f"{first} on"
        what = f"{day} is outside the life of {spec}, which is {life}"
        raise InputError(what, "--rules" if spec.startswith(BY_DAY) else "--on", _other(law, day))
    return day


def _other(law: Law, day: date) -> str:
    """Where the law of a day is found, if it is."""
    first = law.bundles[BY_DAY.removesuffix("@")]["first_day"]
    if day < first:
        return f"The law known here begins on {first}: use --rules {BY_DAY}{first} or a later day."
    return f"Use --rules {BY_DAY}{day}."


def _texts(
    law: Law, bundle: Mapping[str, Any], day: date, choices: Choices
) -> tuple[dict[str, Version], dict[str, Version]]:
    """Text of each rule of the set, whomever it binds, and of each rule that there is."""
    users = [each.id for each in law.packs.values() if Path(each.file) in law.added]
    asked = {*named(law, choices.with_, "--with"), *users}
    listed = {*named(law, (*bundle["packs"], ENGINEERING_FAMILY), "packs"), *asked}
    listed -= {*named(law, tuple(bundle.get("without", ())), "without")} - asked
    listed -= {*named(law, choices.without, "--without")}
    counted, known = {}, {}
    for pack in law.packs.values():
        text = pack.version_on(day) if pack.id not in asked else pack.version_by_name(day)
        if pack.id in listed and text is not None:
            counted[pack.id] = text
        if (there := text or pack.version_by_name(day)) is not None:
            known[pack.id] = there
    return counted, known


def _changes(
    law: Law, texts: Mapping[str, Version], known: Mapping[str, Version], set_: Mapping[str, str]
) -> dict[str, Any]:
    """Read ``--set``: each names the owner of a threshold and gives its new value."""
    used = {
        law.threshold(f"{rule_id}.{name}", known)[0]
        for rule_id, text in texts.items()
        for name in text.thresholds
    }
    found: dict[str, Any] = {}
    for path, text in set_.items():
        owner, threshold = law.threshold(path, known)
        if owner != path:
            remedy = f"Set {owner}; every clause that repeats it follows."
            raise InputError(f"'{path}' repeats {owner}", "--set", remedy)
        if path not in used:
            near = near_matches(path, used) or "See 'optimize rules show'."
            raise InputError(f"'{path}' moves nothing in this rule set", "--set", near)
        found[path] = _new_value(path, text, threshold)
    return found


def _new_value(path: str, text: str, threshold: Threshold) -> Any:
    day = isinstance(threshold.value, date)
    if day:
        with suppress(ValueError):
            return date.fromisoformat(text)
    elif (value := plain_number(text.strip())) is not None and value >= 0:
        return value
    now = f"It is {threshold.value} {threshold.unit}".rstrip()
    remedy = f"{now}; give a {'day' if day else 'plain number, 0 or more'}."
    raise InputError(f"'{text}' is no value for {path}", "--set", remedy)


def build(law: Law, spec: str, on: date | None, choices: Choices) -> Ruleset:
    """Rules in force on a day, with the user's changes.

    Parameters
    ----------
    spec : str
        ``us-2025``, ``us@2024-06-01``, or a file: a bundle or a single rule.
    on : date, optional
        Day of the law; the bundle has a default and a life.
    choices : Choices
        Overrides, additions, omissions, exporter, margin.

    Raises
    ------
    InputError
        Unknown name, day outside the life, malformed override.
    """
    files = tuple(Path(name) for name in choices.with_ if name.endswith(".toml"))
    if files:
        law = load_law((*law.added, *files))
        kept = tuple(name for name in choices.with_ if not name.endswith(".toml"))
        choices = replace(choices, with_=kept)
    own = law
    law, bundle, on = _bundle(law, spec, on)
    day = _day(law, spec, bundle, on)
    choices = replace(choices, exporter=read_exporter(law, choices.exporter))
    listed, known = _texts(law, bundle, day, choices)
    texts = {each: text for each, text in listed.items() if binds(text, choices.exporter)}
    refuse_two_readings(law, (*choices.with_, *bundle["packs"]), texts)
    before, _ = _texts(law, bundle, day, replace(choices, with_=()))
    added = additions(own, choices.with_, day, texts, before)
    choices = replace(choices, with_=added.words)
    changed = _changes(law, texts, known, choices.set_)
    letters = addressees(listed, law)
    parts = _Parts(law, bundle, spec, day, texts, known, letters, choices, added.notes)
    return _assembled(parts, changed, {})


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a rule set is put together from, kept so that another can be made of it."""

    law: Law
    bundle: Mapping[str, Any]
    spec: str
    day: date
    texts: Mapping[str, Version]
    known: Mapping[str, Version]
    letters: tuple[str, ...]
    choices: Choices
    notes: tuple[str, ...]


def _assembled(parts: _Parts, changed: Mapping[str, Any], further: Mapping[str, Any]) -> Ruleset:
    """The rule set with some thresholds changed."""
    law, choices, texts = parts.law, parts.choices, parts.texts
    for path in further:
        owner, _ = law.threshold(path, parts.known)
        if owner != path:
            raise InputError(f"'{path}' repeats {owner}", remedy=f"Change {owner}.")
    values = {**changed, **further}
    builder = _Builder(law, texts, parts.known, values)
    added = {path: str(value) for path, value in further.items()}
    choices = replace(choices, set_={**choices.set_, **added})
    return Ruleset(
        id=parts.spec,
        title=parts.bundle.get("title", parts.spec),
        on=parts.day,
        rules=tuple(builder.rule(rule_id) for rule_id in texts),
        premises=(
            *premises(law, parts.bundle, texts, parts.day, choices),
            *map(Premise, parts.notes),
        ),
        last_checked=law.last_checked["date"],
        last_checked_text=law.last_checked["text"],
        open_points=tuple(e["text"] for e in law.open_points if e["from"] <= parts.day),
        overrides=dict(choices.set_),
        exporter=choices.exporter,
        margin=choices.margin,
        vocabulary=law.vocabulary,
        rebuild=partial(_assembled, replace(parts, choices=choices), values),
        cautions=tuple(cautions(law, texts, parts.letters, choices.exporter)),
        changes=tuple(choices.words()),
    )
