"""What an answer takes for granted, what it warns of, and the versions that it was made with."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

from constraints import Ruleset
from constraints.remarks import not_naming, only_if
from optimizer.design import DesignSpace
from optimizer.projection.answer import prefill_parts
from optimizer.projection.calibration import load_calibration
from optimizer.projection.deployment import deployment_words
from optimizer.projection.devices import assumptions_of_sku
from optimizer.projection.planned import interval_words
from optimizer.projection.ratios import kin_of_die, kin_of_sku, wider_words
from optimizer.projection.remarks import piped_words, thin_words
from optimizer.report.inputs import overlays_of
from optimizer.report.own_figures import figure_words, strange_figures, unread_figures
from optimizer.report.solve import Case
from optimizer.solver.goals import stage_words
from optimizer.solver.outcome import Outcome

UNSTATED = (
    "a rule asks for {name}, which no design states: it counts as met; state it with "
    "--fact {name}=VALUE"
)
SUSTAINED = (
    "projected at the clock that the board's class sustains at the activity of prefill, a lighter "
    "load than the full activity at which power_w is modeled"
)


def versions_of(case: Case) -> dict[str, str]:
    """Program, solver library, throughput constants, and the day the law was last checked."""
    from optimizer import __version__

    constants = load_calibration()
    return {
        "optimize": __version__,
        "ortools": version("ortools"),
        "projection": f"{constants.id} {constants.fitted_date}",
        "law": case.ruleset.last_checked.isoformat(),
    }


def assumptions_of(case: Case, *, new_die: bool = False) -> tuple[str, ...]:
    """Records and figures that are not the built-in ones, then what the rules assume there.

    A moved threshold names every clause that it moves; a new die reads other figures.
    """
    uses = case.ruleset.atoms()
    found = [str(each) for each in overlays_of(case)]
    found += figure_words(case, new_die=new_die)
    found += case.ruleset.assumed(case.request.destination)
    found += [
        f"{path} moves {', '.join(uses[path].clauses)}"
        for path in case.ruleset.overrides
        if path in uses
    ]
    found += [f"{text.replace('=', ' is ', 1)}, as stated" for text in case.settings.facts]
    if case.request.datacenter:
        found.append("the part is designed or marketed for data centers")
    else:
        found.append("the part is not designed or marketed for data centers")
    if case.request.sustained:
        found.append(SUSTAINED)
    constants = load_calibration()
    found.append(
        f"software stack {case.request.stack}; constants '{constants.id}' of "
        f"{constants.fitted_date}, one set for all devices"
    )
    workload = case.request.workload
    found.append(interval_words(workload))
    found += deployment_words(workload, case.catalog)
    return (*found, *stage_words(case.stages))


def law_warnings(rules: Ruleset) -> tuple[str, ...]:
    """What a rule set warns of whatever the part: clashing readings, strangers, open points."""
    return (*rules.cautions, *(f"open: {point}" for point in rules.open_points))


def warnings_of(
    case: Case,
    spaces: Sequence[DesignSpace],
    said: Iterable[str] = (),
    unstated: Iterable[str] = (),
    *,
    new_die: bool = False,
) -> tuple[str, ...]:
    """What a reader of an answer has to know and cannot see in its numbers, each once.

    Parameters
    ----------
    case : Case
    spaces : sequence of DesignSpace
        Of the designs that are shown.
    said : iterable of str
        What the checker warns of.
    unstated : iterable of str
        Facts that a rule asks for and no design states.
    new_die : bool
        Whether the answer is one of a new die, which reads other figures.
    """
    formats = [member.weight_precision for member in case.request.workload.members]
    pool = prefill_parts(case.request.workload, case.catalog)
    kin = [*(kin_of_die(space.die) for space in spaces), *map(kin_of_sku, pool)]
    facts = (f"{part.id}: {each}" for part in pool for each in assumptions_of_sku(part))
    found = [
        *unread_figures(case, new_die=new_die),
        *strange_figures(case, new_die=new_die),
        *case.ruleset.cautions,
        *(UNSTATED.format(name=name) for name in unstated),
        *said,
        *_strangers(case, spaces),
        *thin_words(case.request.stack, case.request.workload, kin),
        *facts,
        *wider_words(case.request.stack, formats, map(kin_of_die, (s.die for s in spaces))),
        *law_warnings(case.ruleset),
    ]
    return tuple(dict.fromkeys(found))


def _strangers(case: Case, spaces: Sequence[DesignSpace]) -> Iterator[str]:
    """Letters that bound the designs of a maker whom they do not name."""
    for vendor in dict.fromkeys(space.die.vendor for space in spaces):
        for rule in not_naming(case.ruleset, vendor):
            if rule.reaches(case.request.destination, None, case.ruleset.on):
                yield f"{rule.id} does not name {vendor}: {only_if(rule)}"


def warnings_of_outcome(outcome: Outcome, case: Case) -> tuple[str, ...]:
    """The same of the best design of each die."""
    best = [parent for parent in outcome.ranked if parent.designs]
    said = [text for parent in best for text in parent.designs[0].assessment.warnings]
    said += [text for parent in best for text in piped_words(parent.designs[0].projection)]
    unstated = [name for parent in best for name in parent.unstated]
    return warnings_of(case, [parent.space for parent in best], said, unstated)
