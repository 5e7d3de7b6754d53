// The editor of one document: joins what the other files of this folder do. All that it says stands in the page.
import { Copies } from "./copies.js";
import { Findings, filled } from "./findings.js";
import { Layer, shifted } from "./layer.js";
import { scan } from "./markers.js";
import { setUpPanes } from "./panes.js";
import { Previews, View, around } from "./views.js";
import { Saving } from "./saving.js";
import { SearchBar } from "./search_bar.js";
import { OtherTabs } from "./other_tabs.js";
import { TextField } from "./text_field.js";
import { setUpTools } from "./tools.js";

const language = document.documentElement.lang;
const count = new Intl.NumberFormat(language);
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const AFTER_MOVING = 150; // milliseconds after which the views follow the caret
const LOOK_AGAIN = 20_000; // milliseconds after which a tab that is looked at again asks whether the text is another by now

class Editor {
  constructor(form) {
    this.form = form;
    this.area = form.querySelector("textarea");
    this.field = new TextField(this.area);
    this.layer = new Layer(this.area);
    this.copies = new Copies(`${form.dataset.reader} ${form.dataset.document}`);
    this.saving = new Saving(form, this.field, this.copies);
    this.previews = new Previews(form, this.field);
    this.views = [...form.querySelectorAll("[data-view]")].map((box) => [box.dataset.view, new View(box)]);
    this.findings = new Findings(document.querySelector("[data-findings]"), (found) => this.goTo(found.start, found.end));
    this.search = new SearchBar(form.querySelector("[data-search]"), this);
    this.scanned = scan("");
    this.seen = Date.now();
  }

  start() {
    const { field, form, saving } = this;
    field.addEventListener("stroke", () => this.draw());
    this.area.addEventListener("focus", () => this.moved());
    document.addEventListener("selectionchange", () => document.activeElement === this.area && this.moved());
    const others = { save: () => saving.save(), find: () => this.search.open() };
    const { dataset } = form.querySelector("[data-tools]");
    setUpTools(form, field, others, (name) => this.say(dataset[`no${name[0].toUpperCase()}${name.slice(1)}`] ?? ""));
    this.panes = setUpPanes(form);
    form.addEventListener("paneschange", () => (this.layer.fit(), this.follow()));
    saving.addEventListener("beside", ({ told }) => this.tellConflict(told));
    saving.addEventListener("state", () => this.tellState());
    this.previews.addEventListener("answer", (event) => this.answered(event));
    const { silence } = form.querySelector("[data-problem]").dataset;
    this.previews.addEventListener("silence", () => this.tellViews(silence));
    form.addEventListener("submit", (event) => this.submitted(event));
    this.meetOthers();
    this.paint();
    this.previews.ask();
    this.restore();
    const ways = document.querySelectorAll("form.leave"); // the buttons that sign out
    ways.forEach((way) => way.addEventListener("submit", (event) => this.signsOut(event)));
  }

  // Draws marks under the text once for all that a frame brings.
  draw() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.paint();
    });
  }

  paint() {
    const { layer } = this;
    const { text } = this.field;
    const old = layer.text;
    const change = layer.read(text);
    if (old !== text) {
      layer.mark("finding", shifted(layer.marks.get("finding") ?? [], change, old.length, text.length));
      this.scanned = scan(text);
      this.markSpans(this.scanned.spans.map(({ begin, end }) => ({ start: begin.start, stop: end.stop })));
      this.search.find();
    }
    layer.paint();
  }

  markSpans(spans) {
    this.layer.mark("paid", spans.map((span) => ({ ...span, name: "shade shade--paid" })));
    const markers = this.scanned.marks.filter(({ kind }) => kind !== "literal");
    this.layer.mark("marker", markers.map((mark) => ({ ...mark, name: `shade shade--marker shade--${mark.kind}` })));
  }

  // Takes over what the server says of a text: places count only while it is the one on the page.
  answered({ told, text }) {
    for (const [name, view] of this.views) if (told[name] && !told.problem) view.show(told[name]);
    this.tellViews(told.problem ?? "");
    this.tellFigures(told.figures ?? {}, told.findings);
    this.findings.show(told.findings);
    if (text === this.field.text) {
      this.markSpans(told.spans.map(({ start, end }) => ({ start, stop: end })));
      this.layer.mark("finding", this.findings.ranges());
      this.layer.paint();
    }
    this.moved();
  }

  tellViews(problem) {
    const box = this.form.querySelector("[data-problem]");
    box.hidden = !problem;
    if (box.textContent !== problem) box.textContent = problem;
  }

  tellFigures(figures, findings) {
    const told = { ...figures, findings: findings.length };
    for (const place of this.form.querySelectorAll("[data-figure]")) {
      const value = told[place.dataset.figure];
      if (value !== undefined) place.textContent = typeof value === "number" ? count.format(value) : value;
    }
  }

  tellState() {
    const { state, told } = this.saving;
    const box = this.form.querySelector("[data-state]");
    box.dataset.now = state;
    box.textContent = filled(box.dataset[state] ?? "", clock.format(new Date(told.saved_at ?? Date.now())));
    const isTrouble = !["saved", "waiting", "saving"].includes(state);
    box.classList.toggle("editor__state--trouble", isTrouble);
    if (isTrouble) this.say(box.textContent);
    if (state === "conflict") this.tellConflict(told);
    this.notice("signedOut", state === "signedOut");
    if (state === "saved" && told.version) this.tabs?.saved(told.version);
    if (state === "saved") this.notice("restored", false);
    const names = (told.others ?? []).map(({ name }) => name);
    if (names.length && !document.querySelector("[data-others]")) this.notice("others", true, { names: names.join(", ") });
  }

  // Both versions stay; where they are compared is told.
  tellConflict({ by, compare }) {
    this.notice("conflict", true, { by }).querySelector("a").href = compare;
  }

  // Says something to who hears the page.
  say(sentence) {
    this.form.querySelector("[data-said]").textContent = sentence;
  }

  notice(name, isShown, values = {}) {
    const box = this.form.querySelector(`[data-notice="${name}"]`);
    if (!box || box.hidden === !isShown) return box;
    box.hidden = !isShown;
    for (const place of box.querySelectorAll("[data-value]")) place.textContent = values[place.dataset.value] ?? "";
    return box;
  }

  moved() {
    clearTimeout(this.following);
    this.following = setTimeout(() => {
      this.follow();
      const here = this.findings.at(this.area.selectionStart);
      const box = this.form.querySelector("[data-here]");
      box.hidden = !here;
      if (box.textContent !== (here?.message ?? "")) box.textContent = here?.message ?? "";
    }, AFTER_MOVING);
  }

  follow() {
    const place = around(this.field.text, this.scanned.spans, this.area.selectionStart);
    for (const [name, view] of this.views) view.follow(name === "full" ? { ...place, gate: 0 } : place);
  }

  // Leads to a place of the text, a third of the way down.
  goTo(start, stop, isFocused = true) {
    this.panes.showText();
    if (isFocused) this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start, stop);
    const { top } = this.layer.placeOf(start);
    const { scrollTop, clientHeight } = this.area;
    if (top < scrollTop + 20 || top > scrollTop + clientHeight - 60) this.area.scrollTop = top - clientHeight / 3;
    if (isFocused) this.area.scrollIntoView({ block: "nearest" });
  }

  // What was typed is saved before the form is sent, so that it is sent with the version that is there by then.
  async submitted(event) {
    if (this.isSent || (!this.saving.isDue && !this.saving.sending)) return;
    event.preventDefault();
    const { submitter } = event;
    if (!(await this.saving.flush())) return;
    this.isSent = true;
    this.form.requestSubmit(submitter);
    this.isSent = false;
  }

  // What an earlier page left in this browser is put back; where the document was saved since, it is kept beside that.
  async restore() {
    const copy = await this.copies.find();
    if (!copy || copy.text === this.field.text) return copy && this.copies.forget();
    if (copy.version !== this.form.elements.version.value) return this.saving.keepBeside(copy).catch(() => {});
    const { text } = this.field;
    const box = this.notice("restored", true, { time: day.format(new Date(copy.time)) });
    this.say(box.textContent);
    this.field.replaceAll(copy.text);
    box.querySelector("button").addEventListener("click", () => {
      this.field.replaceAll(text);
      box.hidden = true;
    });
  }

  meetOthers() {
    this.tabs = new OtherTabs(this.form.dataset.document);
    this.tabs.addEventListener("met", () => this.notice("elsewhere", true));
    this.tabs.addEventListener("saved", ({ version }) => {
      if (version !== this.form.elements.version.value) this.notice("changed", true);
    });
    this.form.querySelector("[data-reload]").addEventListener("click", () => location.reload());
    document.addEventListener("visibilitychange", () => document.hidden || this.lookAgain());
  }

  // Somebody else may have saved since: told before anything is typed.
  async lookAgain() {
    if (Date.now() - this.seen < LOOK_AGAIN || this.saving.isDue) return;
    this.seen = Date.now();
    const found = await this.saving.latest().catch(() => null);
    const isOther = found?.version && found.version !== this.form.elements.version.value;
    if (isOther && found.text !== this.field.text) this.notice("changed", true);
  }

  // Who signs out leaves nothing in this browser, so what is not saved is saved first; who presses twice goes without.
  async signsOut(event) {
    const form = event.target;
    if (this.saving.isDue && !this.warned) {
      event.preventDefault();
      if (!(await this.saving.flush())) {
        this.warned = true;
        const box = this.form.querySelector("[data-state]");
        box.textContent = box.dataset.unsaved;
        return this.say(box.dataset.unsaved);
      }
      form.requestSubmit();
    } else this.copies.forget();
  }
}

const form = document.querySelector("form[data-editor]");
if (form) new Editor(form).start();
