"""Solve a result again from what it carries, and name every number that does not come back."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalogs.errors import InputError
from optimizer.report.embed import laid_out
from optimizer.report.inputs import ANSWER, answer_hash, hashes_of
from optimizer.report.overlays import Overlaid
from optimizer.report.public import refuse_false_gaps
from optimizer.report.result import Result
from optimizer.report.settings import Settings
from optimizer.report.solve import load_case

TOLERANCE = 1e-9
"""Relative difference up to which a projected number is the same number."""

PROJECTED = frozenset(
    {
        "tokens_per_s_per_chip",
        "low",
        "high",
        "median",
        "ttft_ms",
        "ttft_p99_ms",
        "tpot_ms",
        "tpot_p99_ms",
        "ttft_low_ms",
        "ttft_high_ms",
        "tpot_low_ms",
        "tpot_high_ms",
        "batch",
        "utilization",
        "level",
        "objective_value",
        "gain",
        "power_w",
        "salvage_share",
        "value",
    }
)
"""Names of projected numbers; every other number has to come back exactly."""

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the stored document and its replay part."""

    path: str
    stored: Any
    found: Any

    def __str__(self) -> str:
        """Say both values."""
        return f"{self.path}: stored {_shown(self.stored)}, found {_shown(self.found)}"


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    Attributes
    ----------
    differences : tuple of Difference
        In document order; empty where everything came back.
    notes : tuple of str
        What differs without being an error, and what could not be checked.
    premises : tuple of str
        Records of the user's own files that the result rests on, not the built-in ones.
    """

    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    premises: tuple[str, ...] = ()

    @property
    def reproduced(self) -> bool:
        """Whether every number came back."""
        return not self.differences


def replay(stored: Result) -> Replay:
    """Rebuild the request from the embedded inputs, solve and prove it again, and compare.

    Law and integers are compared exactly, projected numbers to a relative 1e-9. The stored corners
    are proved by themselves too, so a result of another version of the search can still stand.
    """
    seal, premises = broken_seal(stored), _premises(stored)
    if stored.stripped:
        refuse_false_gaps(stored.inputs, stored.stripped)
        return Replay((*seal, *broken_answer(stored)), _unchecked(stored), premises)
    try:
        found, refuted = _solved_again(stored)
    except InputError:
        if seal:
            return Replay(seal, (), premises)
        raise
    old, new = stored.to_dict(), found.to_dict()
    for document in (old, new):
        document["hashes"].pop(ANSWER, None)
    notes = tuple(
        f"made with {name} {was}, replayed with {new['versions'].get(name)}"
        for name, was in old.pop("versions").items()
        if was != new["versions"].get(name)
    )
    del new["versions"]
    parted = list(differences(old, new))
    if notes and not refuted:
        parted = [d for d in parted if not d.path.startswith("certificate.corners")]
    return Replay((*parted, *refuted, *seal, *broken_answer(stored)), notes, premises)


def broken_answer(stored: Result) -> tuple[Difference, ...]:
    """An answer that does not have the hash that is stored with it."""
    was, now = stored.hashes.get(ANSWER), answer_hash(stored.to_dict())
    return () if was == now else (Difference(f"the answer, against hashes.{ANSWER}", was, now),)


def broken_seal(stored: Result) -> tuple[Difference, ...]:
    """Inputs that do not have the hash that is stored beside them.

    Raises
    ------
    InputError
        The inputs hold no rule set.
    """
    try:
        found = hashes_of(stored.inputs)
    except (KeyError, TypeError):
        raise InputError("is no record of a rule set", where="inputs.rules") from None
    return tuple(
        Difference(f"inputs, against hashes.{name}", stored.hashes.get(name), value)
        for name, value in found.items()
        if stored.hashes.get(name) != value
    )


def _premises(stored: Result) -> tuple[str, ...]:
    """What of the catalog was not the built-in one when the result was made."""
    try:
        own = [Overlaid(**each) for each in stored.inputs.get("overlays", ())]
    except TypeError:
        raise InputError("is no list of records", where="inputs.overlays") from None
    return tuple(f"not the built-in catalog: {each}" for each in own)


def _unchecked(stored: Result) -> tuple[str, ...]:
    return tuple(f"not re-checked, confidential and left out: {path}" for path in stored.stripped)


def _solved_again(stored: Result) -> tuple[Result, tuple[Difference, ...]]:
    """The document made anew, and what speaks against the stored corners."""
    from optimizer.projection import prepare
    from optimizer.report.build import build_result
    from optimizer.report.reprove import unproved
    from optimizer.report.schedule import again
    from optimizer.solver import Optimal

    settings = Settings.from_dict(stored.inputs.get("options", {}))
    files = stored.inputs.get("files", {})
    with tempfile.TemporaryDirectory(prefix="optimize-replay-") as folder:
        case = load_case(laid_out(settings, files, Path(folder)), ambient=False)
        reasons = {row.parent: row.reason for row in stored.parents}
        outcome = again(case.request, case.catalog, reasons)
        found = build_result(outcome, replace(case, settings=settings), files=files)
    corners = stored.certificate.corners if stored.certificate else ()
    prepared = prepare(case.request.workload, case.catalog, stack=case.request.stack)
    refuted = tuple(
        Difference(f"certificate.corners of {parent.parent}", "a proof", why)
        for parent in outcome.parents
        if isinstance(parent, Optimal)
        for why in unproved(
            parent,
            tuple(c for c in corners if c.parent == parent.parent),
            case.request,
            prepared,
        )
    )
    return found, refuted


def differences(stored: Any, found: Any, path: str = "", name: str = "") -> Iterator[Difference]:
    """Every leaf in which two documents part.

    Examples
    --------
    >>> [d.path for d in differences({"tpp": 2399, "low": 1.0}, {"tpp": 2400, "low": 1.0 + 1e-12})]
    ['tpp']
    """
    if isinstance(stored, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*stored, *found]):
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(stored.get(key, _MISSING), found.get(key, _MISSING), inner, key)
    elif isinstance(stored, list | tuple) and isinstance(found, list | tuple):
        for index in range(max(len(stored), len(found))):
            left = stored[index] if index < len(stored) else _MISSING
            right = found[index] if index < len(found) else _MISSING
            yield from differences(left, right, f"{path}[{index}]", name)
    elif not _same(stored, found, name):
        yield Difference(path, stored, found)


def _same(stored: Any, found: Any, name: str) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (stored, found))
    if not numbers:
        return type(stored) is type(found) and bool(stored == found)
    if name in PROJECTED:
        return bool(abs(stored - found) <= TOLERANCE * max(abs(stored), abs(found)))
    return bool(stored == found)


_SHOWN = 60
"""Characters of a value that a difference repeats."""


def _shown(value: Any) -> str:
    """A value in at most one short line; of a list or an object only how much is in it."""
    if value is _MISSING:
        return "nothing"
    if isinstance(value, dict):
        return f"an object with {len(value)} entries"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
