// What a visitor and a subscriber will see, made by the server from the text as it stands, beside the text.
const REST = 300; // milliseconds after a stroke
const AGAIN = 3_000; // milliseconds after which a server that did not answer is asked once more
const WORDS = /[\p{L}\p{N}]{2,}/gu;

// Shows a document that the server rendered. It has a tree of its own, so that no name in it meets one of the page.
export class View {
  constructor(box) {
    this.box = box;
    this.pane = box.closest("[data-pane]") ?? box;
    this.root = box.attachShadow({ mode: "open" });
    this.html = null;
    for (const sheet of document.querySelectorAll('link[rel="stylesheet"]')) this.root.append(sheet.cloneNode());
    this.content = this.root.appendChild(document.createElement("div"));
    this.content.className = "editor__rendered";
    this.root.addEventListener("click", (event) => this.followed(event));
    this.root.addEventListener("submit", (event) => event.preventDefault());
  }

  // Links within the text lead there; all others would leave what is being written.
  followed(event) {
    const link = event.target.closest("a, button, summary");
    if (!link || link.localName === "summary") return;
    event.preventDefault();
    const name = link.getAttribute("href")?.startsWith("#") && decodeURIComponent(link.getAttribute("href").slice(1));
    if (name) this.root.getElementById(name)?.scrollIntoView({ block: "start" });
  }

  // Puts in what is another than before, so that what is in sight stays where it is.
  show(html) {
    if (html === this.html) return;
    this.html = html;
    const { body } = new DOMParser().parseFromString(`<body>${html}`, "text/html");
    this.texts = null;
    become(this.content, document.adoptNode(body));
  }

  // Brings into sight what a place of the text became: the passage with most of the words around it, or its gate.
  follow({ words, share, gate }) {
    const target = (gate && this.root.getElementById(`gate-${gate}`)) || this.passage(words, share);
    if (!target) return;
    const [own, frame] = [target.getBoundingClientRect(), this.pane.getBoundingClientRect()];
    if (own.top >= frame.top && own.top <= frame.bottom - 40) return;
    this.pane.scrollTop += own.top - frame.top - frame.height / 3;
  }

  passage(words, share) {
    this.texts ??= [...this.content.querySelectorAll("p, h1, h2, h3, h4, h5, h6, li, td, th, pre, dt, dd, figcaption")].map(
      (element) => ({ element, text: element.textContent }),
    );
    const expected = share * this.texts.length;
    let [best, most] = [null, 0];
    this.texts.forEach(({ element, text }, at) => {
      const met = words.filter((word) => text.includes(word)).length;
      const score = met - Math.abs(at - expected) / (this.texts.length + 1);
      if (met && score > most) [best, most] = [element, score];
    });
    return best;
  }
}

// Makes the children of a node those of another, and leaves in place those that are the same.
function become(old, fresh) {
  let [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  const most = Math.min(before.length, after.length);
  let [first, last] = [0, 0];
  while (first < most && before[first].isEqualNode(after[first])) first += 1;
  while (last < most - first && before.at(-1 - last).isEqualNode(after.at(-1 - last))) last += 1;
  const place = before[before.length - last] ?? null;
  [before, after] = [before.slice(first, before.length - last), after.slice(first, after.length - last)];
  if (before.length === after.length && before.every((node, at) => isSameShell(node, after[at]))) {
    before.forEach((node, at) => become(node, after[at]));
    return;
  }
  before.forEach((node) => node.remove());
  for (const node of after) old.insertBefore(node, place);
}

function isSameShell(one, other) {
  return one.nodeType === 1 && other.nodeType === 1 && one.cloneNode(false).isEqualNode(other.cloneNode(false));
}

// Return what is said around a place of a text, by which it is found again in what was made of it.
export function around(text, spans, at) {
  const start = text.lastIndexOf("\n", Math.max(0, at - 1)) + 1;
  const end = (text.indexOf("\n", at) + 1 || text.length + 1) - 1;
  const line = text.slice(Math.max(start, at - 60), Math.min(end, at + 60)).replace(/[#$]{2}\s*paid\w+[#$]{2}/gi, " ");
  const words = (line.match(WORDS) ?? []).map((word) => word.slice(0, 12));
  const inside = spans.findIndex(({ begin, end: close }) => begin.start <= at && at <= close.stop);
  return { words, share: text.length ? at / text.length : 0, gate: inside + 1 };
}

// Asks for the views of a text once nothing was typed for a moment; an answer to an older text is dropped.
export class Previews extends EventTarget {
  // Tells of "answer" with what the server said, and of "silence" where it said nothing.
  constructor(form, field) {
    super();
    Object.assign(this, { form, field, asked: null, asking: null });
    field.addEventListener("settled", () => this.schedule(REST));
  }

  schedule(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), wait);
  }

  async ask() {
    const text = this.field.settled;
    if (text === this.asked) return;
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const told = await this.told(text, asking.signal).catch(() => ({ silence: AGAIN }));
    if (asking.signal.aborted) return;
    this.asking = null;
    if (told.silence) {
      this.dispatchEvent(new Event("silence"));
      return this.schedule(told.silence);
    }
    this.asked = text;
    this.dispatchEvent(Object.assign(new Event("answer"), { told, text }));
  }

  async told(text, signal) {
    const body = new URLSearchParams({ source: text, csrf_token: this.form.elements.csrf_token.value });
    const answer = await fetch(this.form.dataset.views, {
      method: "post",
      headers: { Accept: "application/json" },
      body,
      redirect: "manual",
      signal,
    });
    if (!answer.ok) return { silence: Math.max(AGAIN, 1_000 * Number(answer.headers.get("Retry-After") ?? 0)) };
    return answer.json();
  }
}
