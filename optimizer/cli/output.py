"""Where an answer goes and in which form: checked before the work, written at its end.

The answer goes to standard output or, with ``-o``, to one file; notes go to
standard error. Nothing else is ever written.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from catalogs.errors import InputError

FORMATS = ("text", "json", "csv", "md")
"""Forms of an answer, in the order of the help text."""

_FORMAT_OF_EXTENSION = {
    ".txt": "text",
    ".json": "json",
    ".csv": "csv",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Form and place of an answer.

    Parameters
    ----------
    format : str
        One of ``FORMATS``.
    path : Path or None
        File to write; ``None`` is standard output.
    quiet : bool
        Whether notes are left out.
    """

    format: str
    path: Path | None = None
    quiet: bool = False


def plan(
    output: Path | None,
    format: str | None,  # noqa: A002 - named after the option
    *,
    quiet: bool = False,
    allowed: Sequence[str] = FORMATS,
) -> Target:
    """Decide form and place from ``-o`` and ``--format``, before any work.

    Raises
    ------
    InputError
        Unknown form, unknown extension, the two disagree, or a path that
        cannot be written.

    Examples
    --------
    >>> plan(None, None).format
    'text'
    >>> plan(None, "json").format
    'json'
    """
    if format is not None and format not in allowed:
        raise InputError(
            f"unknown form '{format}'", where="--format", remedy=_choices(format, allowed)
        )
    if output is None:
        return Target(format or "text", None, quiet)
    by_name = _FORMAT_OF_EXTENSION.get(output.suffix.lower())
    if by_name is not None and by_name not in allowed:
        by_name = None
    if by_name is None and format is None:
        known = [e for e, form in _FORMAT_OF_EXTENSION.items() if form in allowed]
        raise InputError(
            f"cannot tell the form from the extension of '{output}'",
            where="--output",
            remedy=f"Use one of {', '.join(known)}, or give --format",
        )
    if by_name is not None and format is not None and by_name != format:
        raise InputError(
            f"--format {format} and the extension of '{output}' disagree",
            where="--output",
            remedy="Give one of the two",
        )
    from optimizer.report.files import check_writable

    check_writable(output)
    return Target(format or by_name or "text", output, quiet)


def _choices(given: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(given, allowed, n=1)
    hint = f". Did you mean '{near[0]}'?" if near else ""
    return f"Choose one of {', '.join(allowed)}{hint}"


def emit(target: Target, text: str) -> None:
    """Put the answer where ``target`` says; a closed pipe ends it quietly."""
    if not text.endswith("\n"):
        text += "\n"
    if target.path is not None:
        from optimizer.report.files import write_atomic

        write_atomic(target.path, text)
        if not target.quiet:
            note(f"wrote {target.path}")
        return
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        close_broken_pipe()
    except OSError as error:
        raise unwritable(error) from error
    flush()


def flush() -> None:
    """Send out what was printed; a closed pipe ends it quietly.

    Raises
    ------
    InputError
        Standard output cannot be written: no space is left, or the device is gone.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        close_broken_pipe()
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError) -> InputError:
    """The error of a standard output that takes nothing, which is then left alone."""
    close_broken_pipe()
    return InputError(f"cannot be written: {error.strerror}", where="standard output")


def note(message: str) -> None:
    """Print one note on standard error; where nobody reads it, the exit code still tells."""
    from optimizer.report.safe import safe_text

    say(safe_text(message))


def say(line: str) -> None:
    """Print a line of safe text on standard error, if it is read."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        _to_nowhere(sys.__stderr__ or sys.stderr)


def close_broken_pipe() -> None:
    """Let nothing more be written to a standard output that nobody reads."""
    _to_nowhere(sys.__stdout__ or sys.stdout)


def _to_nowhere(stream: TextIO) -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)
