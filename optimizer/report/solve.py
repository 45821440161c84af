"""From settings to a result: load what is asked for, solve, and write the document."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs import Catalog
from catalogs.economics_overlay import Override, read_overrides, replaced
from catalogs.errors import InputError, near_matches
from catalogs.load import load_catalog
from constraints import Ruleset, load_law
from constraints.quantities import unknown_fact
from optimizer.report.files import read_json
from optimizer.report.margins import with_lines
from optimizer.report.result import Result
from optimizer.report.settings import (
    Settings,
    read_country,
    read_day,
    read_margin,
    read_pairs,
    read_paths,
    read_share,
)

if TYPE_CHECKING:
    from optimizer.silicon.uncertainty import Draws
    from optimizer.solver.goals import Stage
    from optimizer.solver.request import Request


@dataclass(frozen=True, slots=True)
class Case:
    """Settings with everything that they name, loaded and resolved."""

    settings: Settings
    catalog: Catalog
    ruleset: Ruleset
    request: "Request"
    overrides: tuple[Override, ...] = ()
    stages: "tuple[Stage, ...]" = ()

    @property
    def draws(self) -> "Draws":
        """Draws behind the intervals of silicon estimates."""
        from optimizer.silicon.uncertainty import Draws

        return Draws.of(self.settings.draws, self.settings.seed)


def solve(rules: str, *, parents: Sequence[str] = (), **settings: Any) -> Result:
    """Find and prove the best derived SKU outside every control of a rule set.

    Parameters
    ----------
    rules : str
        Rule set (``us-2025``), rule set on a day (``us@2024-06-01``) or a rule file.
    parents : sequence of str
        Die ids; every cataloged die when empty.
    **settings
        Further fields of `optimizer.report.settings.Settings`: ``workload``, ``limits``,
        ``margin``, ``top`` ...

    Returns
    -------
    Result
        The document ``optimize-result/1``.

    Examples
    --------
    >>> solve("us-2025", parents=["gb202"]).status              # doctest: +SKIP
    'optimal'
    """
    values = {name: _tupled(value) for name, value in settings.items()}
    return solve_settings(Settings(rules=rules, parents=tuple(parents), **values))


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def solve_settings(settings: Settings, *, ambient: bool = True) -> Result:
    """Solve a request and build its document.

    Parameters
    ----------
    settings : Settings
        The request.
    ambient : bool
        Whether catalog overlays of the surroundings are read too; a replay reads none.
    """
    case = load_case(settings, ambient=ambient)
    from optimizer.report.build import build_result
    from optimizer.report.schedule import answers

    return build_result(answers(case.request, case.catalog, settings.time_limit_s), case)


def load_case(settings: Settings, *, ambient: bool = True) -> Case:
    """Load catalog, law and workload, and form the request."""
    from optimizer.projection.answer import open_workload
    from optimizer.projection.serving import DEFAULT_STACK
    from optimizer.silicon.uncertainty import Draws
    from optimizer.solver.request import Fix, Limit, Request

    limits = tuple(Limit.parse(text) for text in settings.limits)
    fixes = tuple(Fix.parse(text) for text in settings.fixes)
    ruleset = ruleset_of(settings)
    overrides = tuple(read_overrides(settings.economics))
    catalog = load_catalog(read_paths(settings.catalog), ambient=ambient)
    request = Request(
        ruleset=ruleset,
        workload=open_workload(settings.workload, catalog),
        stack=DEFAULT_STACK if settings.stack is None else settings.stack,
        parents=tuple(dict.fromkeys(catalog.die(name).id for name in settings.parents)),
        destination=read_country(settings.destination),
        datacenter=settings.datacenter,
        objective=_objective(settings.objective),
        limits=limits,
        fixes=fixes,
        top=settings.top,
        sustained=settings.sustained,
        figures=replaced(overrides) if overrides else None,
        diverse=read_share(settings.diverse, "--diverse"),
        facts=read_facts(settings.facts, ruleset),
    )
    if request.diverse is not None and not (request.diverse > 0 and request.top > 1):
        raise InputError(
            "picks among several designs by how much they differ",
            "--diverse",
            "Give a share above 0, such as 2%, and --top 2 or more",
        )
    if request.diverse is not None and len(request.parents) != 1:
        raise InputError(
            "designs that differ are picked on one die", "--diverse", "Give a --parent"
        )
    Draws.of(settings.draws, settings.seed)  # refused before anything is solved
    _refuse_fixes(request, catalog)
    staged, stages = _in_order(settings, request, catalog)
    return Case(settings, catalog, ruleset, staged, overrides, stages)


def _in_order(
    settings: Settings, request: "Request", catalog: Catalog
) -> "tuple[Request, tuple[Stage, ...]]":
    """The request with the levels of its goals, where it has more goals than one."""
    within = read_share(settings.within, "--within")
    if not settings.then:
        if within is not None:
            raise InputError("a share of what for which goal", "--within", "Give --then power_w")
        return request, ()
    from optimizer.solver.goals import in_order

    if settings.time_limit_s is not None or settings.diverse is not None:
        option = "--time-limit" if settings.diverse is None else "--diverse"
        raise InputError("goals in order are solved to the end, for one design", option)
    return in_order(request, settings.then, within or Fraction(0), catalog)


def _refuse_fixes(request: "Request", catalog: Catalog) -> None:
    """Refuse a fix that no die asked for can take; one that some die lacks is a conflict there."""
    if not request.fixes:
        return
    from optimizer.design import DesignSpace
    from optimizer.solver.domains import refuse_foreign
    from optimizer.solver.optimize import space_of

    names = request.parents or tuple(catalog.dies)
    spaces = [space_of(request, catalog, name) for name in names]
    refuse_foreign(request.fixes, [each for each in spaces if isinstance(each, DesignSpace)])


def _objective(name: str) -> str:
    from optimizer.solver.request import OBJECTIVES

    if name not in OBJECTIVES:
        remedy = near_matches(name, OBJECTIVES) or f"Objectives: {', '.join(OBJECTIVES)}"
        raise InputError(f"unknown objective '{name}'", "--objective", remedy)
    return name


def read_facts(texts: Sequence[str], ruleset: Ruleset) -> tuple[tuple[str, Any], ...]:
    """Facts as typed, by name; those that a design has by itself are refused.

    Raises
    ------
    InputError
        An unknown name, a value that it cannot take, or what a design chooses or its die states.
    """
    from constraints.remarks import ROLE
    from optimizer.solver.column_reader import COLUMNS, CONSTANTS, LIVE_GPCS
    from optimizer.solver.request import NUMBERS

    stated = read_pairs(texts, "--fact")
    own = {*COLUMNS, *CONSTANTS, *NUMBERS, LIVE_GPCS, *ruleset.vocabulary.definitions}
    for name in stated:
        if name == ROLE:
            remedy = "Ask 'optimize check' of the part that you have in mind."
            raise InputError(f"'{name}' bears on a shipped part, not on a design", "--fact", remedy)
        if name in own:
            remedy = "Use --not-datacenter." if name == "datacenter" else "Use --limit or --fix."
            raise InputError(f"'{name}' follows from the design or its die", "--fact", remedy)
    return tuple(ruleset.vocabulary.read(stated).items())


def with_known_facts(asked: Sequence[Settings]) -> list[Settings]:
    """Several requests, each with those of its facts that some rule of its own can ask for.

    Raises
    ------
    InputError
        A fact that no request knows.
    """
    known = [ruleset_of(each).vocabulary.quantities for each in asked if each.facts]
    for name in read_pairs([text for each in asked[:1] for text in each.facts], "--fact"):
        if not any(name in names for names in known):
            raise unknown_fact(name, known[-1])
    return (
        [
            replace(
                each, facts=tuple(t for t in each.facts if t.partition("=")[0].strip() in names)
            )
            for each, names in zip(asked, known, strict=True)
        ]
        if known
        else list(asked)
    )


def ruleset_of(settings: Settings) -> Ruleset:
    """The rule set that the settings name, overrides and guard bands included."""
    law = load_law(read_paths(settings.packs))
    return with_lines(
        law.ruleset(
            settings.rules,
            on=read_day(settings.on),
            set_=read_pairs(settings.set_, "--set"),
            with_=settings.with_,
            without=settings.without,
            exporter=settings.exporter,
            margin=read_margin(settings.margin),
        )
    )


def read_result(path: Path | str) -> Result:
    """Read a result document from a file.

    Raises
    ------
    InputError
        Not JSON, not a result, or not of this version.
    """
    return Result.from_document(read_json(Path(path)), str(path))
