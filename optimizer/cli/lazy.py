"""A command group that imports a sub-command only when it is called.

``optimize --help`` must not pay for the solver, so the names and one-line
descriptions of all commands stand in a table and their modules stay unread.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from optimizer.cli.errors import UsageError

EVERYWHERE = frozenset({"--debug", "--version", "--help", "-h"})
"""Root options that concern the program, not the command it runs."""

COMPLETION = frozenset({"install_completion", "show_completion"})
"""Options that typer adds to every application; they serve the program's own name only."""


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a sub-command lives; the module offers ``app``, a ``typer.Typer``."""

    module: str
    help: str


class LazyGroup(TyperGroup):
    """Root group: lazy sub-commands, and root options handed on to them."""

    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the sub-commands that this installation has, in table order."""
        return [name for name, lazy in self.lazy_commands.items() if find_spec(lazy.module)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one sub-command."""
        lazy = self.lazy_commands.get(cmd_name)
        if lazy is None or find_spec(lazy.module) is None:
            return None
        command = typer.main.get_command(import_module(lazy.module).app)
        for part in _tree(command):
            part.rich_markup_mode = None
            part.params = [p for p in part.params if p.name not in COMPLETION]
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the sub-commands from the table, importing none."""
        rows = [(name, self.lazy_commands[name].help) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the sub-command and hand the root options on to it."""
        name, rest = args[0], args[1:]
        command = self.get_command(ctx, name)
        if command is None:
            names = self.list_commands(ctx)
            near = get_close_matches(name, names, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Commands: {', '.join(names)}."
            raise UsageError(f"no command '{name}'. {hint}")
        given = _given(ctx)
        _refuse_meaningless(given, _path(name, command, rest))
        ctx.default_map = {name: _defaults(command, given)}
        return name, command, rest


def _given(ctx: Any) -> dict[str, tuple[frozenset[str], Any]]:
    """Root options typed on the command line: name -> (its flags, its value)."""
    return {
        parameter.name: (frozenset(parameter.opts), ctx.params[parameter.name])
        for parameter in ctx.command.params
        if parameter.name in ctx.params
        and getattr(ctx.get_parameter_source(parameter.name), "name", "") == "COMMANDLINE"
        and not EVERYWHERE & frozenset(parameter.opts)
    }


def _refuse_meaningless(
    given: Mapping[str, tuple[frozenset[str], Any]], path: Sequence[tuple[str, Any]]
) -> None:
    understood = {flag for _, command in path for p in command.params for flag in p.opts}
    for flags, _ in given.values():
        if not flags & understood:
            flag = max(flags, key=len)
            words = " ".join(name for name, _ in path)
            raise UsageError(
                f"{flag} means nothing to 'optimize {words}'. See 'optimize {words} --help'."
            )


def _path(name: str, command: Any, rest: Sequence[str]) -> list[tuple[str, Any]]:
    """The chain of commands that the remaining words select."""
    path = [(name, command)]
    for word in rest:
        children = getattr(path[-1][1], "commands", None)
        if not children or word.startswith("-"):
            break
        if word not in children:
            break
        path.append((word, children[word]))
    return path


def _defaults(command: Any, given: Mapping[str, tuple[frozenset[str], Any]]) -> dict[str, Any]:
    """Root values as defaults of a command and of everything under it."""
    own = {
        parameter.name: value
        for parameter in command.params
        for flags, value in given.values()
        if flags & frozenset(parameter.opts)
    }
    children = getattr(command, "commands", {})
    return own | {name: _defaults(child, given) for name, child in children.items()}


def _tree(command: Any) -> Iterator[Any]:
    yield command
    for child in getattr(command, "commands", {}).values():
        yield from _tree(child)
