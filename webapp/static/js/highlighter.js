// Marks the passage that is selected: fills in the form that the page brings, which is shown while there is one.
const text = document.querySelector(".prose");
const marker = document.querySelector(".marker");
const passage = marker.querySelector(".marker__passage");
const begin = document.querySelector("[data-mark]");
const AROUND = 32; // characters kept on either side, as the house keeps them
const SHOWN = 60;
let chosen = null;

// All text nodes but those of what the house says in between, in its own language.
function nodes() {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest(".prose [lang]") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

function quoteOf(range) {
  let [all, start, end] = ["", null, null];
  for (const node of nodes()) {
    if (range.intersectsNode(node)) {
      start ??= all.length + (node === range.startContainer ? range.startOffset : 0);
      end = all.length + (node === range.endContainer ? range.endOffset : node.length);
    }
    all += node.data;
  }
  const exact = all.slice(start ?? 0, end ?? 0);
  if (!exact.trim()) return null;
  const position = [...all.slice(0, start)].length; // the house counts characters, not their halves
  return { exact, position, prefix: all.slice(Math.max(0, start - AROUND), start), suffix: all.slice(end, end + AROUND) };
}

function show() {
  const words = chosen.exact.trim().replace(/\s+/g, " ");
  passage.textContent = words.length > SHOWN ? `${words.slice(0, SHOWN)}…` : words;
  marker.hidden = false;
}

function selected() {
  const selection = getSelection();
  const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
  return range && range.intersectsNode(text) ? quoteOf(range) : null;
}

function look() {
  const quote = selected();
  if (quote) {
    chosen = quote;
    show();
  } else if (!marker.contains(document.activeElement) && document.activeElement !== begin) {
    chosen = null;
    marker.hidden = true;
  }
}

let waits = 0;
document.addEventListener("selectionchange", () => {
  clearTimeout(waits);
  waits = setTimeout(look, 200);
});

begin.hidden = false;
begin.addEventListener("click", () => {
  look();
  if (chosen) marker.elements.note.focus();
  else passage.textContent = passage.dataset.none;
  marker.hidden = false;
});

// A press on a button would take the selection away, in some browsers before it is known what was pressed.
for (const part of [begin, marker]) {
  part.addEventListener("mousedown", (event) => event.target.closest("label") || event.preventDefault());
}

marker.addEventListener("submit", (event) => {
  chosen = selected() ?? chosen; // who is quick has selected more than was looked at
  if (!chosen) return event.preventDefault();
  for (const [name, value] of Object.entries(chosen)) marker.elements[name].value = value;
});

addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || marker.hidden) return;
  marker.hidden = true;
  begin.focus();
});

// A bookmark is put and taken without leaving the place that is being read.
const bookmark = document.querySelector("[data-bookmark]");
bookmark?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = bookmark.querySelector("button");
  const keeps = bookmark.elements.keep.value === "yes";
  const asked = { method: "post", body: new FormData(bookmark), redirect: "manual" };
  const answer = await fetch(bookmark.action, asked).catch(() => null);
  if (answer?.type !== "opaqueredirect") return bookmark.submit(); // the page that comes says what is wrong
  button.setAttribute("aria-pressed", String(keeps));
  bookmark.elements.keep.value = keeps ? "no" : "yes";
});
