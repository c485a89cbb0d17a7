"""Whom a page shuts out, by the rules of axe-core."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

_FOUND = "axe.run({resultTypes: ['violations']})"


def shuts_nobody_out(page: Page, name: str = "") -> None:
    """Fails with what axe-core finds on the page as it stands, under this name."""
    if not page.evaluate("'axe' in window"):  # reading it takes longer than many a page takes to be looked at
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(_FOUND))
    assert found.violations_count == 0, f"{name or page.url}\n{found.generate_report()}"
