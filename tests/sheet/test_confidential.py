"""What an overlay marks as confidential stands in no sheet, nor anything that reveals it."""

import re
from collections.abc import Callable

import pytest

from optimizer.report.result import Result
from optimizer.report.sheet import as_html, as_markdown_sheet, as_text_sheet, sheet_of
from tests.sheet.conftest import Page, solved


def pages(result: Result) -> list[str]:
    """Every form of the sheet; of the page what is read, the data of the chart included."""
    made = sheet_of(result)
    page = Page(as_html(made))
    read = " ".join([*page.words, page.scripts[0][1], *(value for value, _, _ in page.numbers)])
    return [read, as_markdown_sheet(made), as_text_sheet(made), made.to_json()]


def stands(number: str, page: str) -> bool:
    return re.search(rf"(?<![\w.,]){re.escape(number)}(?![\w]|[.,]\d)", page) is not None


def test_a_confidential_price_never_appears(overlay: Callable[..., str]):
    part = overlay(
        "skus", "rtx_pro_6000_server", label="sku", price_usd="76543", confidential='["price_usd"]'
    )
    for page in pages(solved(parents=("gb202",), catalog=(part,))):
        assert not stands("76543", page)
        assert not stands("76,543", page)


def test_a_confidential_count_is_withheld_and_named(overlay: Callable[..., str]):
    die = overlay("dies", "gb202", label="die", cores_full="987", confidential='["cores_full"]')
    for page in pages(solved(parents=("gb202",), catalog=(die,))):
        assert not stands("987", page)
        assert "cores_full" in page.replace("\\_", "_")


@pytest.mark.parametrize("public", [False, True])
def test_a_confidential_area_hides_the_density_too(public: bool, overlay: Callable[..., str]):
    die = overlay(
        "dies", "gb202", label="die", area_mm2="747.25", confidential='["logic_dies"]',
    )  # fmt: skip
    result = solved(parents=("gb202",), catalog=(die,), public=public)
    density = result.designs[0].quantities["performance_density"]
    for page in pages(result):
        assert not stands("747.25", page)
        assert f"{density:.3f}" not in page
        assert "withheld" in page


def test_a_confidential_power_class_hides_the_estimate(overlay: Callable[..., str]):
    part = overlay(
        "skus", "rtx_pro_6000_server", label="sku", tdp_w="613", confidential='["tdp_w"]'
    )
    for page in pages(solved(parents=("gb202",), catalog=(part,))):
        assert not stands("613", page)
        assert "withheld" in page


def test_no_part_with_a_confidential_value_is_drawn(overlay: Callable[..., str]):
    part = overlay("skus", "h20", label="sku", confidential='["dense_tflops.fp8"]')
    result = solved(parents=("gh100",), catalog=(part,))
    chart = sheet_of(result).chart
    assert chart is not None
    assert "h20" not in {point.id for point in chart.points}
