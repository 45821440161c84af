"""Exit codes, and how an error becomes one clear message."""

import errno
import sys
import traceback
from enum import IntEnum

import typer

_CLI_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""Base class of the errors of the option parser; typer gives it no public name."""

_SEVERAL = " For several parts: 'optimize compare A B', or a table with --from."
_REPORT_HINT = "This is a bug. Run it again with --debug before the command for a traceback."


_OF_THE_DEVICE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""Errors of writing that a user can act upon, wherever they come up."""


class ExitCode(IntEnum):
    """What the exit status says. A published contract; numbers never change meaning."""

    DONE = 0
    BUG = 1
    USAGE = 2
    CONTROLLED = 3
    UNDETERMINED = 4
    INFEASIBLE = 5
    NOT_PROVED = 6
    NOT_REPRODUCED = 7
    INTERRUPTED = 130


class UsageError(Exception):
    """A wrong command line, found before anything of the library is imported."""


def report(error: BaseException, *, debug: bool) -> ExitCode:
    """Print one clear error on standard error and return the exit code that it means."""
    from optimizer.report.safe import safe_text

    if debug and not isinstance(error, KeyboardInterrupt):
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        _say("interrupted")
        return ExitCode.INTERRUPTED
    if isinstance(error, UsageError) or _is_input_error(error):
        _say(f"error: {safe_text(error, keep_newlines=True)}")
        return ExitCode.USAGE
    if isinstance(error, OSError) and error.errno in _OF_THE_DEVICE:
        _say(f"error: {safe_text(_unwritable(error))}")
        return ExitCode.USAGE
    if isinstance(error, _CLI_ERROR):
        _say(f"error: {_usage_message(error)}")
        return ExitCode.USAGE
    _say(f"error: {type(error).__name__}: {safe_text(error)}")
    if not debug:
        _say(_REPORT_HINT)
    return ExitCode.BUG


def _is_input_error(error: BaseException) -> bool:
    """Whether the library raised it for a user; a module never imported raised nothing."""
    module = sys.modules.get("catalogs.errors")
    return module is not None and isinstance(error, module.InputError)


def _unwritable(error: OSError) -> Exception:
    from optimizer.cli.output import unwritable

    return unwritable(error)


def _usage_message(error: Exception) -> str:
    from optimizer.report.safe import safe_text

    message = safe_text(error.format_message())  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    stop = "" if message.endswith((".", "?", "!")) else "."
    several = message.startswith("Got unexpected extra argument")
    hint = _SEVERAL if several and context.command_path.endswith(" check") else ""
    return f"{message}{stop}{hint} See '{context.command_path} --help'."


def _say(line: str) -> None:
    from optimizer.cli.output import say

    say(line)
