// Bringing in at the desk: files and folders are dropped, another encoding is shown at once, progress is told.
const form = document.querySelector("[data-upload]");

async function entriesOf(reader) {
  const found = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    found.push(...some);
  }
}

async function filesIn(entry, path, out) {
  if (entry.isFile) {
    out.push([path + entry.name, await new Promise((done, failed) => entry.file(done, failed))]);
  } else {
    for (const each of await entriesOf(entry.createReader())) await filesIn(each, `${path}${entry.name}/`, out);
  }
}

if (form) {
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector("input[type=file]");
  const dropped = form.querySelector("[data-dropped]");
  let waiting = []; // what was dropped: a path and a file each
  form.querySelector("[data-drop-hint]").hidden = false;
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("upload__drop--over");
    });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("upload__drop--over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const found = entries.length ? [] : [...event.dataTransfer.files].map((file) => [file.name, file]);
    for (const entry of entries) await filesIn(entry, "", found);
    waiting = [...waiting, ...found];
    input.required = false;
    dropped.hidden = false;
    dropped.textContent = waiting.map(([path]) => path).join(" · ");
  });
  form.addEventListener("submit", async (event) => {
    if (!waiting.length) return;
    event.preventDefault();
    const body = new FormData(form);
    for (const [path, file] of waiting) body.append("file", file, path);
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (answer.redirected) {
        location.assign(answer.url);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const trouble = page.querySelector(".trouble");
      document.querySelector(".trouble")?.remove();
      if (trouble) form.before(trouble);
    } finally {
      button.disabled = false;
    }
  });
}

// Another encoding is shown without leaving the page.
document.addEventListener("change", async (event) => {
  const chosen = event.target.closest?.("[data-encodings]");
  if (!chosen) return;
  const article = chosen.closest("article");
  const answer = await fetch(chosen.action, { method: "POST", body: new FormData(chosen) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const anew = page.getElementById(article.id);
  if (!anew) return;
  article.replaceWith(anew);
  anew.querySelector("[data-submit]")?.setAttribute("hidden", "");
  anew.querySelector("input[type=radio]:checked")?.focus();
});
for (const button of document.querySelectorAll("[data-encodings] [data-submit]")) button.hidden = true;

async function tellProgress() {
  const shown = document.querySelector("[data-import-progress=going]");
  if (!shown) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const anew = page.querySelector("[data-import-progress]");
    if (anew?.dataset.importProgress === "over") {
      location.reload();
      return;
    }
    if (anew) shown.replaceWith(anew);
  } catch {
    // The server is away for a moment; the next look tells.
  }
  setTimeout(tellProgress, 1000);
}
setTimeout(tellProgress, 1000);
