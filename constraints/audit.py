"""Faults of pack files, all at once: the user's own, or those that ship."""

from collections.abc import Sequence
from pathlib import Path

from catalogs.errors import InputError
from constraints.destinations import load_destinations
from constraints.expressions import names
from constraints.rules import NOT_PACKS, Law, Pack, condition, load_law, read_pack


def faults(paths: Sequence[Path] = ()) -> list[str]:
    """Everything wrong with pack files: the user's, or those that ship.

    Each file is read, then all are read together, so that one call reports every fault.
    """
    if not paths:
        return [fault for pack in load_law().packs.values() for fault in pack_faults(pack)]
    found: list[str] = []
    packs: dict[str, Pack] = dict(load_law().packs)
    users: list[Pack] = []
    for path in _files(paths):
        try:
            pack = read_pack(path)
        except InputError as error:
            found.append(str(error))
            continue
        if pack.id in packs:
            found.append(f"{path}: rule '{pack.id}' is already in {packs[pack.id].file}")
        packs[pack.id] = pack
        users.append(pack)
    base = load_law()
    whole = Law(packs, base.bundles, base.last_checked, (), base.open_points)
    mine = tuple(str(path) for path in _files(paths))
    found += [fault for fault in whole.faults() if fault.startswith(mine)]
    return found + [fault for pack in users for fault in pack_faults(pack)]


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputError("no such file or folder", str(path))
        found += sorted(path.rglob("*.toml")) if path.is_dir() else [path]
    return [path for path in found if path.name not in NOT_PACKS]


def pack_faults(pack: Pack) -> list[str]:
    """Faults of one rule that its record cannot show: places, order, dates, citations."""
    known = load_destinations()
    places = {*known.names, *known.members_as_read}
    found = []
    for number, version in enumerate(pack.versions):
        where = f"{pack.file}, versions[{number}]"
        scopes = [version.scope, *(clause.scope for clause in version.paragraphs)]
        named = {
            place
            for scope in scopes
            if scope is not None
            for field in ("groups", "countries", "exclude_groups", "headquarters_groups")
            for place in getattr(scope, field)
        }
        found += [f"{where}: unknown country or group '{each}'" for each in sorted(named - places)]
        if version.ended and version.starts and version.ended <= version.starts:
            found.append(f"{where}: ends on {version.ended}, not after it begins")
        if pack.kind == "volume":
            found += [
                f"{where}, paragraph {clause.id}: the outcome must read 'measure <= threshold'"
                for clause in version.paragraphs
                if not names(condition(clause.outcome)) & version.thresholds.keys()
            ]
    days = [version.effective for version in pack.versions if version.effective]
    if days != sorted(days):
        found.append(f"{pack.file}: versions are not oldest first")
    ids = [version.id for version in pack.versions]
    found += [
        f"{pack.file}: version '{each}' twice"
        for each in sorted({i for i in ids if ids.count(i) > 1})
    ]
    return found
