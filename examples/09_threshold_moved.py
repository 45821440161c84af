"""What one threshold of the law is worth over a whole range: the best GH100 at 500 places of it.

The design space is read once for the line; each place then takes about a millisecond. The optima
of single answers are proved (`optimize`, `optimize explain`); those of a curve are searched.
"""

from fractions import Fraction
from itertools import groupby

from optimizer import load_catalog, load_law
from optimizer.design import build_space
from optimizer.projection import prepare
from optimizer.solver import Request
from optimizer.solver.lines import lines
from optimizer.solver.moved import MovedLine

LINE = "us_letters/april_2025.dram_ceiling"
PLACES = 500


def main() -> None:
    """Print each step of the curve: from where on, the throughput and the memory that gives it."""
    catalog, law = load_catalog(), load_law().ruleset("us-2025")
    request = Request(law, catalog.workload("default-mix"))
    space = build_space(catalog, "gh100", law.on)
    line = next(each for each in lines(law, request.destination) if each.path == LINE)
    moved = MovedLine.of(request, line, space, prepare(request.workload, catalog))
    places = [line.value * Fraction(i, PLACES) * 2 for i in range(1, PLACES + 1)]
    curve = [(place, *moved.best(place)) for place in places]
    steps = [next(group) for _, group in groupby(curve, key=lambda each: each[1])]
    print(f"{LINE}: {float(line.value):g} GB/s today, {len(steps)} steps up to twice that")
    for place, throughput, design in steps:
        memory = f"{design.sites} x {design.option.part}" if design else "nothing lawful serves it"
        print(f"from {float(place):8.1f} GB/s: {throughput:8.2f} tokens/s per chip, {memory}")


if __name__ == "__main__":
    main()
