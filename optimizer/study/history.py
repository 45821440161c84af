"""What a derivation asks of the solver: its law, market and workload, never the shipped part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalogs import Catalog
from catalogs.architectures import Workload
from catalogs.parts import Derivation
from constraints import Law, Ruleset
from optimizer.projection import Prepared, prepare
from optimizer.solver import Limit, Request, Unserved
from optimizer.solver.optimize import solve_parent
from optimizer.solver.outcome import ParentOutcome

DESTINATION = "CN"
BY_DAY = "us"
# What a part is judged on when the user names no workload, first one that its die serves: the
# default mix needs a data center's memory, a small model is what a desktop card serves.
WORKLOADS: Mapping[bool, tuple[str, ...]] = {
    True: ("default-mix", "chat-8b"),
    False: ("chat-8b",),
}


def market_of(derivation: Derivation) -> bool:
    """Whether the derived part is designed or marketed for data centers."""
    return derivation.datacenter is not False


def law_of(derivation: Derivation, law: Law) -> Ruleset | None:
    """Rules in force on the day of a derivation; the named set, or that day's law outside its life.

    Parameters
    ----------
    derivation : Derivation
        Names a rule set and a day, or neither where nothing has shipped.
    law : Law
        Every rule of every day.
    """
    name, day = derivation.rule_set, derivation.rule_date
    if name is None or day is None:
        return None
    bundle = law.bundles.get(name, {})
    alive = bundle.get("first_day", day) <= day <= bundle.get("last_day", day)
    return law.ruleset(name, on=day) if alive else law.ruleset(f"{BY_DAY}@{day}")


class Optima:
    """Solves each die once for a law, a market and a workload, however many rows ask."""

    def __init__(self, catalog: Catalog, workload: Workload | None, prove: bool) -> None:
        self.catalog, self.prove = catalog, prove
        self.workload = workload
        self.ready: dict[str, Prepared] = {}
        self.answers: dict[tuple[str, Ruleset, bool, str], ParentOutcome] = {}

    def candidates(self, datacenter: bool) -> Sequence[Workload]:
        """Workloads of a market, in the order in which they are tried."""
        if self.workload is not None:
            return (self.workload,)
        return [self.catalog.workload(name) for name in WORKLOADS[datacenter]]

    def prepared(self, workload: Workload) -> Prepared:
        """A workload made ready, once."""
        if workload.id not in self.ready:
            self.ready[workload.id] = prepare(workload, self.catalog)
        return self.ready[workload.id]

    def best(
        self, die: str, ruleset: Ruleset, datacenter: bool
    ) -> tuple[ParentOutcome, Workload, tuple[str, ...]]:
        """Answer on the first workload that the die serves, and why the others were passed over."""
        passed: list[str] = []
        for workload in self.candidates(datacenter):
            answer = self.answer(die, ruleset, datacenter, workload)
            if not isinstance(answer, Unserved):
                break
            passed.append(f"{workload.id} is not served by {die}: {answer.reason}.")
        return answer, workload, tuple(passed)

    def answer(
        self, die: str, ruleset: Ruleset, datacenter: bool, workload: Workload
    ) -> ParentOutcome:
        """Solve, or take the answer that another row has had."""
        key = (die, ruleset, datacenter, workload.id)
        if key not in self.answers:
            request = Request(ruleset, workload, (die,), DESTINATION, datacenter, prove=self.prove)
            self.answers[key] = solve_parent(request, self.catalog, self.prepared(workload), die)
        return self.answers[key]

    def within(
        self,
        die: str,
        ruleset: Ruleset,
        datacenter: bool,
        workload: Workload,
        limits: tuple[Limit, ...],
    ) -> ParentOutcome:
        """Solve under what the shipped part of a row needs: this answer does hang on it."""
        request = Request(
            ruleset, workload, (die,), DESTINATION, datacenter, limits=limits, prove=self.prove
        )
        return solve_parent(request, self.catalog, self.prepared(workload), die)


__all__ = ["DESTINATION", "WORKLOADS", "Optima", "law_of", "market_of"]
