"""What eyes need, the same for every page: accessibility by axe-core's rules."""

from axe_playwright_python.sync_playwright import Axe

OPTIONS = {"preload": False, "iframes": False, "resultTypes": ["violations"]}


def assert_accessible(page, *places, **options):
    """Assert that axe-core finds no violation on `page`, or in these `places` (selectors) of it."""
    results = Axe().run(page, context=list(places) or None, options=OPTIONS | options)
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"
