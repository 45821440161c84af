"""Read and write whole files, atomically, with errors that a user can act on."""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from catalogs.errors import InputError

_NEW_FILE_MODE = 0o666
"""Permission bits of a new file before the umask, as open(2) gives them."""


def check_writable(path: Path) -> None:
    """Refuse a path that could not be written, before any work is done."""
    folder = path.parent
    if path.is_dir():
        raise InputError(f"'{path}' is a folder", where="--output", remedy="Name a file in it")
    if not folder.is_dir():
        raise InputError(
            f"the folder '{folder}' does not exist", where="--output", remedy="Create it first"
        )
    if path.exists() and not path.is_file():
        raise InputError(f"'{path}' is not a regular file", where="--output")
    if not os.access(path if path.exists() else folder, os.W_OK) or not os.access(folder, os.W_OK):
        raise InputError(f"'{path}' cannot be written: permission denied", where="--output")


def write_atomic(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees the old file or the new one, never a part."""
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else _NEW_FILE_MODE & ~_umask()
        handle, name = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".part", dir=target.parent
        )
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be written: {error.strerror}", where="--output"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be written: {error.strerror}", where="--output"
        ) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_json(path: Path) -> Any:
    """Read one JSON document; no duplicate keys, no NaN, UTF-8 only.

    Raises
    ------
    InputError
        The file is absent, unreadable or not strict JSON; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", where=str(path)) from error
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"{path}, line {error.lineno}"
        raise InputError(f"is not JSON: {error.msg}", where=where) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=str(path)) from error
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", where=str(path)) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key '{twice}' appears twice")
    return document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
