"""Every published figure that the silicon models are held to, and the page that lists them."""

from __future__ import annotations

import re

import pytest

from catalogs.economics import economics
from tests.silicon_claims import claims
from tests.silicon_page import PAGE, Oracle, oracles, rewritten


@pytest.mark.parametrize("oracle", list(oracles()), ids=lambda oracle: oracle.name)
def test_an_oracle_is_met(oracle: Oracle) -> None:
    assert oracle.holds, oracle.row()
    assert set(re.findall(r"S\d+", oracle.source)) <= set(economics().sources)


def test_the_page_lists_them_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == rewritten()


def test_the_figures_in_the_sentences_of_the_page_are_those_of_the_models() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [claim for claim in claims() if claim not in page] == []
