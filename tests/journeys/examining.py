"""Who looks at pages with axe: as one reader, in all looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  const found = await axe.run({ runOnly: { type: "tag", values: rules }, resultTypes: ["violations"] });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}`));
}"""
FOLDED = "open => document.querySelectorAll('details').forEach((one) => { one.open = open; })"
DESK, PHONE = (1280, 900), (360, 740)


@dataclass(frozen=True)
class Look:
    """In which language, theme and width a page is looked at."""

    language: str
    theme: str
    screen: tuple[int, int]
    size: str = "medium"

    @property
    def cookie(self) -> str:
        return f"{self.theme}.{self.size}.medium.serif"

    def __str__(self) -> str:
        return f"{self.language}, {self.theme}, {self.screen[0]} px"


# Light and dark in both languages and at both widths, and sepia.
LOOKS = (
    Look("zh-CN", "light", DESK),
    Look("zh-CN", "dark", PHONE),
    Look("zh-CN", "sepia", DESK),
    Look("en", "light", PHONE),
    Look("en", "dark", DESK),
)


@dataclass
class Examiner:
    """Looks at pages as one reader, in all looks."""

    chromium: object
    address: str
    cookies: object = None
    script: str = field(default_factory=lambda: axe_playwright.Axe().axe_script)
    rules: list[str] = field(default_factory=lambda: RULES)
    found: list[str] = field(default_factory=list)
    seen: int = 0

    @contextmanager
    def looking(self, look: Look) -> Iterator[object]:
        """Open a page in a look."""
        context = self.chromium.new_context(
            base_url=self.address,
            locale=look.language,
            viewport={"width": look.screen[0], "height": look.screen[1]},
            storage_state=self.cookies,
            reduced_motion="reduce",
        )
        context.add_cookies([{"name": "look", "value": look.cookie, "url": self.address}])
        context.route("**/checkout/return?*", still)
        context.route("**/*.pdf", still)
        yield context.new_page()
        context.close()

    def judge(self, page, name: str, look: Look) -> None:
        """Keep what axe finds on the page that is open."""
        if page.url != "about:blank":
            assert page.locator("html").get_attribute("data-theme") == look.theme
        if look.screen == PHONE:  # what is folded away there is unfolded, the reading settings included
            page.evaluate(FOLDED, arg=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            self.found += [f"{name} ({look}): scrolls sideways: {wide} px"] if wide > PHONE[0] else []
        page.evaluate(self.script)
        self.found += [f"{name} ({look}): {violation}" for violation in page.evaluate(RUN, self.rules)]
        page.evaluate(FOLDED, arg=False)
        self.seen += 1

    def look_at_all(self, paths: list[str], looks: tuple[Look, ...] = LOOKS) -> None:
        """Open each page in each look."""
        for look in looks:
            with self.looking(look) as page:
                for path in paths:
                    page.goto(path)
                    self.judge(page, path, look)

    def pages(self, ways: dict[str, str]) -> dict[str, str]:
        """Return those of these addresses, by route, that answer this reader with a page."""
        with self.looking(LOOKS[0]) as page:
            return {endpoint: path for endpoint, path in ways.items() if _is_page(page.context.request, path)}


def still(route) -> None:
    """Let through a page that looks again by itself, and have it stay while it is looked at."""
    answer = route.fetch(max_redirects=0)
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "refresh"}
    route.fulfill(response=answer, headers=headers)


def _is_page(browser, path: str) -> bool:
    answer = browser.get(quote(path, safe="/?=&"), max_redirects=0)
    return answer.ok and answer.headers.get("content-type", "").startswith("text/html")
