// What is wrong with the text, and where: underlined there, listed with a way to the place, and said where the caret is.
const NAMES = { error: "shade shade--finding shade--error", warning: "shade shade--finding" };

// A sentence with what stands in its places, {0} and so on.
export function filled(sentence, ...values) {
  return sentence.replace(/\{(\d)\}/g, (place, number) => values[number] ?? place);
}

export class Findings {
  constructor(section, jump) {
    Object.assign(this, { section, jump, found: [], shown: "" });
    this.list = document.createElement("ul");
    this.list.className = "findings";
  }

  // Takes over what the server found; each has a place, which may hold nothing.
  show(found) {
    this.found = found.map((each) => ({ ...each, stop: Math.max(each.end, each.start + 1), name: NAMES[each.severity] }));
    const key = JSON.stringify(found);
    if (key === this.shown) return;
    this.shown = key;
    for (const other of this.section.querySelectorAll(":scope > :not(h2)")) other.remove(); // what came with the page
    this.list.replaceChildren(...this.found.map((each) => this.item(each)));
    const none = Object.assign(document.createElement("p"), { className: "muted", textContent: this.section.dataset.none });
    this.section.append(found.length ? this.list : none);
  }

  item(each) {
    const { error, warning, place } = this.section.dataset;
    const item = document.createElement("li");
    item.className = `finding finding--${each.severity}`;
    const button = item.appendChild(document.createElement("button"));
    Object.assign(button, { type: "button", className: "link editor__finding" });
    const kind = each.severity === "error" ? error : warning;
    const told = Object.assign(document.createElement("strong"), { textContent: `${kind} ${filled(place, each.line, each.column)}` });
    button.append(told, ` ${each.message}`);
    button.addEventListener("click", () => this.jump(each));
    return item;
  }

  // The ranges to underline: in order, and where two meet, the first.
  ranges() {
    const sorted = this.found.toSorted((one, other) => one.start - other.start);
    return sorted.filter((each, at) => at === 0 || each.start >= sorted[at - 1].stop);
  }

  at(offset) {
    return this.found.find(({ start, stop }) => start <= offset && offset <= stop);
  }
}
