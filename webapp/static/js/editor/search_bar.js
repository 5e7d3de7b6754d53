// Finding and replacing within the text.
const MOST = 2_000; // hits that are marked

export class SearchBar {
  constructor(bar, editor) {
    Object.assign(this, { bar, editor, hits: [], at: -1 });
    if (!bar) return;
    this.words = bar.querySelector("[data-find]");
    this.instead = bar.querySelector("[data-instead]");
    this.told = bar.querySelector("[data-told]");
    this.words.addEventListener("input", () => (this.find(), editor.layer.paint(), this.go(0, false)));
    bar.addEventListener("keydown", (event) => this.pressed(event));
    bar.addEventListener("click", ({ target }) => this[target.closest("button")?.dataset.does]?.());
  }

  open() {
    const { area, field } = this.editor;
    const chosen = field.text.slice(...field.selection);
    this.bar.hidden = false;
    if (chosen && !chosen.includes("\n")) this.words.value = chosen;
    this.from = area.selectionStart;
    this.find();
    this.editor.layer.paint();
    this.words.select();
    this.words.focus();
  }

  close() {
    this.bar.hidden = true;
    this.find();
    this.editor.layer.paint();
    this.editor.area.focus();
  }

  pressed(event) {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    if (event.key === "Enter" && event.target.localName === "button") return;
    event.preventDefault();
    if (event.key === "Escape") this.close();
    else if (event.target === this.instead) this.replace();
    else this.go(event.shiftKey ? -1 : 1);
  }

  find() {
    if (!this.bar) return;
    const wanted = this.bar.hidden ? "" : this.words.value.toLowerCase();
    const text = wanted ? this.editor.field.text : "";
    const lower = text.toLowerCase();
    const within = lower.length === text.length ? lower : text; // of few letters the small one is longer
    this.hits = [];
    for (let at = wanted ? within.indexOf(wanted) : -1; at >= 0 && this.hits.length < MOST; ) {
      this.hits.push({ start: at, stop: at + wanted.length, name: "shade shade--hit" });
      at = within.indexOf(wanted, at + wanted.length);
    }
    this.editor.layer.mark("hit", this.hits);
    this.told.textContent = wanted ? this.told.dataset[this.hits.length ? "found" : "none"].replace("{0}", this.hits.length) : "";
  }

  next() {
    this.go(1);
  }

  previous() {
    this.go(-1);
  }

  // Goes to a hit: the one at or behind the caret, or the next or the one before it.
  go(by) {
    if (!this.hits.length) return;
    const { area } = this.editor;
    const behind = this.hits.findIndex(({ start }) => start >= (by > 0 ? area.selectionEnd : area.selectionStart));
    const first = behind < 0 ? (by < 0 ? this.hits.length : 0) : behind;
    const hit = this.hits[(first + (by < 0 ? -1 : 0) + this.hits.length) % this.hits.length];
    this.editor.goTo(hit.start, hit.stop, false);
  }

  isAtHit() {
    const [start, stop] = this.editor.field.selection;
    return this.hits.find((hit) => hit.start === start && hit.stop === stop);
  }

  replace() {
    const hit = this.isAtHit();
    if (hit) this.change([hit]);
    this.go(1);
    this.instead.focus();
  }

  replaceAll() {
    this.change(this.hits);
    this.instead.focus();
  }

  change(hits) {
    const insert = this.instead.value;
    const [first] = hits;
    if (!first) return;
    this.editor.field.apply({
      changes: hits.map(({ start, stop }) => ({ start, stop, insert })),
      select: [first.start, first.start + insert.length],
    });
    this.editor.paint();
  }
}
