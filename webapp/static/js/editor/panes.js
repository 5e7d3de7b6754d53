// Text, visitor and subscriber: side by side where there is room, as tabs where there is none.
export function setUpPanes(form) {
  const list = form.querySelector("[role=tablist]");
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const panes = form.querySelector("[data-panes]");
  const choose = (tab, isFocused) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    }
    panes.dataset.panes = tab.dataset.shows;
    if (isFocused) tab.focus();
    form.dispatchEvent(new Event("paneschange"));
  };
  list.addEventListener("click", ({ target }) => {
    const tab = target.closest("[role=tab]");
    if (tab) choose(tab, false);
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const seen = tabs.filter((tab) => tab.checkVisibility());
    if (!by || !seen.length) return;
    event.preventDefault();
    const at = seen.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    choose(seen[(at + by + seen.length) % seen.length], true);
  });
  for (const element of [list, ...form.querySelectorAll("[data-pane], [data-help]")]) element.hidden = false;
  panes.classList.add("editor__panes--live");
  const narrow = matchMedia("(max-width: 56rem)");
  const settle = () => {
    const shown = tabs.find((tab) => tab.getAttribute("aria-selected") === "true");
    if (!shown || (!narrow.matches && shown.dataset.shows === "text")) choose(tabs[narrow.matches ? 0 : 1], false);
  };
  narrow.addEventListener("change", settle);
  settle();
  return { showText: () => narrow.matches && choose(tabs[0], false) };
}
