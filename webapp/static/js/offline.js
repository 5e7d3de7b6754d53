/* Keeping documents for reading offline: the button beside a text, the list of what is kept, the note on a copy. */
const supported = "serviceWorker" in navigator && "caches" in window;
const language = document.documentElement.lang;
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

function shown(element, time) {
  element.dateTime = new Date(time).toISOString();
  element.textContent = moment.format(time);
}

/* Return the worker that keeps documents, null where there is none. */
async function worker() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration ? registration.active : null;
}

/* Starts the worker, and answers it; the one that was here before may have gone in another tab. */
async function startedWorker() {
  const { active, waiting, installing } = await navigator.serviceWorker.register("/sw.js");
  return active ?? waiting ?? installing;
}

/* Asks the worker something and answers what it says; `otherwise` where there is none. */
function asked(whom, message, otherwise = {}) {
  if (!whom) return otherwise;
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => answer(event.data);
    whom.postMessage(message, [port2]);
  });
}

async function kept() {
  return (await asked(await worker(), { ask: "list" }, { kept: [] })).kept;
}

/* The button beside a text. */
async function offer(button) {
  const said = document.getElementById(button.getAttribute("aria-describedby"));
  const path = location.pathname;
  const press = (pressed) => button.setAttribute("aria-pressed", String(pressed));
  press((await kept()).some((about) => about.path === path));
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = said.dataset.working;
    if (button.getAttribute("aria-pressed") === "true") {
      await asked(await worker(), { ask: "forget", path });
      press(false);
      said.textContent = said.dataset.forgotten;
    } else {
      const told = await asked(await startedWorker(), { ask: "keep", path }).catch((error) => ({ problem: error.name }));
      press(Boolean(told.about));
      said.textContent = sentence(said, told);
    }
    button.disabled = false;
    button.focus();
  });
}

function sentence(said, told) {
  if (told.about) return said.dataset.kept;
  return told.problem === "QuotaExceededError" ? said.dataset.full : said.dataset.failed;
}

/* The list of what is kept in this browser. */
async function list(section) {
  const row = section.querySelector("template");
  const rows = section.querySelector("ul");
  const all = (await kept()).filter((about) => Date.now() < about.until).sort((one, other) => other.saved - one.saved);
  for (const about of all) {
    const item = row.content.cloneNode(true).firstElementChild;
    const link = item.querySelector("a");
    link.href = about.path;
    link.textContent = about.title;
    link.lang = about.language;
    link.dir = "auto";
    for (const time of item.querySelectorAll("time")) shown(time, about[time.dataset.of]);
    item.querySelector("button").addEventListener("click", async () => {
      await asked(await worker(), { ask: "forget", path: about.path });
      item.remove();
      settle();
      section.focus();
    });
    rows.append(item);
  }
  function settle() {
    section.querySelector("[data-none]").hidden = rows.childElementCount > 0;
    section.hidden = rows.childElementCount === 0 && !section.hasAttribute("data-always");
  }
  settle();
}

/* The note on a page that is a copy. */
function mark(note) {
  const saved = document.documentElement.dataset.kept;
  if (!saved) return;
  shown(note.querySelector("time"), Date.parse(saved));
  note.hidden = false;
}

if (supported) {
  document.querySelectorAll("[data-offline-keep]").forEach(offer);
  document.querySelectorAll("[data-offline-list]").forEach(list);
  document.querySelectorAll("[data-offline-note]").forEach(mark);
}
