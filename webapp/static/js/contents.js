// The table of contents follows the reader: the entry of the part that is being read is the current one.
const entries = new Map();
for (const link of document.querySelectorAll(".toc a[href^='#']")) {
  const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (heading) entries.set(heading, link);
}

const READING_LINE = 0.3; // of the window, from its top
const EDGE = 48; // px from its top: where a heading stands that was chosen in the contents
let current = null;
let waits = false;

function follow() {
  waits = false;
  const line = innerHeight * READING_LINE;
  let passed = null;
  for (const [heading, link] of entries) {
    const { top } = heading.getBoundingClientRect();
    if (passed !== null && top > line) break;
    passed = link;
    if (top > -1 && top < EDGE) break;
  }
  if (passed === current) return;
  current?.removeAttribute("aria-current");
  passed?.setAttribute("aria-current", "true");
  current = passed;
  if (passed) keepInSight(passed);
}

// Only the contents may move for this, never the page.
function keepInSight(link) {
  const box = link.closest(".toc");
  const { top, bottom } = link.getBoundingClientRect();
  const sight = box.getBoundingClientRect();
  if (top < sight.top || bottom > sight.bottom) box.scrollTop += top - sight.top - sight.height / 2;
}

if (entries.size) {
  addEventListener("scroll", () => {
    if (!waits) requestAnimationFrame(follow);
    waits = true;
  }, { passive: true });
  follow();
}

// Browsers that cannot show closed details by style alone get them opened where there is room for them at the sides.
const sides = matchMedia("(min-width: 72rem)");
if (!CSS.supports("selector(::details-content)")) {
  const unfold = () => document.querySelectorAll(".folded").forEach((part) => (part.open = sides.matches));
  sides.addEventListener("change", unfold);
  unfold();
}

// Contents that were opened over the text of a phone close when an entry is chosen.
document.querySelector(".toc .folded")?.addEventListener("click", ({ target, currentTarget }) => {
  if (target.closest("a") && !sides.matches) currentTarget.open = false;
});
