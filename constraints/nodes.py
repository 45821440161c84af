"""The nodes of conditions: frozen, compared by what they hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

Value = int | Decimal | Fraction | bool | str | date
Kind = TypeVar("Kind", bound=type[object])


class Node:
    """Room for a hash beside what a node holds."""

    __slots__ = ("_hash",)
    _hash: int


def hashed_once(kind: Kind) -> Kind:
    """Let nodes keep their hash: it reads all that is under them, and is asked for again."""
    whole: Callable[[Node], int] = kind.__hash__

    def kept(self: Node) -> int:
        try:
            return self._hash
        except AttributeError:
            object.__setattr__(self, "_hash", whole(self))
            return self._hash

    kind.__hash__ = kept  # type: ignore[method-assign, assignment]
    return kind


@hashed_once
@dataclass(frozen=True, slots=True)
class Number(Node):
    """An exact number."""

    value: Fraction


@hashed_once
@dataclass(frozen=True, slots=True)
class Name(Node):
    """A fact, a quantity or a threshold, by name."""

    id: str


@hashed_once
@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A truth value, a text or a day."""

    value: bool | str | date


@hashed_once
@dataclass(frozen=True, slots=True)
class BinOp(Node):
    """Arithmetic on two expressions: ``+ - * /``."""

    op: str
    left: "Expr"
    right: "Expr"


@hashed_once
@dataclass(frozen=True, slots=True)
class Compare(Node):
    """A comparison of two expressions: ``< <= > >= == !=``."""

    op: str
    left: "Expr"
    right: "Expr"


@hashed_once
@dataclass(frozen=True, slots=True)
class And(Node):
    """True when every argument is."""

    args: tuple["Expr", ...]


@hashed_once
@dataclass(frozen=True, slots=True)
class Or(Node):
    """True when some argument is."""

    args: tuple["Expr", ...]


@hashed_once
@dataclass(frozen=True, slots=True)
class Not(Node):
    """True when the argument is false."""

    arg: "Expr"


Expr = Number | Name | Literal | BinOp | Compare | And | Or | Not
Boolean = Literal, Name, Compare, And, Or, Not
