"""Robust designs as a document, ``optimize-robust/1``: the file of scenarios, and the answer."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalogs.errors import InputError, collected
from catalogs.load import read_toml
from constraints.check import check
from optimizer.design import DesignSpace
from optimizer.projection import prepare
from optimizer.report.build import assumptions_of, versions_of
from optimizer.report.canonical import plain, readable
from optimizer.report.frontier import quantities_of
from optimizer.report.inputs import hashes_of, resolved_inputs
from optimizer.report.own_figures import unread_figures
from optimizer.report.result import JsonNumber, Record, Value, Verdict
from optimizer.report.settings import Settings, read_day
from optimizer.report.solve import Case, load_case, ruleset_of
from optimizer.solver.column_reader import constants, live_gpcs
from optimizer.solver.optimize import space_of
from optimizer.solver.robust import Choice, RobustAnswer, Scenario, robust

SCHEMA: Literal["optimize-robust/1"] = "optimize-robust/1"
Number = int | Decimal


class ScenarioFile(BaseModel):
    """One rule set that may come to apply, as the file states it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    rules: str
    weight: Number = Field(default=1, gt=0, description="Relative; weights are scaled to 1.")
    on: dt.date | None = None
    set: dict[str, Number] = Field(default_factory=dict, description="Moved thresholds.")
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
    scenarios: tuple[ScenarioFile, ...] = Field(min_length=1)


class RobustChoice(Record):
    """A design and how it fares in every scenario."""

    kind: Literal["safe", "least_regret", "best_expected"]
    parent: str
    knobs: dict[str, Value]
    quantities: dict[str, JsonNumber | None]
    tokens_per_s_per_chip: JsonNumber = Field(description="Projected. [1/s]")
    largest_regret: JsonNumber = Field(description="Over the scenarios. [1/s per chip]")
    expected: JsonNumber = Field(description="Weighted, nothing where controlled. [1/s per chip]")
    verdicts: dict[str, Verdict] = Field(description="By scenario.")
    regrets: dict[str, JsonNumber] = Field(description="By scenario. [1/s per chip]")


class RobustScenario(Record):
    """One scenario and its own optimum."""

    name: str
    rules: str
    on: str
    weight: JsonNumber
    changes: tuple[str, ...] = Field(description="What differs from the rule set, as typed.")
    optimum: JsonNumber | None = Field(description="Projected, null if none. [1/s per chip]")
    parent: str | None
    knobs: dict[str, Value]
    price_of_safety: JsonNumber | None = Field(
        description="What the safe design has less than this optimum. [1/s per chip]"
    )


class Robust(Record):
    """The document ``optimize-robust/1``."""

    schema_: Annotated[Literal["optimize-robust/1"], Field(alias="schema")] = SCHEMA
    status: Literal["optimal", "feasible", "infeasible"]
    title: str
    parts_on_sale: str
    scenarios: tuple[RobustScenario, ...]
    choices: tuple[RobustChoice, ...]
    remarks: tuple[str, ...]
    solves: int
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]
    inputs: dict[str, Any]
    hashes: dict[str, str]
    versions: dict[str, str]

    def to_json(self) -> str:
        """The document as readable JSON."""
        return readable(self.model_dump(mode="python", by_alias=True))


def read_scenarios(path: Path) -> ScenariosFile:
    """Read and check a file of scenarios.

    Raises
    ------
    InputError
        Every fault at once.
    """
    try:
        found = ScenariosFile.model_validate(read_toml(path))
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(p) for p in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        ]
        raise collected(faults, str(path)) from None
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
    cases = [_case(settings, each) for each in file.scenarios]
    first = cases[0]
    day = file.parts_on_sale or min(case.ruleset.on for case in cases)
    total = sum(Fraction(each.weight) for each in file.scenarios)
    scenarios = [
        Scenario(each.name, Fraction(each.weight) / total, case.request)
        for each, case in zip(file.scenarios, cases, strict=True)
    ]
    spaces, left_out = _spaces(first, day)
    prepared = prepare(first.request.workload, first.catalog, stack=first.request.stack)
    answer = robust(scenarios, spaces, prepared)
    inputs = resolved_inputs(first)
    inputs["scenarios"] = plain(file.model_dump(by_alias=True))
    return Robust(
        status=_status(answer),
        title=file.title,
        parts_on_sale=day.isoformat(),
        scenarios=tuple(
            _scenario(answer, i, case, each)
            for i, (case, each) in enumerate(zip(cases, file.scenarios, strict=True))
        ),
        choices=_choices(answer, cases, kinds),
        remarks=answer.remarks,
        solves=answer.solves,
        assumptions=_assumptions(cases, [each.name for each in file.scenarios]),
        left_out=left_out,
        inputs=inputs,
        hashes=hashes_of(inputs),
        versions=versions_of(first),
    )


def _case(settings: Settings, each: ScenarioFile) -> Case:
    own = replace(
        settings,
        rules=each.rules,
        on=None if each.on is None else each.on.isoformat(),
        set_=tuple(f"{path}={value}" for path, value in each.set.items()),
        with_=each.with_,
        without=each.without,
        exporter=each.exporter,
        margin=each.margin,
    )
    read_day(own.on)
    ruleset_of(own)
    return load_case(own)


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


def _assumptions(cases: Sequence[Case], names: Sequence[str]) -> tuple[str, ...]:
    """Assumptions of all scenarios; one that not all share stands under its scenario's name."""
    said = [(*assumptions_of(case), *unread_figures(case)) for case in cases]
    shared = [a for a in said[0] if all(a in each for each in said)]
    own = [
        f"{name}: {a}" for name, each in zip(names, said, strict=True) for a in each
        if a not in shared
    ]  # fmt: skip
    return (*shared, *own)


def _status(answer: RobustAnswer) -> Literal["optimal", "feasible", "infeasible"]:
    if answer.least_regret is None:
        return "infeasible"
    return "optimal" if answer.proved else "feasible"


def _scenario(answer: RobustAnswer, index: int, case: Case, each: ScenarioFile) -> RobustScenario:
    scenario, own = answer.scenarios[index], answer.optima[index]
    price = None
    if own is not None and answer.safe is not None:
        price = own.value - answer.safe.value
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
        parent=None if own is None else own.parent,
        knobs={} if own is None else plain(own.design.knobs()),
        price_of_safety=price,
    )


def _choices(
    answer: RobustAnswer, cases: Sequence[Case], kinds: Sequence[str]
) -> tuple[RobustChoice, ...]:
    found = {
        "safe": answer.safe,
        "least_regret": answer.least_regret,
        "best_expected": answer.best_expected,
    }
    return tuple(
        _choice(kind, choice, answer, cases)
        for kind, choice in found.items()
        if choice is not None and kind in kinds
    )


def _choice(kind: str, choice: Choice, answer: RobustAnswer, cases: Sequence[Case]) -> RobustChoice:
    design, names = choice.design, [s.name for s in answer.scenarios]
    facts = {**constants(design.space), **design.facts()}
    facts |= {"live_gpcs": live_gpcs(design.space, design.cores)}
    said = [check(facts, c.ruleset, c.request.destination).verdict for c in cases]
    for name, verdict, lawful in zip(names, said, choice.lawful, strict=True):
        if lawful and verdict != "not_controlled":
            raise RuntimeError(f"the checker calls the {kind} design {verdict} under {name}")
    return RobustChoice(
        kind=kind,
        parent=choice.parent,
        knobs=plain(design.knobs()),
        quantities=quantities_of(design),
        tokens_per_s_per_chip=choice.value,
        largest_regret=choice.regret,
        expected=choice.expected,
        verdicts=dict(zip(names, said, strict=True)),
        regrets=dict(zip(names, choice.regrets, strict=True)),
    )
