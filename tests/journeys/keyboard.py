"""Hands on a keyboard and no mouse: from stop to stop, and each must show that it is where one is."""

from dataclasses import dataclass

from playwright.sync_api import Page

MOST_STOPS = 150
# What is focused: its tag, type, name, what it is called, and whether that can be seen; null for none.
FOCUSED = """() => {
  const here = document.activeElement;
  if (!here || here === document.body || here === document.documentElement) return null;
  here.dataset.visited = "yes";
  const rings = [here, here.closest("label"), here.parentElement].filter(Boolean).map((one) => getComputedStyle(one));
  const ringed = rings.some((one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 0);
  const label = here.labels && here.labels[0];
  const box = (label && here.offsetWidth <= 1 ? label : here).getBoundingClientRect();
  const drawn = getComputedStyle(here), reach = parseFloat(drawn.outlineOffset) + parseFloat(drawn.outlineWidth) - 0.5;
  let whole = true;
  for (let around = here.parentElement; around !== document.body; around = around.parentElement) {
    const edge = around.getBoundingClientRect();
    whole &&= getComputedStyle(around).overflow === "visible"
      || (box.left - reach >= edge.left && box.right + reach <= edge.right
        && box.top - reach >= edge.top && box.bottom + reach <= edge.bottom);
  }
  return {
    tag: here.localName,
    name: here.getAttribute("name") || "",
    called: (here.ariaLabel || (label && label.innerText) || here.innerText || here.value || "").trim(),
    ringed,
    whole,
    inSight: box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0,
  };
}"""
# What a keyboard must reach and did not: of radio buttons with one name, one is enough.
UNREACHED = """() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
  const stops = all.filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
  const reached = (one) => one.type === "radio"
    ? all.some((other) => other.name === one.name && other.dataset.visited)
    : one.dataset.visited;
  return stops.filter((one) => !reached(one)).map((one) => one.outerHTML.slice(0, 120));
}"""


@dataclass
class Keyboard:
    """What somebody does who has nothing else."""

    page: Page

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        """Type into what is focused."""
        self.page.keyboard.type(text)

    def stop(self, key: str = "Tab") -> dict | None:
        """Go one stop on; return what is focused, None at the end of the page, and insist that it can be seen."""
        self.press(key)
        here = self.page.evaluate(FOCUSED)
        if here:
            assert here["ringed"], f"no visible focus: {here}"
            assert here["whole"], f"what shows the focus is cut off: {here}"
            assert here["inSight"], f"focused out of sight: {here}"
        return here

    def goes_to(self, called: str = "", *, name: str = "") -> dict:
        """Go on until a control of this name, or called so, is focused; raise AssertionError when none is."""
        passed = []
        for _ in range(MOST_STOPS):
            here = self.stop()
            if here and ((name and here["name"] == name) or (called and here["called"].startswith(called))):
                return here
            passed.append(here and here["called"][:20])
        raise AssertionError(f"{called or name} is not reached: {passed}")

    def fills(self, **fields: str) -> None:
        """Go to fields by name, in the order of the page, and types."""
        for name, text in fields.items():
            self.goes_to(name=name)
            self.types(text)

    def walks_through(self) -> list[str]:
        """Go through the whole page once and return what was not reached."""
        for _ in range(MOST_STOPS):
            if self.stop() is None:
                return self.page.evaluate(UNREACHED)
        raise AssertionError("the page has no end for who presses Tab")
