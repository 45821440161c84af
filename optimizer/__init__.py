"""Plan export-compliant AI accelerators: dated law, real silicon, a proved optimum.

Examples
--------
>>> from optimizer import solve
>>> result = solve("us-2025", parents=["gb202"])        # doctest: +SKIP
>>> result.designs[0].quantities["tpp"]                 # doctest: +SKIP

Names are imported when they are first used, so ``import optimizer`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalogs.errors import InputError
    from catalogs.load import load_catalog
    from constraints import check, load_law
    from optimizer.report.replay import replay
    from optimizer.report.result import Result
    from optimizer.report.solve import read_result, solve

__version__ = "0.1.0"

__all__ = [
    "InputError",
    "Result",
    "__version__",
    "check",
    "load_catalog",
    "load_law",
    "read_result",
    "replay",
    "solve",
]

_HOME = {
    "InputError": "catalogs.errors",
    "Result": "optimizer.report.result",
    "check": "constraints",
    "load_catalog": "catalogs.load",
    "load_law": "constraints",
    "read_result": "optimizer.report.solve",
    "replay": "optimizer.report.replay",
    "solve": "optimizer.report.solve",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'optimizer' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
