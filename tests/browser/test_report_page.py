"""The class report in a browser: searched, sorted and opened by keyboard, as wide as a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

if not os.environ.get("CI"):  # where tests count, a missing browser is a failure
    pytest.importorskip("playwright", reason="needs playwright, of the dev extra")
    if pytest.importorskip("lab").browser_path() is None:
        pytest.skip("no Chromium on this machine", allow_module_level=True)

import lab
from playwright.sync_api import Page, expect, sync_playwright

from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict
from autograder.outputs.report import write_report

WRONG = CheckResult("out", 0.0, 4.0, Verdict.FAILED, "out <b>leaves</b> out b.", "bias_left_out")


def grade(points: float | None) -> Grade:
    checks = (WRONG,) if points == 1.0 else ()
    score = QuestionScore(
        "weigh", "layers", points, 4.0, needs_review=points is None, checks=checks
    )
    return Grade("mini", Status.GRADED, points or 0.0, 4.0, 0.0, (), (score,))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The report of 120 students."""
    grades = {f"s{i:03}": grade(i % 4 or None) for i in range(120)}
    path = write_report("mini", grades, tmp_path_factory.mktemp("report") / "mini.html")
    with sync_playwright() as playwright, lab.chromium(playwright) as browser:
        opened = browser.new_page(viewport={"width": 390, "height": 800})
        opened.goto(path.as_uri())
        yield opened


def names(page: Page) -> list[str]:
    rows = page.locator("#students tbody tr:not(.off):not(.said) th")
    return rows.all_inner_texts()


def test_the_page_is_short_until_all_is_asked_for_and_never_wider_than_a_phone(page: Page) -> None:
    assert len(names(page)) == 100
    expect(page.locator("#count")).to_have_text("the first 100 of 120")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Show all").click()
    assert len(names(page)) == 120


def test_a_mistake_is_searched_for_and_its_row_opened_by_keyboard(page: Page) -> None:
    page.get_by_label("Search").fill("bias left")
    expect(page.locator("#count")).to_have_text("30")
    first = page.get_by_role("button", name="s001")
    first.press("Enter")
    expect(first).to_have_attribute("aria-expanded", "true")
    expect(page.locator("tr.said")).to_contain_text("weigh: out <b>leaves</b> out b.")
    first.press("Enter")
    assert page.locator("tr.said").count() == 0
    page.get_by_label("Search").fill("")


def test_columns_sort_by_keyboard_and_what_is_open_comes_last(page: Page) -> None:
    page.get_by_role("button", name="Show all").click()
    head = page.locator("#students thead th", has_text="weigh")
    for order, first in (("descending", "s003"), ("ascending", "s001")):
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", order)
        shown = names(page)
        assert (shown[0], shown[-1]) == (first, "s116")
