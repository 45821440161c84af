"""A record that an officer can sign: H20 to a firm in Germany with its seat in China."""

from optimizer import check, load_catalog, load_law
from optimizer.report.assessment import Part
from optimizer.report.record import record_of
from optimizer.report.record_evidence import Origin
from optimizer.report.record_md import as_markdown_record


def main() -> None:
    """Print the record as Markdown; write nothing."""
    catalog = load_catalog()
    sku, rules = catalog.sku("h20"), load_law().ruleset("us-2025")
    said = check(sku.legal_facts(), rules, "DE", "CN", intervals=sku.legal_intervals())
    part = Part(sku.id, f"{sku.vendor} {sku.name}")
    record = record_of(said, part, rules, Origin("the catalog", sku=sku, catalog=catalog))
    print(as_markdown_record(record), end="")


if __name__ == "__main__":
    main()
