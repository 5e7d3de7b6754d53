// A picture or a file that is pasted or dropped into the editor is kept, and the text gets what shows it.
const source = document.querySelector("[data-editor] textarea[name=source]");
const dialog = document.querySelector("[data-image-dialog]");

function insert(text) {
  source.focus();
  // The browser's own undo stays.
  if (!document.execCommand("insertText", false, text)) {
    source.setRangeText(text, source.selectionStart, source.selectionEnd, "end");
    source.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}

if (source && dialog) {
  const form = dialog.querySelector("form");
  const trouble = dialog.querySelector("[data-image-trouble]");
  const keep = dialog.querySelector("[data-image-keep]");
  let waiting = [];

  const ask = (files) => {
    waiting = [...files];
    trouble.hidden = true;
    form.reset();
    dialog.querySelector("[data-image-names]").textContent = waiting.map((file) => file.name).join(" · ");
    dialog.showModal();
  };

  source.addEventListener("paste", (event) => {
    // Word and browsers put a picture of the words beside the words.
    if (!event.clipboardData.files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    ask(event.clipboardData.files);
  });
  source.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  source.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    ask(event.dataTransfer.files);
  });

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "keep") return;
    event.preventDefault();
    const body = new FormData();
    body.append("csrf_token", document.querySelector("[data-editor] [name=csrf_token]").value);
    body.append("words", form.elements.words.value);
    for (const file of waiting) body.append("file", file, file.name || "image.png");
    keep.disabled = true;
    try {
      const headers = { Accept: "application/json" };
      const answer = await fetch(dialog.dataset.imageDialog, { method: "POST", body, headers });
      const told = await answer.json();
      if (!answer.ok) throw new Error([told.detail, told.hint].filter(Boolean).join(" "));
      dialog.close();
      insert(told.files.map((file) => file.markdown).join("\n\n"));
    } catch (error) {
      trouble.textContent = (error instanceof SyntaxError || error instanceof TypeError ? "" : error.message) || dialog.dataset.imageFailed;
      trouble.hidden = false;
    } finally {
      keep.disabled = false;
    }
  });
}
