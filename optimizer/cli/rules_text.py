"""The law as text of at most 80 columns; the answers of ``optimize rules``."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from textwrap import wrap
from typing import Any

Row = dict[str, Any]

WIDTH = 79


def _number(value: Any, unit: str = "") -> str:
    from constraints.figures import shown

    if value is None:
        return "none"
    if unit == "year" or isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        return str(value)
    return shown(Fraction(value), [Fraction(value)])


def _fold(text: str, indent: int = 0, hang: int = 2) -> list[str]:
    pad = " " * indent
    return wrap(text, WIDTH, initial_indent=pad, subsequent_indent=pad + " " * hang) or [pad]


def list_lines(data: Row) -> list[str]:
    """Named rule sets and rules, by family."""
    lines = _fold(f"Rule sets (law last checked: {data['last_checked']})")
    for row in data["rulesets"]:
        life = f"{row['first_day']} to {row['last_day'] or '...'}"
        lines += _fold(f"{row['id']:8} {life:26} {row['title']}", 2, 36)
    lines.append("")
    for family in dict.fromkeys(row["id"].partition("/")[0] for row in data["rules"]):
        lines.append(family)
        for row in data["rules"]:
            if row["id"].partition("/")[0] == family:
                since = row["since"] or "no date"
                lines += _fold(f"{row['id']:34} {row['kind']:9} {row['status']:11} {since!s:10}", 2)
                lines += _fold(row["title"], 6, 0)
    return lines


def rule_lines(view: Row) -> Iterator[str]:
    """One text of a rule: places, paragraphs, numbers, references."""
    yield from _fold(f"{view['id']}  {view['title']}")
    days = ", ".join(
        f"{name} {view[name]}"
        for name in ("published", "effective", "compliance", "ended")
        if view[name]
    )
    yield from _fold(f"{view['kind']}, {view['status']}, version {view['version']}: {days}", 2)
    yield from _fold(f"versions {', '.join(view['versions'])}", 2)
    yield from _fold(f"{view['citation']['text']} (confidence {view['confidence']})", 2)
    if view["citation"]["url"]:
        yield f"  {view['citation']['url']}"
    if view["exporters"]:
        yield from _fold(f"binds {', '.join(view['exporters'])}", 2)
    yield from _fold(f"reaches {_scope_text(view['scope'])}", 2)
    for title in ("paragraphs", "exclusions"):
        if view[title]:
            yield f"{title}"
        for clause in view[title]:
            yield from _fold(clause["id"], 2)
            yield from _fold(clause["condition"], 4)
            if clause.get("outcome"):
                yield from _fold(f"-> {clause['outcome']}", 4)
            if clause.get("scope"):
                yield from _fold(f"reaches {_scope_text(clause['scope'])}", 4)
            yield from _fold(clause["cite"], 4)
    if view["thresholds"]:
        yield "thresholds"
    for row in view["thresholds"]:
        yield from _threshold_lines(row)
    for name, title in (
        ("refers_to", "refers to"),
        ("referred_to_by", "referred to by"),
        ("overcomes", "lifts"),
    ):
        if view[name]:
            yield from _fold(f"{title} {', '.join(view[name])}")
    for name in ("note", "open"):
        if view[name]:
            yield from _fold(f"{name}: {view[name]}")


def _threshold_lines(row: Row) -> Iterator[str]:
    unit = row["unit"]
    value = f"{_number(row['value'], unit)} {unit}"
    now = f", set to {_number(row['set_to'], unit)} {unit}" if "set_to" in row else ""
    if "text_value" in row:
        now = f" (set by you; the text says {_number(row['text_value'], unit)})"
    yield from _fold(f"{row['path']} = {value}{now}", 2)
    owner = f"repeats {row['owner']}; " if row.get("owner", row["path"]) != row["path"] else ""
    clause = f" ({row['clause']})" if row.get("clause") else ""
    moves = ", ".join(row["moves"]) or "no condition"
    yield from _fold(f"{owner}moves {moves}{clause}", 4)


def _scope_text(scope: Row | None) -> str:
    if scope is None or scope.get("worldwide"):
        return "every destination"
    words = []
    if scope.get("groups"):
        words.append("groups " + ", ".join(scope["groups"]))
    if scope.get("exclude_groups"):
        words.append("without " + ", ".join(scope["exclude_groups"]))
    if scope.get("countries"):
        words.append("and " * bool(words) + ", ".join(scope["countries"]))
    if scope.get("headquarters_groups"):
        words.append("any party seated in " + ", ".join(scope["headquarters_groups"]))
    return "; ".join(words) or "no destination"


def ruleset_lines(view: Row) -> Iterator[str]:
    """Rules in force in a rule set and every number, with what each moves."""
    yield from _fold(f"{view['id']} on {view['on']}  {view['title']}")
    yield from _fold(f"law last checked {view['last_checked']}; digest {view['digest'][:16]}", 2)
    for title in ("assumptions", "open_points"):
        for each in view[title]:
            yield from _fold(f"{title.rstrip('s').replace('_', ' ')}: {each}", 2)
    yield "rules"
    for row in view["rules"]:
        yield from _fold(f"{row['id']:34} {row['kind']:10} {row['status']:9} {row['version']}", 2)
        yield from _fold(row["citation"], 6, 0)
    yield "thresholds"
    for row in view["thresholds"]:
        yield from _threshold_lines(row)


def diff_lines(a: str, b: str, rows: Sequence[Row]) -> list[str]:
    """Two texts of the law, rule by rule: what came, what went, what moved."""
    if not rows:
        return [f"{a} and {b}: no difference"]
    lines = [f"{a} -> {b}"]
    for row in rows:
        lines += _fold(f"{row['change']:8} {row['id']}")
        lines += _moved_lines(row) if row["change"] == "changed" else _whole_lines(row["text"])
    return lines


def _whole_lines(text: Row) -> Iterator[str]:
    yield from _fold(text["citation"], 4)
    for name, value in text["thresholds"].items():
        yield from _fold(f"{name} = {_number(value, text['units'].get(name, ''))}", 4)


def _moved_lines(row: Row) -> Iterator[str]:
    for name, (old, new) in row.get("thresholds", {}).items():
        unit = row["units"].get(name, "")
        yield from _fold(f"{name}: {_number(old, unit)} -> {_number(new, unit)}", 4)
    for name, (old, new) in row.get("paragraphs", {}).items():
        yield from _fold(name, 4)
        yield from _fold(f"- {old}", 6) if old else []
        yield from _fold(f"+ {new}", 6) if new else []
    if "scope" in row:
        yield from _fold(f"reaches - {_scope_text(row['scope'][0])}", 4)
        yield from _fold(f"        + {_scope_text(row['scope'][1])}", 4, 10)


def event_lines(row: Row) -> list[str]:
    """One dated event and its citation."""
    head = f"{row['date']}  {row['event']:10} {row['id']}  ({row['status']})"
    return [*_fold(head), *_fold(row["what"], 12, 0), *_fold(row["citation"], 12, 0)]
