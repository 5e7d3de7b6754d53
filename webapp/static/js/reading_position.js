// Tells the house where its reader is in a text: when scrolling rests, and when the page is left.
const text = document.querySelector(".prose");
const marker = document.querySelector(".marker");
const address = marker.dataset.position;
const share = Number(marker.dataset.share); // of the whole document: who read a preview has not read all of it
const view = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("");
const PASSAGE = 32; // characters
const REST = 1500; // milliseconds
let turn = 0;
let resting = 0;
let moved = false;

function tell(where) {
  const told = new URLSearchParams({ csrf_token: marker.elements.csrf_token.value, view, turn: turn++, ...where });
  fetch(address, { method: "post", body: told, keepalive: true }).catch(() => {}); // the next one will get there
}

// The words at the top of the window: what is found again on another screen, or in another edition.
function passage() {
  const { left, width, top } = text.getBoundingClientRect();
  const [x, y] = [left + Math.min(40, width / 2), Math.max(top, 0) + 24];
  const caret = document.caretPositionFromPoint?.(x, y);
  const range = caret ?? document.caretRangeFromPoint?.(x, y);
  const node = caret?.offsetNode ?? range?.startContainer;
  if (node?.nodeType !== Node.TEXT_NODE || !text.contains(node) || node.parentElement.closest(".prose [lang]")) return "";
  return node.data.slice(caret?.offset ?? range.startOffset).trimStart().slice(0, PASSAGE);
}

function heading() {
  const passed = [...text.querySelectorAll(":is(h2, h3, h4, h5, h6, .run-in)[id]")].filter(
    (one) => one.getBoundingClientRect().top <= 32,
  );
  return passed.at(-1)?.id ?? "";
}

function place() {
  const { top, height } = text.getBoundingClientRect();
  const seen = Math.min(1, Math.max(0, (innerHeight - top) / height));
  return { permille: Math.round(1000 * share * seen), passage: passage(), anchor: heading() };
}

function rest() {
  clearTimeout(resting);
  if (!moved) return;
  moved = false;
  tell(place());
}

addEventListener("scroll", () => {
  moved = true;
  clearTimeout(resting);
  resting = setTimeout(rest, REST);
}, { passive: true });
addEventListener("pagehide", rest);
document.addEventListener("visibilitychange", () => document.hidden && rest());

// It was opened; what stands in the window to its end needs no scrolling to be read.
tell(text.getBoundingClientRect().bottom <= innerHeight ? place() : {});
