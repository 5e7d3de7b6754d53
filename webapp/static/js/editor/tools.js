// The buttons and their keys. Which keys they are stands on the buttons, where screen readers find them, too.
import { bold, footnote, heading, image, link, list, pageBreak, table } from "./formatting.js";
import { lock, lockToEnd, unlock } from "./locking.js";

export const EDITS = { lock, lockToEnd, unlock, pageBreak, heading, bold, list, table, link, image, footnote };
const isMac = /^Mac|^iP/.test(navigator.platform);

// Return what the keys of an event are called, as aria-keyshortcuts names them.
function keysOf(event) {
  const place = /^Key([A-Z])$|^Digit(\d)$/.exec(event.code); // for who writes in other letters
  const key = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : (place?.[1] ?? place?.[2] ?? event.key);
  const held = [["Control", event.ctrlKey], ["Alt", event.altKey], ["Meta", event.metaKey], ["Shift", event.shiftKey]];
  return [...held.filter(([, isHeld]) => isHeld).map(([name]) => name), key].join("+");
}

// A row of buttons with one stop for Tab, between which arrows lead.
function rove(bar, buttons) {
  let current = 0;
  const stop = (at) => {
    current = (at + buttons.length) % buttons.length;
    buttons.forEach((button, place) => (button.tabIndex = place === current ? 0 : -1));
  };
  const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  bar.addEventListener("keydown", (event) => {
    const to = { [forward]: current + 1, [back]: current - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stop(to);
    buttons[current].focus();
  });
  bar.addEventListener("focusin", ({ target }) => stop(Math.max(0, buttons.indexOf(target.closest("button")))));
  stop(0);
}

// Sets the buttons going: each does its edit on what is selected; `nothing` is told where there is none to do.
export function setUpTools(form, field, others, nothing) {
  const bar = form.querySelector("[data-tools]");
  const buttons = [...bar.querySelectorAll("button")];
  const words = [bar.dataset.heading, bar.dataset.cell];
  const keys = new Map([[isMac ? "Meta+S" : "Control+S", "save"]]);
  const run = (name) => {
    if (others[name]) return others[name]();
    if (!field.isComposing && !field.apply(EDITS[name](field.text, ...field.selection, words))) nothing(name);
  };
  for (const button of form.querySelectorAll("button[data-do]")) {
    const shortcut = button.getAttribute("aria-keyshortcuts");
    if (shortcut && isMac) button.setAttribute("aria-keyshortcuts", shortcut.replace("Control", "Meta"));
    if (shortcut) keys.set(button.getAttribute("aria-keyshortcuts"), button.dataset.do);
    button.addEventListener("mousedown", (event) => event.preventDefault()); // which would take the selection away
    button.addEventListener("click", () => run(button.dataset.do));
  }
  form.addEventListener("keydown", (event) => {
    if (event.isComposing || event.getModifierState("AltGraph")) return; // which writes signs
    const name = keys.get(keysOf(event));
    const isInText = event.target === field.area || bar.contains(event.target);
    if (!name || !(isInText || others[name])) return;
    event.preventDefault();
    run(name);
  });
  rove(bar, buttons);
  bar.hidden = false;
}
