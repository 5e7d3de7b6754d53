"""What a reader feels of a page: in Chromium, 40 ms from the server, on a processor a quarter as fast."""

from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from bench.front_door.library import Library
from bench.front_door.servers import product_server
from tests.journeys.serving import CHROMIUM, FLAGS

LATENCY, SLOWER, TIMES = 40, 4, 5  # milliseconds; so many times as slow; how often each page is opened
_UNTIL_PAINTED = 800  # milliseconds after everything is there
WITHOUT_CHROMIUM = "As a reader feels it: not measured, for Chromium is missing here."
# When something and when the largest text was painted, since the address was asked for; all bytes and requests.
_FELT = """() => new Promise((told) => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const sent = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const bytes = sent.reduce((sum, one) => sum + one.transferSize, 0);
  new PerformanceObserver((list) => told([painted, list.getEntries().at(-1).startTime, bytes, sent.length]))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""


@dataclass(frozen=True)
class _Page:
    name: str
    path: str
    cookie: str = ""


def measure_felt(library: Library) -> list[str]:
    """Return a table of pages as they are felt when a browser comes for the first time, medians of some times."""
    if not CHROMIUM:
        return [WITHOUT_CHROMIUM]
    path = f"/d/{quote(library.slugs[0])}"
    pages = [_Page("preview", path), _Page("full page", path, library.cookies[0]), _Page("catalogue", "/")]
    lines = ["| page | first paint (ms) | its text (ms) | bytes | requests |", "|---|--:|--:|--:|--:|"]
    with product_server(library.instance) as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for page in pages:
            felt = [_open(browser, f"http://127.0.0.1:{product.port}", page) for _ in range(TIMES)]
            painted, text, size, requests = (median(one) for one in zip(*felt, strict=True))
            lines.append(f"| {page.name} | {painted:.0f} | {text:.0f} | {size:,.0f} | {requests:.0f} |")
        browser.close()
    return lines


def _open(browser: Browser, site: str, page: _Page) -> list[Any]:
    context = browser.new_context(locale="zh-CN")
    if page.cookie:
        name, _, value = page.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": site}])
    tab = context.new_page()
    devtools = context.new_cdp_session(tab)
    slow = {"offline": False, "latency": LATENCY, "downloadThroughput": -1, "uploadThroughput": -1}
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", slow)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.goto(site + page.path, wait_until="load")
    tab.wait_for_timeout(_UNTIL_PAINTED)
    felt: list[Any] = tab.evaluate(_FELT)
    context.close()
    return felt
