"""The objective that a ranking goes by: its unit, its column, and what tells two values apart."""

from collections.abc import Mapping

from optimizer.report.ratio import NEAR
from optimizer.report.result import Result
from optimizer.report.settings import DEFAULT_OBJECTIVE
from optimizer.report.settings import objective_of as aim_of

UNITS: Mapping[str, str] = {
    DEFAULT_OBJECTIVE: "tokens/s per chip",
    "worst_throughput": "tokens/s per chip, the slowest member",
    "throughput_per_watt": "tokens/s per W",
    "throughput_per_dollar": "tokens/s per USD of unit cost",
    "throughput_per_wafer": "tokens/s per wafer",
}
"""What each objective is counted in."""

_COLUMNS: Mapping[str, str] = {
    "worst_throughput": "slowest",
    "throughput_per_watt": "per W",
    "throughput_per_dollar": "per USD",
    "throughput_per_wafer": "per wafer",
}
_NOT_INCLUDED: Mapping[str, str] = {
    "throughput_per_watt": "power",
    "throughput_per_dollar": "unit cost",
    "throughput_per_wafer": "the dies of a wafer",
}


def objective_of(result: Result) -> str:
    """Name of the objective that a result ranks by."""
    return aim_of(result.inputs.get("options", {}))


def unit_of(objective: str) -> str:
    """What an objective is counted in.

    Examples
    --------
    >>> unit_of("throughput_per_watt"), unit_of("something_new")
    ('tokens/s per W', 'of something_new')
    """
    return UNITS.get(objective, f"of {objective}")


def columns_of(objective: str) -> tuple[str, ...]:
    """Heading of the objective's own column beside tokens/s; none where that is the objective.

    Examples
    --------
    >>> columns_of("throughput"), columns_of("throughput_per_watt")
    ((), ('per W',))
    """
    return () if objective == DEFAULT_OBJECTIVE else (_COLUMNS.get(objective, objective),)


def near_words(objective: str, names: str) -> tuple[str, ...]:
    """What a ranking goes by, which of its order is not certain, and what the interval leaves out.

    Examples
    --------
    >>> for line in near_words("throughput_per_watt", "gh100"):
    ...     print(line)
    per W: tokens/s per W, by which the order goes
    closer to the first than the model can tell, so their order is not certain: gh100
    the interval is that of the ratio of throughputs; the error of power is not in it
    """
    by = (
        f"{each}: {unit_of(objective)}, by which the order goes" for each in columns_of(objective)
    )
    if not names:
        return tuple(by)
    return (*by, f"{NEAR}: {names}", *left_out_of_the_interval(objective))


def left_out_of_the_interval(objective: str) -> tuple[str, ...]:
    """What the interval that tells two values apart does not hold, as a sentence if anything.

    Examples
    --------
    >>> left_out_of_the_interval("throughput")
    ()
    """
    beside = _NOT_INCLUDED.get(objective)
    aside = f"the interval is that of the ratio of throughputs; the error of {beside} is not in it"
    return () if beside is None else (aside,)
