"""The sum behind the TPP, format by format."""

from dataclasses import dataclass
from fractions import Fraction

from catalogs import Die
from optimizer.design.space import FORMAT_BITS
from optimizer.report.numbers import text_number

MHZ_PER_THZ = 10**6
_ALL_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Product:
    """Dense rate times bit length of one format.

    Attributes
    ----------
    rate : Fraction
        Dense rate. [TFLOPS]
    """

    form: str
    kind: str
    rate: Fraction
    bits: int

    @property
    def tpp(self) -> Fraction:
        """Total processing performance. [TPP]"""
        return self.rate * self.bits

    def __str__(self) -> str:
        """The sum as an endnote prints it."""
        rate, whole = (text_number(v, digits=_ALL_DIGITS) for v in (self.rate, self.tpp))
        return f"{self.form.upper()}{self.kind} {self.bits} bit x {rate} T = {whole}"


def largest_product(die: Die, cores: Fraction, clock: Fraction, share: Fraction) -> Product:
    """The format that gives the TPP; vector formats are not cut by the tensor rate.

    Parameters
    ----------
    die : Die
        Gives operations per clock and core.
    cores, clock, share : Fraction
        Enabled cores, clock [MHz], tensor rate as a share of the die's.

    Examples
    --------
    >>> from catalogs import load_catalog
    >>> str(largest_product(load_catalog().die("gb202"), Fraction(76), Fraction(1927), Fraction(1)))
    'FP16 16 bit x 149.966848 T = 2,399.469568'
    """
    tables = (
        (die.dense_ops_per_clk_per_core, "", share),
        (die.vector_ops_per_clk_per_core, " vector", Fraction(1)),
    )
    products = [
        Product(form, kind, cores * clock * ops * cut / MHZ_PER_THZ, FORMAT_BITS[form])
        for table, kind, cut in tables
        for form, ops in table.items()
        if form in FORMAT_BITS
    ]
    return max(products, key=lambda product: product.tpp)
