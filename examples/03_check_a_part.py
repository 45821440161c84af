"""Classify shipped parts under two rule sets, and see what an unknown fact does."""

from optimizer import check, load_catalog, load_law

PARTS = ("h20", "a800", "rtx_4090", "l20")
RULES = ("us-2022", "us-2023", "us-2025")


def main() -> None:
    """Print one line per part and rule set."""
    law, catalog = load_law(), load_catalog()
    for part in PARTS:
        facts = catalog.sku(part).legal_facts()
        for name in RULES:
            said = check(facts, law.ruleset(name))
            needs = f", needs {', '.join(said.needs)}" if said.needs else ""
            caught = f" by {', '.join(said.paragraphs)}" if said.paragraphs else ""
            print(f"{part:10} {name}  {said.verdict}{caught}{needs}")

    without_area = {"tpp": 2368, "datacenter": True}
    said = check(without_area, law.ruleset("us-2023"))
    print(f"TPP 2,368 and no area: {said.verdict}, needs {', '.join(said.needs)}")


if __name__ == "__main__":
    main()
