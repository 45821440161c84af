"""The user's own files inside a result: taken in when it is made, laid out again to replay it.

Built-in data are named by their hashes; overlays, rule files and workload files are not built in,
so their text travels with the result.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalogs.errors import InputError
from catalogs.load import read_text
from catalogs.overlay import places
from optimizer.report.files import write_atomic
from optimizer.report.settings import Settings, read_paths

_SUFFIX = ".toml"
ECONOMICS = "economics"
Files = Mapping[str, Any]


def embedded_files(settings: Settings, *, ambient: bool) -> dict[str, Any]:
    """Text of every file of the user that the settings or the surroundings name.

    Returns
    -------
    dict
        ``catalog`` (a list of overlays in order), ``packs``, ``rules``, ``with``, ``economics`` and
        ``workload``;
        each file under a relative name. Empty parts are left out.
    """
    overlays = [_texts(path) for _, path in places(settings.catalog, ambient=ambient)]
    found: dict[str, Any] = {
        "catalog": overlays,
        "packs": [_texts(path) for path in read_paths(settings.packs)],
        "rules": _texts(Path(settings.rules)) if _is_file(settings.rules) else {},
        "with": {name: _texts(Path(name)) for name in settings.with_ if _is_file(name)},
        "workload": _texts(Path(settings.workload)) if _is_file(settings.workload) else {},
        ECONOMICS: {name: _texts(Path(name)) for name in settings.economics if _is_economics(name)},
    }
    return {name: part for name, part in found.items() if part}


def _is_economics(text: str) -> bool:
    """Whether a figure of the user is a file of figures."""
    return _is_file(text) and "=" not in text


def _is_file(name: str) -> bool:
    return name.endswith(_SUFFIX)


def _texts(path: Path) -> dict[str, str]:
    """Relative name -> text, below the last folder's name, which says what the records are."""
    path = path.resolve()
    if path.is_file():
        return {f"{path.parent.name}/{path.name}": read_text(path)}
    files = sorted(path.rglob("*" + _SUFFIX))
    return {f"{path.name}/{file.relative_to(path).as_posix()}": read_text(file) for file in files}


def laid_out(settings: Settings, files: Files, folder: Path) -> Settings:
    """Write embedded files below a folder, and point the settings there.

    Raises
    ------
    InputError
        A file name that leads outside the folder.
    """
    catalog = [
        _lay(part, folder / f"catalog{i}") for i, part in enumerate(files.get("catalog", ()))
    ]
    packs = [_lay(part, folder / f"packs{i}") for i, part in enumerate(files.get("packs", ()))]
    with_ = {
        name: _lay(part, folder / f"with{i}")
        for i, (name, part) in enumerate(files.get("with", {}).items())
    }
    figures = {
        name: _lay(part, folder / f"economics{i}")
        for i, (name, part) in enumerate(files.get(ECONOMICS, {}).items())
    }
    changes: dict[str, Any] = {
        ECONOMICS: tuple(str(figures.get(name, name)) for name in settings.economics),
        "catalog": tuple(map(str, catalog)),
        "packs": tuple(map(str, packs)),
        "with_": tuple(str(with_.get(name, name)) for name in settings.with_),
    }
    for name in ("rules", "workload"):
        if files.get(name):
            changes[name] = str(_lay(files[name], folder / name))
    return replace(settings, **changes)


def _lay(texts: Mapping[str, str], folder: Path) -> Path:
    """Write one overlay or file; a lone file is named itself, several by their folder."""
    for name, text in texts.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise InputError(f"the file name '{name}' leads outside", where="inputs.files")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)
    names = list(texts)
    return folder / names[0] if len(names) == 1 else folder / names[0].split("/")[0]
