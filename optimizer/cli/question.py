"""What a question to the solver is made of: its options, and the settings that they come to.

A command states the options that are its own in its signature and takes the others by group, as
``**values``; each group is a mapping from parameter names to the aliases of `options`.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from optimizer.cli import options as opt

if TYPE_CHECKING:
    from optimizer.report.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
Options = Mapping[str, Any]

LAW: Options = {
    "rules": opt.RulesOption,
    "on": opt.OnOption,
    "set_": opt.SetOption,
    "with_": opt.WithOption,
    "without": opt.WithoutOption,
    "exporter": opt.ExporterOption,
    "margin": opt.MarginOption,
}
"""Which law applies; a file of scenarios states it by scenario."""

WISH: Options = {
    "parent": opt.ParentOption,
    "workload": opt.WorkloadOption,
    "stack": opt.StackOption,
    "destination": opt.DestinationOption,
    "pack": opt.PackOption,
    "limit": opt.LimitOption,
    "fix": opt.FixOption,
    "fact": opt.FactOption,
    "not_datacenter": opt.NotDatacenterOption,
    "sustained": opt.SustainedOption,
    "set_economics": opt.EconomicsOption,
    "catalog": opt.CatalogOption,
}
"""What is asked under that law."""

GOALS: Options = {
    "objective": opt.ObjectiveOption,
    "then": opt.ThenOption,
    "within": opt.WithinOption,
}
"""What the answer shall be best in."""

DRAWS: Options = {"draws": opt.DrawsOption, "seed": opt.SeedOption}
"""Draws behind the intervals of estimates of the silicon; explain and what-if print none."""

FILE: Options = {"format_": opt.FormatOption, "output": opt.OutputOption, "quiet": opt.QuietOption}
PAGE: Options = {
    "format_": opt.PageFormatOption,
    "output": opt.PageOutputOption,
    "quiet": opt.QuietOption,
}
"""Where the answer goes: with a table of rows among its forms, and without."""


def takes(*groups: Options) -> Callable[[Command], Command]:
    """Give a command the options of groups after its own; it receives them as keywords.

    An option that is not given is ``False`` where it is a switch, else ``None``.

    Examples
    --------
    >>> @takes(DRAWS)
    ... def estimate(wafers: int, **values): ...
    >>> [*inspect.signature(estimate).parameters]
    ['wafers', 'draws', 'seed']
    """

    def given(command: Command) -> Command:
        own = inspect.signature(command).parameters.values()
        kept = [p for p in own if p.kind is not inspect.Parameter.VAR_KEYWORD]
        more = (
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=_absent(alias), annotation=alias
            )
            for group in groups
            for name, alias in group.items()
        )
        signature = inspect.Signature([*kept, *more], return_annotation=int)
        command.__signature__ = signature  # type: ignore[attr-defined]
        return command

    return given


def _absent(alias: Any) -> bool | None:
    return False if get_args(alias)[0] is bool else None


def flag_of(alias: Any) -> str:
    """The long flag of an option.

    Examples
    --------
    >>> flag_of(opt.WithOption), flag_of(opt.WorkloadOption)
    ('--with', '--workload')
    """
    # In an alias the first flag stands where an option without one has its default.
    return str(get_args(alias)[1].default)


def without(group: Options, names: Iterable[str]) -> Options:
    """A group less some of its options."""
    return {name: alias for name, alias in group.items() if name not in {*names}}


_LISTS = {
    **{name: name for name in ("set_", "with_", "without", "margin", "catalog", "then")},
    "parents": "parent",
    "packs": "pack",
    "limits": "limit",
    "fixes": "fix",
    "economics": "set_economics",
    "facts": "fact",
}
"""Settings that hold several texts, and the option that each comes from."""

_SINGLE = (
    *(
        "on",
        "exporter",
        "workload",
        "stack",
        "destination",
        "top",
        "objective",
        "diverse",
        "within",
    ),
    *("draws", "seed"),
)
"""Settings that hold one value, and keep their default where the option is absent."""


def settings_of(values: Mapping[str, Any]) -> "Settings":
    """Settings from option values by their parameter names; options not offered are absent.

    Raises
    ------
    InputError
        No rule set is named.
    """
    from catalogs.errors import InputError
    from optimizer.report.settings import Settings

    if not values["rules"]:
        raise InputError(
            "say which rule set applies",
            "--rules",
            "For example: optimize --rules us-2025. All: optimize rules list",
        )
    lists: dict[str, Any] = {
        field: tuple(map(str, values.get(name) or ())) for field, name in _LISTS.items()
    }
    plain = {name: values[name] for name in _SINGLE if values.get(name) is not None}
    return Settings(
        rules=values["rules"],
        datacenter=not values["not_datacenter"],
        time_limit_s=values.get("time_limit"),
        public=values.get("public", False),
        sustained=values.get("sustained", False),
        **lists,
        **plain,
    )
