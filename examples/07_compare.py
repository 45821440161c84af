"""Two shipped parts beside a solved design: where they differ, and who says so of each value."""

from optimizer import load_law, solve
from optimizer.report.compare import Law, compare
from optimizer.report.compare_design import of_result
from optimizer.report.compare_open import open_part
from optimizer.report.compare_text import as_page


def main() -> None:
    """Print the comparison under the letters of 2025."""
    rules = load_law().ruleset("us-2025")
    design = of_result(solve("us-2025", parents=["gb202"]), "solved here")
    parts = [open_part("h20"), open_part("rtx_pro_6000d"), design]
    print(as_page(compare(parts, Law(rules, "CN"))), end="")


if __name__ == "__main__":
    main()
