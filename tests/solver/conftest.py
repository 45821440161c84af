"""Shared fixtures: the built-in catalog and law, and requests on them."""

from __future__ import annotations

from datetime import date

import pytest
from reduced import Reduced

from catalogs import Catalog
from catalogs.load import load_catalog
from constraints.rules import load_law
from constraints.rulesets import Ruleset
from optimizer.design import DesignSpace, build_space
from optimizer.projection import Prepared, prepare
from optimizer.solver import Request


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(ambient=False)


@pytest.fixture(scope="session")
def rules():
    cache: dict[tuple[object, ...], Ruleset] = {}

    def get(name: str, on: date | None = None, **choices: object) -> Ruleset:
        key = (name, on, repr(choices))
        if key not in cache:
            cache[key] = load_law().ruleset(name, on=on, **choices)
        return cache[key]

    return get


@pytest.fixture(scope="session")
def ready(catalog: Catalog):
    cache: dict[str, Prepared] = {}

    def get(workload: str = "default-mix") -> Prepared:
        if workload not in cache:
            cache[workload] = prepare(catalog.workload(workload), catalog)
        return cache[workload]

    return get


@pytest.fixture(scope="session")
def space_of(catalog: Catalog):
    def get(parent: str, on: date, datacenter: bool = True) -> DesignSpace:
        space = build_space(catalog, parent, on, datacenter)
        assert isinstance(space, DesignSpace), space
        return space

    return get


@pytest.fixture(scope="session")
def ask(catalog: Catalog, rules):
    def get(
        name: str, workload: str = "default-mix", on: date | None = None, **kw: object
    ) -> Request:
        choices = kw.pop("choices", {})
        return Request(rules(name, on, **choices), catalog.workload(workload), **kw)

    return get


@pytest.fixture(scope="session")
def reduced(ask, ready, space_of) -> Reduced:
    """A reduced space of gh100, listed once for all."""
    return Reduced(ask, ready, space_of)
