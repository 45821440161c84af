"""How robust designs are made: the file of scenarios, every scenario solved, the answer."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from catalogs.errors import InputError
from catalogs.load import read_toml
from catalogs.reading import validated
from constraints.check import Assessment, check
from optimizer.design import Design, DesignSpace
from optimizer.projection import Prepared, prepare
from optimizer.projection.ratios import RatioBand
from optimizer.report.canonical import plain
from optimizer.report.estimates import ends_of, errors_of
from optimizer.report.flags import at_worst, flags_of
from optimizer.report.frontier_points import quantities_of
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of
from optimizer.report.inputs import hashes_of, resolved_inputs
from optimizer.report.projected import speed_of
from optimizer.report.ratio import band_of, group_of, inside
from optimizer.report.robust_document import Kind, Robust, RobustChoice, RobustScenario
from optimizer.report.settings import Settings
from optimizer.report.solve import Case, load_case, with_known_facts
from optimizer.solver.checked import facts_of
from optimizer.solver.optimize import space_of
from optimizer.solver.requirements import requirements
from optimizer.solver.robust import Choice, RobustAnswer, Scenario, robust


class ScenarioFile(BaseModel):
    """One rule set that may come to apply, as the file states it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    rules: str
    weight: Decimal = Field(
        default=Decimal(1), gt=0, description="Relative; weights are scaled to 1."
    )
    on: dt.date | None = None
    set: dict[str, Decimal] = Field(default_factory=dict, description="Moved thresholds.")
    with_: tuple[str, ...] = Field(default=(), alias="with")
    without: tuple[str, ...] = ()
    exporter: str | None = None
    margin: tuple[str, ...] = ()


class ScenariosFile(BaseModel):
    """The file that ``optimize robust`` reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    parts_on_sale: dt.date | None = Field(
        default=None, description="Day whose parts the design is made of; the earliest if absent."
    )
    scenarios: tuple[ScenarioFile, ...]


def read_scenarios(path: Path) -> ScenariosFile:
    """Read and check a file of scenarios.

    Raises
    ------
    InputError
        Every fault at once.
    """
    found = validated(ScenariosFile, read_toml(path), str(path))
    if not found.scenarios:
        raise InputError("no [[scenarios]]", str(path), "Give one or more")
    names = [s.name for s in found.scenarios]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"the scenario '{twice[0]}' is there twice", str(path))
    return found


def robust_document(file: ScenariosFile, settings: Settings, kinds: Sequence[str]) -> Robust:
    """Solve every scenario and the robust questions.

    Parameters
    ----------
    file : ScenariosFile
    settings : Settings
        Parents, workload, limits, destination; its rule set is not read.
    kinds : sequence of str
        ``safe``, ``least_regret``, ``best_expected``.
    """
    asked = with_known_facts([_settings(settings, each) for each in file.scenarios])
    cases = [load_case(each) for each in asked]
    stated = dict(fact for case in cases for fact in case.request.facts)
    first = cases[0]
    first = replace(first, request=replace(first.request, facts=tuple(stated.items())))
    day = file.parts_on_sale or min(case.ruleset.on for case in cases)
    total = sum(Fraction(each.weight) for each in file.scenarios)
    scenarios = [
        Scenario(each.name, Fraction(each.weight) / total, case.request)
        for each, case in zip(file.scenarios, cases, strict=True)
    ]
    spaces, left_out = _spaces(first, day)
    prepared = prepare(first.request.workload, first.catalog, stack=first.request.stack)
    answer = robust(scenarios, spaces, prepared)
    names = [each.name for each in file.scenarios]
    inputs = resolved_inputs(first)
    inputs["scenarios"] = plain(file.model_dump(by_alias=True))
    return Robust(
        status=_status(answer),
        title=file.title,
        parts_on_sale=day.isoformat(),
        scenarios=tuple(
            _scenario(answer, i, case, each, prepared)
            for i, (case, each) in enumerate(zip(cases, file.scenarios, strict=True))
        ),
        choices=_choices(answer, cases, kinds, prepared),
        remarks=answer.remarks,
        solves=answer.solves,
        assumptions=_by_scenario([assumptions_of(case) for case in cases], names),
        warnings=_by_scenario(_warnings(answer, cases, kinds), names),
        left_out=left_out,
        inputs=inputs,
        hashes=hashes_of(inputs),
        versions=versions_of(first),
    )


def _settings(settings: Settings, each: ScenarioFile) -> Settings:
    return replace(
        settings,
        rules=each.rules,
        on=None if each.on is None else each.on.isoformat(),
        set_=tuple(f"{path}={value}" for path, value in each.set.items()),
        with_=each.with_,
        without=each.without,
        exporter=each.exporter,
        margin=each.margin,
    )


def _spaces(case: Case, day: dt.date) -> tuple[list[DesignSpace], tuple[str, ...]]:
    spaces, left_out = [], []
    for name in case.request.parents or tuple(sorted(case.catalog.dies)):
        space = space_of(case.request, case.catalog, name, day)
        if isinstance(space, DesignSpace):
            spaces.append(space)
        else:
            left_out.append(f"{name}: {space.reason}: {', '.join(space.missing)}".rstrip(": "))
    if not spaces:
        raise InputError("no parent has a design space", "--parent", "; ".join(left_out))
    return spaces, tuple(left_out)


def _by_scenario(said: Sequence[tuple[str, ...]], scenarios: Sequence[str]) -> tuple[str, ...]:
    """What is said of all scenarios; what not all share stands under the names of its own."""
    names: dict[str, list[str]] = {}
    for scenario, each in zip(scenarios, said, strict=True):
        for text in each:
            names.setdefault(text, []).append(scenario)
    every = len(scenarios)
    shared = (text for text, own in names.items() if len(own) == every)
    rest = (f"{', '.join(own)}: {text}" for text, own in names.items() if len(own) < every)
    return (*shared, *rest)


def _warnings(
    answer: RobustAnswer, cases: Sequence[Case], kinds: Sequence[str]
) -> list[tuple[str, ...]]:
    """What every scenario's checker says of the designs shown, and what was never measured."""
    designs = [choice.design for _, choice in _shown(answer, kinds)]
    found = []
    for case in cases:
        said = [text for design in designs for text in _checked(design, case).warnings]
        spaces = [design.space for design in designs]
        unstated = [name for space in spaces for name in requirements(case.request, space).unknown]
        found.append(warnings_of(case, spaces, said, unstated))
    return found


def _checked(design: Design, case: Case) -> Assessment:
    known = case.ruleset.vocabulary.known(facts_of(design, case.ruleset))
    return check(known, case.ruleset, case.request.destination)


def _status(answer: RobustAnswer) -> Literal["optimal", "feasible", "infeasible"]:
    if answer.least_regret is None:
        return "infeasible"
    return "optimal" if answer.proved else "feasible"


def _scenario(
    answer: RobustAnswer, index: int, case: Case, each: ScenarioFile, prepared: Prepared
) -> RobustScenario:
    scenario, own = answer.scenarios[index], answer.optima[index]
    price = None
    if own is not None and answer.safe is not None:
        price = own.value - answer.safe.value
    ends = speed_of(None if own is None else own.design, prepared)
    return RobustScenario(
        name=scenario.name,
        rules=case.settings.rules,
        on=case.ruleset.on.isoformat(),
        weight=float(scenario.weight),
        changes=(
            *(f"set {path}={value}" for path, value in each.set.items()),
            *(f"with {name}" for name in each.with_),
            *(f"without {name}" for name in each.without),
            *(f"margin {text}" for text in each.margin),
            *((f"exporter {each.exporter}",) if each.exporter else ()),
        ),
        optimum=None if own is None else own.value,
        low=ends["low"],
        high=ends["high"],
        parent=None if own is None else own.parent,
        knobs={} if own is None else plain(own.design.knobs()),
        price_of_safety=price,
        price_share=None if price is None or own is None else price / own.value,
    )


def _shown(answer: RobustAnswer, kinds: Sequence[str]) -> list[tuple[Kind, Choice]]:
    found: dict[Kind, Choice | None] = {
        "safe": answer.safe,
        "least_regret": answer.least_regret,
        "best_expected": answer.best_expected,
    }
    return [(kind, each) for kind, each in found.items() if each is not None and kind in kinds]


def _choices(
    answer: RobustAnswer, cases: Sequence[Case], kinds: Sequence[str], prepared: Prepared
) -> tuple[RobustChoice, ...]:
    return tuple(
        _choice(kind, choice, answer, cases, prepared) for kind, choice in _shown(answer, kinds)
    )


def _choice(
    kind: Kind, choice: Choice, answer: RobustAnswer, cases: Sequence[Case], prepared: Prepared
) -> RobustChoice:
    names = [s.name for s in answer.scenarios]
    said = (_checked(choice.design, case).verdict for case in cases)
    verdicts = dict(zip(names, said, strict=True))
    for (name, verdict), lawful in zip(verdicts.items(), choice.lawful, strict=True):
        if lawful and verdict != "not_controlled":
            raise RuntimeError(f"the checker calls the {kind} design {verdict} under {name}")
    ends = speed_of(choice.design, prepared)
    best = [None if own is None else own.value for own in answer.optima]
    bands = [
        None if own is None else band_of(cases[0], choice.parent, own.parent)
        for own in answer.optima
    ]
    return RobustChoice(
        kind=kind,
        same_as=_same_as(kind, choice, answer),
        parent=choice.parent,
        knobs=plain(choice.design.knobs()),
        quantities=quantities_of(choice.design),
        intervals=ends_of([choice.design], cases[0].draws)[0],
        errors=errors_of(choice.design.space),
        tokens_per_s_per_chip=choice.value,
        low=ends["low"],
        high=ends["high"],
        largest_regret=choice.regret,
        expected=choice.expected,
        verdicts=verdicts,
        at_worst=at_worst(choice.design, cases, verdicts),
        regrets=dict(zip(names, choice.regrets, strict=True)),
        regret_shares={
            name: regret / own if own else None
            for name, regret, own in zip(names, choice.regrets, best, strict=True)
        },
        told_apart={
            name: _sure(choice.value, own, lawful, band)
            for name, own, lawful, band in zip(names, best, choice.lawful, bands, strict=True)
        },
        ratio_bands=dict(zip(names, map(group_of, bands), strict=True)),
        flags=_by_scenario([flags_of(choice.design, case) for case in cases], names),
    )


def _same_as(kind: Kind, choice: Choice, answer: RobustAnswer) -> tuple[Kind, ...]:
    """Other choices that are this design too."""
    others = ((k, c) for k, c in _shown(answer, get_args(Kind)) if k != kind)
    return tuple(k for k, c in others if c.design == choice.design)


def _sure(value: float, own: float | None, lawful: bool, band: RatioBand | None) -> bool | None:
    """Whether the optimum of a scenario is faster beyond doubt; None where it is no faster."""
    if own is None or (lawful and value == own):
        return None
    near = inside(value, own, band)
    return True if not lawful else None if near is None else not near
