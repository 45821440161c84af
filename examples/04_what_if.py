"""What if the letters' limit on memory bandwidth fell to 1,200 GB/s?

The parts that exist are classified under both laws; the best part of GB202 is designed anew.
"""

from optimizer.report.settings import Settings
from optimizer.study.scenario import Change, scenario
from optimizer.study.whatif import what_if

LOWER = Change(set_=("us_letters/april_2025.dram_ceiling=1200",))


def main() -> None:
    """Print who changes class, and what would be built the next day."""
    answer = what_if(scenario(Settings("us-2025", parents=("gb202",)), LOWER))
    for row in answer.classes.changed:
        print(f"{row.sku}: {row.before.verdict} -> {row.after.verdict}")
    for die in answer.redesign.rows:
        print(f"{die.parent}: {die.change:+.1%} tokens/s per chip, projected")
        for trade in die.traded:
            print(f"  {trade.name}: {float(trade.before):g} -> {float(trade.after):g}")


if __name__ == "__main__":
    main()
