"""``optimize rules``: the law as data. List it, read it, compare it, date it, check your own."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode
from optimizer.cli.rules_text import (
    diff_lines,
    event_lines,
    list_lines,
    rule_lines,
    ruleset_lines,
)

if TYPE_CHECKING:
    from constraints.browse import Row
    from constraints.rules import Law

SCHEMA = "optimize-rules/1"
FORMATS = ("text", "json")

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=False,
    help="The law as data: list, show, diff, timeline, check.",
)


@app.command("list")
def list_(
    pack: opt.PackOption = None,
    format_: opt.PlainFormatOption = None,
    output: opt.PlainOutputOption = None,
) -> None:
    """List the named rule sets and every rule, with dates and status."""
    from constraints.browse import rule_rows, ruleset_rows

    law = _law(pack)
    data = {
        "last_checked": law.last_checked["text"],
        "rulesets": ruleset_rows(law),
        "rules": rule_rows(law),
    }
    _answer(data, list_lines(data), format_, output)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="A rule, a family, a rule set, or RULE@VERSION."),
    ],
    on: opt.OnOption = None,
    set_: opt.SetOption = None,
    with_: opt.WithOption = None,
    without: opt.WithoutOption = None,
    pack: opt.PackOption = None,
    format_: opt.PlainFormatOption = None,
    output: opt.PlainOutputOption = None,
) -> None:
    """Show paragraphs, thresholds with their clauses, citations, and what refers to what."""
    from constraints.browse import build_ruleset, find_rules, rule_view, ruleset_view

    law, day = _law(pack), _date(on)
    rule, _, mark = name.partition("@")
    moved = _settings(set_)
    if _is_ruleset(law, name):
        rs = build_ruleset(law, name, day, moved, tuple(with_ or ()), tuple(without or ()))
        view = ruleset_view(rs)
        _answer(view, list(ruleset_lines(view)), format_, output)
        return
    if with_ or without:
        _refuse("--with and --without", "change a rule set, not a rule")
    views = [rule_view(law, each, mark or day) for each in find_rules(law, rule)]
    _move(views, moved)
    lines = [line for view in views for line in (*rule_lines(view), "")]
    _answer(views[0] if len(views) == 1 else views, lines[:-1], format_, output)


@app.command()
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A rule set, a day, or RULE@VERSION.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Likewise.")],
    pack: opt.PackOption = None,
    format_: opt.PlainFormatOption = None,
    output: opt.PlainOutputOption = None,
) -> None:
    """Show which thresholds, paragraphs and places differ between two texts of the law."""
    from constraints.compare import differences

    law = _law(pack)
    rows = differences(_texts(law, a), _texts(law, b))
    data = {"a": a, "b": b, "differences": rows}
    _answer(data, diff_lines(a, b, rows), format_, output)


@app.command()
def timeline(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A rule or a family; all when absent.")
    ] = None,
    pack: opt.PackOption = None,
    format_: opt.PlainFormatOption = None,
    output: opt.PlainOutputOption = None,
) -> None:
    """Print the dated events of the law with their citations, oldest first."""
    from constraints.browse import timeline as events

    rows = events(_law(pack), name)
    _answer(rows, [line for row in rows for line in event_lines(row)], format_, output)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Pack files or folders; the built-in ones when absent."
        ),
    ] = None,
    format_: opt.PlainFormatOption = None,
    output: opt.PlainOutputOption = None,
) -> int:
    """Check pack files; every fault is reported at once."""
    from constraints.audit import faults
    from optimizer.cli.output import note

    found = faults(tuple(paths or ()))
    what = ", ".join(str(path) for path in paths) if paths else "the built-in packs"
    counted = f"faults in {len(found)} {'places' if len(found) > 1 else 'place'} of {what}"
    lines = [counted, *found] if found else [f"{what}: no fault"]
    _answer({"checked": what, "faults": found}, lines, format_, output)
    if found:
        note(f"error: {counted}")
    return ExitCode.USAGE if found else ExitCode.DONE


def _law(packs: Sequence[Path] | None) -> "Law":
    from constraints.rules import load_law

    return load_law(tuple(packs or ()))


def _refuse(what: str, why: str) -> None:
    from catalogs.errors import InputError

    raise InputError(f"{what} {why}")


def _date(text: str | None) -> date | None:
    from catalogs.errors import InputError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no day", "--on", "Write it as 2026-01-31.") from None


def _settings(pairs: Sequence[str] | None) -> dict[str, str]:
    from catalogs.errors import InputError

    found = {}
    for pair in pairs or ():
        path, equals, value = pair.partition("=")
        if not equals:
            raise InputError(
                f"'{pair}' has no value", "--set", "Write us_ear/3A090.a.tpp_ceiling=2400."
            )
        found[path.strip()] = value.strip()
    return found


def _is_ruleset(law: "Law", name: str) -> bool:
    return name in law.bundles or name.startswith("us@") or name.endswith(".toml")


def _texts(law: "Law", spec: str) -> Mapping[str, Any]:
    from constraints.browse import build_ruleset, find_rules, version_of
    from constraints.compare import Text, texts_of

    rule, at, mark = spec.partition("@")
    if rule not in law.packs:
        return texts_of(build_ruleset(law, spec))
    pack = find_rules(law, rule)[0]
    version = version_of(law, pack, mark if at else None)
    return {
        pack.id: Text(
            version, {k: each.value or each.ref for k, each in version.thresholds.items()}
        )
    }


def _move(views: Sequence["Row"], moved: Mapping[str, str]) -> None:
    """Put --set values into what is shown; each must name a threshold of these rules."""
    from catalogs.errors import InputError, near_matches

    rows = {row["path"]: row for view in views for row in view["thresholds"]}
    for path, value in moved.items():
        if path not in rows:
            raise InputError(f"no threshold '{path}' here", "--set", near_matches(path, rows))
        try:
            rows[path] |= {"set_to": Decimal(value)}
        except ArithmeticError:
            raise InputError(f"'{value}' is no number", f"--set {path}") from None


def _answer(data: Any, lines: Sequence[str], format_: str | None, output: Path | None) -> None:
    from optimizer.cli.output import emit, plan

    target = plan(output, format_, allowed=FORMATS)
    if target.format == "json":
        whole = {"schema": SCHEMA, **(data if isinstance(data, dict) else {"items": data})}
        emit(target, json.dumps(whole, indent=2, ensure_ascii=True, default=_plain))
    else:
        emit(target, "\n".join(lines))


def _plain(value: Any) -> Any:
    """JSON form of an exact value: a number where its text survives, else text."""
    if isinstance(value, Decimal | Fraction):
        number = int(value) if value == int(value) else float(value)
        return number if Fraction(str(number)) == Fraction(value) else str(value)
    return str(value)
