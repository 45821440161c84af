"""The language of conditions: its parser and its printer.

``1.6 <= performance_density < 5.92 and not (datacenter == false)``: names, exact numbers, dates by
name only, text in quotes, ``+ - * /``, comparisons, ``and or not``, parentheses. Nothing else.
"""

import re
from fractions import Fraction

from catalogs.errors import InputError
from constraints.nodes import And, BinOp, Boolean, Compare, Expr, Literal, Name, Not, Number, Or

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d[\d_]*(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<op><=|>=|==|!=|[-+*/()<>]))"
)
# Far beyond any rule, and short of what exhausts the stack of a recursive reader.
MOST_CHARACTERS, MOST_DEPTH = 20_000, 100
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
WORDS = frozenset({"and", "or", "not"})
CONSTANTS = {"true": True, "false": False}
# Binding strength, loosest first, for the printer.
LOOSEST, CONJUNCTION, NEGATION, COMPARISON, SUM, PRODUCT, TIGHTEST = range(7)


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise InputError(
                f"a condition of {len(text):,} characters; at most {MOST_CHARACTERS:,}"
            )
        self.text, self.at, self.tokens = text, 0, list[tuple[str, str]]()
        position, end = 0, len(text.rstrip())
        while position < end:
            found = TOKEN.match(text, position)
            if found is None:
                raise InputError(f"cannot read '{text[position:].strip()}' in condition '{text}'")
            kind = found.lastgroup or ""
            self.tokens.append((kind, found[kind]))
            position = found.end()
        if text.count("(") > MOST_DEPTH or [t for _, t in self.tokens].count("not") > MOST_DEPTH:
            raise InputError(f"more than {MOST_DEPTH} parentheses or 'not' in one condition")

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str | None:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        if self.peek() in wanted and kind != "text":
            self.at += 1
            return wanted[wanted.index(self.tokens[self.at - 1][1])]
        return None

    def fail(self, wanted: str) -> InputError:
        found = f"'{self.peek()}'" if self.peek() else "the end"
        return InputError(f"expected {wanted}, found {found}, in condition '{self.text}'")

    def boolean(self, expr: Expr) -> Expr:
        if not isinstance(expr, Boolean):
            raise InputError(f"'{render(expr)}' is a number, not a condition, in '{self.text}'")
        return expr

    def whole(self) -> Expr:
        found = self.disjunction()
        if self.at < len(self.tokens):
            raise self.fail("the end")
        return found

    def disjunction(self) -> Expr:
        args = [self.conjunction()]
        while self.take("or"):
            args.append(self.conjunction())
        return args[0] if len(args) == 1 else Or(tuple(self.boolean(arg) for arg in args))

    def conjunction(self) -> Expr:
        args = [self.negation()]
        while self.take("and"):
            args.append(self.negation())
        if len(args) == 1:
            return args[0]
        parts = (self.boolean(arg) for arg in args)
        return And(tuple(part for arg in parts for part in _flat(arg)))

    def negation(self) -> Expr:
        return Not(self.boolean(self.negation())) if self.take("not") else self.comparison()

    def comparison(self) -> Expr:
        left, found = self.sum(), list[Expr]()
        while op := self.take(*COMPARISONS):
            right = self.sum()
            found.append(Compare(op, left, right))
            left = right
        if not found:
            return left
        return found[0] if len(found) == 1 else And(tuple(found))

    def sum(self) -> Expr:
        left = self.product()
        while op := self.take("+", "-"):
            left = BinOp(op, left, self.product())
        return left

    def product(self) -> Expr:
        left = self.primary()
        while op := self.take("*", "/"):
            left = BinOp(op, left, self.primary())
        return left

    def primary(self) -> Expr:
        if self.take("("):
            inner = self.disjunction()
            if not self.take(")"):
                raise self.fail("')'")
            return inner
        if self.at == len(self.tokens):
            raise self.fail("a name or a number")
        kind, token = self.tokens[self.at]
        if kind == "op" or token in WORDS:
            raise self.fail("a name or a number")
        self.at += 1
        if kind == "number":
            return Number(Fraction(token))
        if kind == "text":
            return Literal(token[1:-1])
        return Literal(CONSTANTS[token]) if token in CONSTANTS else Name(token)


def _flat(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, And) else (expr,)


def parse(text: str) -> Expr:
    """Read a condition.

    Parameters
    ----------
    text : str
        A condition in the language of the packs.

    Raises
    ------
    InputError
        Anything outside the language; the message quotes the condition.

    Examples
    --------
    >>> render(parse("not datacenter and 1.6 <= performance_density < 5.92"))
    'not datacenter and 1.6 <= performance_density and performance_density < 5.92'
    """
    parser = _Parser(text)
    return parser.boolean(parser.whole())


def parse_arithmetic(text: str) -> Expr:
    """Read the definition of a quantity, as ``tpp / applicable_die_area_mm2``."""
    return _Parser(text).whole()


def decimal_text(value: Fraction) -> str:
    """Exact decimal text of a number, or ``p / q`` where no decimal is exact.

    Examples
    --------
    >>> decimal_text(Fraction(148, 25)), decimal_text(Fraction(1, 3))
    ('5.92', '1 / 3')
    """
    rest, factors = value.denominator, {2: 0, 5: 0}
    for factor in factors:
        while rest % factor == 0:
            rest //= factor
            factors[factor] += 1
    if rest != 1:
        return f"{value.numerator} / {value.denominator}"
    places = max(factors.values())
    whole = abs(value.numerator) * 10**places // value.denominator
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 else text


def _parts(expr: Expr) -> tuple[str, int]:
    match expr:
        case Number(value):
            text = decimal_text(value)
            return text, PRODUCT if "/" in text else TIGHTEST
        case Name(name):
            return name, TIGHTEST
        case Literal(value):
            if isinstance(value, bool):
                return str(value).lower(), TIGHTEST
            return f"'{value}'", TIGHTEST
        case BinOp(op, left, right):
            level = PRODUCT if op in "*/" else SUM
            return f"{_wrap(left, level)} {op} {_wrap(right, level + 1)}", level
        case Compare(op, left, right):
            return f"{_wrap(left, SUM)} {op} {_wrap(right, SUM)}", COMPARISON
        case Not(arg):
            return f"not {_wrap(arg, NEGATION)}", NEGATION
        case And(args):
            return " and ".join(_wrap(arg, NEGATION) for arg in args) or "true", CONJUNCTION
        case Or(args):
            return " or ".join(_wrap(arg, CONJUNCTION) for arg in args) or "false", LOOSEST


def _wrap(expr: Expr, level: int) -> str:
    text, own = _parts(expr)
    return text if own >= level else f"({text})"


def render(expr: Expr) -> str:
    """Text of an expression; reading it back gives the same meaning.

    Examples
    --------
    >>> render(parse("(a or b) and x / (y + 1) >= 2.50"))
    '(a or b) and x / (y + 1) >= 2.5'
    """
    return _parts(expr)[0]
