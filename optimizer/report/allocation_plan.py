"""A plan of bins as its file states it."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from catalogs.load import read_toml
from catalogs.reading import validated
from catalogs.values import Count, Text, exact

# No plan counts more of anything; what is above leaves the numbers that the solver works in.
MOST = 1e12

_Number = Annotated[float, BeforeValidator(exact)]
_Amount = Annotated[_Number, Field(ge=0, le=MOST)]
_Needed = Annotated[int, Strict(), Field(ge=1)]
_NEVER_BOTH = (
    ("margin_usd", "price_usd"),
    ("margin_usd", "fee_share"),
    ("margin_usd", "duty_usd"),
    ("unit_cost_usd", "memory_kind"),
    ("unit_cost_usd", "memory_gb"),
    ("unit_cost_usd", "package"),
)
"""Of each pair the first would leave the second unread."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SkuPlan(_Closed):
    """One part of the plan; its margin as given, or price less fees and cash cost."""

    name: Text
    cores: _Needed
    sites: _Needed
    links: Count
    demand: _Amount | None = None
    margin_usd: _Number | None = Field(default=None, ge=-MOST, le=MOST)
    price_usd: _Amount | None = None
    fee_share: _Number = Field(default=0, ge=0, lt=1)
    duty_usd: _Amount = 0
    unit_cost_usd: _Amount | None = None
    memory_kind: str | None = None
    memory_gb: _Amount | None = None
    package: str | None = None
    uses: dict[str, _Amount] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _read_in_full(self) -> "SkuPlan":
        given = self.model_fields_set
        unread = [f"{a} is given, so {b} would not be read" for a, b in _NEVER_BOTH
                  if {a, b} <= given]  # fmt: skip
        if unread:
            raise ValueError("; ".join(unread))
        return self


class Plan(_Closed):
    """The file of ``optimize allocate``."""

    die: str
    wafers: _Number = Field(gt=0, le=MOST)
    year: Count | None = None
    resources: dict[str, _Amount] = Field(default_factory=dict)
    skus: tuple[SkuPlan, ...] = Field(min_length=1)


def read_plan(path: Path) -> Plan:
    """Read a plan; all faults at once.

    Raises
    ------
    InputError
    """
    return validated(Plan, read_toml(path), str(path))
