"""One sourced number with its planning range, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import model_validator as check

from catalogs.values import Basis, FrozenMap, Grade, Text, exact

_Exact = Annotated[Decimal, BeforeValidator(exact)]


class Closed(BaseModel):
    """Frozen and closed: an unknown key in a file is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reference(Closed):
    """A document or data set behind a figure; no address where the figure is our own."""

    title: Text
    urls: tuple[Text, ...]


class Figure(Closed):
    """One sourced number with its planning range.

    Examples
    --------
    >>> from catalogs.economics import economics
    >>> float(economics().losses.alpha_cluster)
    3.0
    """

    value: _Exact
    low: _Exact
    high: _Exact
    unit: Text
    sources: tuple[Text, ...] = Field(min_length=1)
    basis: Basis
    grade: Grade
    note: Text | None = None
    confidential: bool = False
    key: str = Field(default="", exclude=True, description="Its path; set when it is read.")

    @check(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"low {self.low}, value {self.value}, high {self.high}: not in order")
        return self

    def __float__(self) -> float:
        """Return the preferred value."""
        return float(self.value)


Figures = Annotated[Mapping[str, Figure], AfterValidator(FrozenMap)]
