"""Would the solver have found what vendors shipped? Shipped parts beside the optimum of their day.

The left-hand side sees the law, the die and the parts on sale; the shipped part is read only for
the right-hand side, so removing its record changes no optimum.
"""

from optimizer import load_catalog, load_law
from optimizer.study.backtest import backtest

PARTS = ("a800", "h800", "h20", "l20", "rtx_pro_6000d")


def main() -> None:
    """Print one line per part, and the reason under it."""
    catalog, law = load_catalog(), load_law()
    rows = backtest(catalog, law, derivations=PARTS)
    for row in rows:
        proof = "proved optimum" if row.proved else "best found, not proved"
        print(f"{row.derivation.derived_sku}: {row.share:.1%}".replace("%", " %"), "of the", proof)
        for reason in row.reasons:
            print(f"    {reason.group} ({reason.support}): {reason.sentence}")

    bare = catalog.without([row.derivation.derived_sku for row in rows])
    again = backtest(bare, law, derivations=[row.derivation.id for row in rows])
    same = all(a.optimum.knobs == b.optimum.knobs for a, b in zip(rows, again, strict=True))
    print(f"optima without the records of the shipped parts are the same: {same}")


if __name__ == "__main__":
    main()
