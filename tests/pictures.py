"""Takes pictures of twelve pages, in light and dark, into pictures/ (`make pictures`), and small ones for README.

make pictures                                  all of them
make pictures ARGS="--only preview --only full"  some, by name
make pictures ARGS="--readme"                  the four that README shows, into docs/pictures/
"""

import argparse
import base64
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.factories.showroom import NEWCOMER, REPORT, SUBSCRIBER, Showroom, html_of, stock
from tests.journeys.readers import cookies_of
from tests.journeys.serving import CHROMIUM, FLAGS, serving

ROOT = Path(__file__).parents[1]
DESK, PHONE, SMALL = (1280, 900), (360, 740), (1180, 760)  # width and height in pixels
LIGHT, DARK = "light", "dark"
MOST_BYTES = 60_000  # of a picture in README
QUALITIES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
TO_THE_GATE = """() => {
  const offers = document.querySelector("#offers");
  if (offers) scrollTo({ top: offers.getBoundingClientRect().bottom + 60 - innerHeight, behavior: "instant" });
}"""
TO_WEBP = """async ([png, quality]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


@dataclass(frozen=True)
class Picture:
    """A page to look at: as whom (nobody: a visitor), on which screen, and after pressing which button."""

    name: str
    path: str
    reader: str = ""
    screen: tuple[int, int] = DESK
    presses: str = ""


PAGES = (
    Picture("catalogue", "/"),
    Picture("preview", f"/d/{REPORT}"),
    Picture("full", f"/d/{REPORT}", SUBSCRIBER),
    Picture("search", "/search?q=图书馆"),
    Picture("plans", "/plans"),
    Picture("account", "/account/plan", SUBSCRIBER),
    Picture("library", "/library", SUBSCRIBER),
    Picture("sign-in", "/login"),
    Picture("error-404", "/d/a-report-that-is-not-there"),
    Picture("checkout", f"/checkout?plan=year&document={REPORT}", NEWCOMER, presses="去付款"),
    Picture("mail", ""),
    Picture("phone", f"/d/{REPORT}", screen=PHONE),
)
# What README shows: the name there, of which page, in which theme.
README = (("preview", "preview", LIGHT), ("full", "full", LIGHT), ("dark", "preview", DARK), ("phone", "phone", LIGHT))


@dataclass
class Photographer:
    """Looks at pages of one server with one browser; who has signed in once stays signed in."""

    browser: Browser
    address: str
    showroom: Showroom
    known: dict[str, StorageState] = field(default_factory=dict)

    @contextmanager
    def looking_at(self, picture: Picture, theme: str, screen: tuple[int, int]) -> Iterator[Page]:
        """Open a page as its reader sees it in a theme; raise AssertionError when there is no such page."""
        context = self.browser.new_context(
            base_url=self.address,
            locale="zh-CN",
            color_scheme=theme,
            viewport={"width": screen[0], "height": screen[1]},
            storage_state=self._cookies(picture.reader),
        )
        page = context.new_page()
        if picture.path:
            answer = page.goto(picture.path)
            assert answer is not None
            assert answer.ok or picture.name.startswith("error-"), f"{picture.path} answers {answer.status}"
        else:
            page.set_content(html_of(self.showroom.mails()[-1]))
        if picture.presses:
            page.get_by_role("button", name=picture.presses).click()
            page.wait_for_load_state()
        page.evaluate("document.fonts.ready")
        yield page
        context.close()

    def _cookies(self, reader: str) -> StorageState | None:
        if reader and reader not in self.known:
            self.known[reader] = cookies_of(self.browser, self.address, reader)
        return self.known.get(reader)

    def take(self, number: int, picture: Picture, theme: str) -> Path:
        """Take a whole page into pictures/ and return the file."""
        file = ROOT / "pictures" / f"{number:02}-{picture.name}-{theme}.png"
        with self.looking_at(picture, theme, picture.screen) as page:
            page.screenshot(path=file, full_page=True)
        return file

    def take_for_readme(self, name: str, picture: Picture, theme: str) -> Path:
        """Take what fits on a small screen, at the gate where there is one, into docs/pictures/."""
        file = ROOT / "docs/pictures" / f"{name}.webp"
        screen = SMALL if picture.screen == DESK else picture.screen
        with self.looking_at(picture, theme, screen) as page:
            page.evaluate(TO_THE_GATE)
            file.write_bytes(self._small(page.screenshot()))
        return file

    def _small(self, png: bytes) -> bytes:
        """Return a picture as WebP, as good as it may be for its size."""
        page = self.browser.new_page()
        packed = b""
        for quality in QUALITIES:
            packed = base64.b64decode(page.evaluate(TO_WEBP, [base64.b64encode(png).decode(), quality]))
            if len(packed) <= MOST_BYTES:
                break
        page.close()
        return packed


@contextmanager
def _photographer() -> Iterator[Photographer]:
    with tempfile.TemporaryDirectory() as folder:
        showroom = stock(Path(folder) / "instance")
        with serving(showroom.instance) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--hide-scrollbars"])
            yield Photographer(browser, server.address, showroom)
            browser.close()


def main() -> int:
    """Take what is asked for; a page that cannot be opened is told, and the others are taken all the same."""
    parser = argparse.ArgumentParser(description="Takes pictures of the pages.")
    parser.add_argument("--only", action="append", choices=[one.name for one in PAGES], help="Only this one.")
    parser.add_argument("--readme", action="store_true", help="The four that README shows, into docs/pictures/.")
    asked = parser.parse_args()
    (ROOT / "pictures").mkdir(exist_ok=True)
    with _photographer() as photographer:
        taken = [_told(take, *what) for take, *what in _orders(photographer, asked.only, readme=asked.readme)]
    return 0 if all(taken) else 1


def _orders(photographer: Photographer, only: list[str] | None, *, readme: bool) -> list[tuple]:
    named = {picture.name: picture for picture in PAGES}
    if readme:
        return [(photographer.take_for_readme, name, named[page], theme) for name, page, theme in README]
    numbered = [(number, one) for number, one in enumerate(PAGES, 1) if not only or one.name in only]
    return [(photographer.take, number, one, theme) for number, one in numbered for theme in (LIGHT, DARK)]


def _told(take: Callable[..., Path], *what: object) -> bool:
    try:
        file = take(*what)
    except AssertionError as error:
        print(f"not taken: {error}")
        return False
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB")
    return True


if __name__ == "__main__":
    sys.exit(main())
