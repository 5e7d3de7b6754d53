// Tells the house which gates came into the window, and that the end of a whole text did. It names the document and
// numbers, sends no cookie, and knows nobody.
const text = document.querySelector("article.document .prose");
const WAIT = 2000; // milliseconds
let told = new URLSearchParams();
let waits = 0;
let anyGate = false;

function tell() {
  clearTimeout(waits);
  waits = 0;
  if (![...told].length) return;
  const body = told;
  told = new URLSearchParams();
  fetch(`${location.pathname}/seen`, { method: "post", body, credentials: "omit", keepalive: true }).catch(() => {});
}

function note(name, value) {
  told.append(name, value);
  waits ||= setTimeout(tell, WAIT);
}

function look(entries, observer) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    const gate = target.id.match(/^gate-(\d+)$/)?.[1];
    if (!gate) {
      note("end", "1");
      continue;
    }
    if (!anyGate) note("gate", "0"); // one of them, whichever it was
    anyGate = true;
    note("gate", gate);
  }
}

if (text && !document.querySelector("[data-uncounted]") && /^\/d\/[^/]+$/.test(location.pathname)) {
  const observer = new IntersectionObserver(look);
  const gates = text.querySelectorAll(".paid-gate[id^='gate-']");
  const marks = gates.length ? gates : [text.lastElementChild].filter(Boolean);
  for (const mark of marks) observer.observe(mark);
  addEventListener("pagehide", tell);
  document.addEventListener("visibilitychange", () => document.hidden && tell());
}
