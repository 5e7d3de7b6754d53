// The textarea: what is in it, edits that the browser's own undo takes back, and input methods that are left alone.
const MOST_STEPS = 60;
const MOST_AT_ONCE = 3_000; // characters; browsers put in longer texts, line by line, too slowly to wait for

// Return a number that tells texts apart well enough for the steps of one page.
function signature(text) {
  let sum = text.length;
  for (let at = 0; at < text.length; at += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return `${text.length} ${sum}`;
}

export class TextField extends EventTarget {
  // Tells of "stroke" whenever the text changed, and of "settled" when it did and nothing is being composed.
  constructor(area) {
    super();
    this.area = area;
    this.isComposing = false;
    this.isApplying = false;
    this.settled = area.value; // what was there before what is being composed
    this.between = []; // texts within an edit of several steps, where undoing does not stop
    area.addEventListener("compositionstart", () => (this.isComposing = true));
    area.addEventListener("compositionend", () => {
      this.isComposing = false;
      this.tell();
    });
    area.addEventListener("input", (event) => this.changed(event));
  }

  get text() {
    return this.area.value;
  }

  get selection() {
    return [this.area.selectionStart, this.area.selectionEnd];
  }

  changed({ inputType, isComposing }) {
    if (this.isApplying) return;
    if (this.isWithinAnEdit(inputType)) {
      setTimeout(() => document.execCommand(inputType === "historyUndo" ? "undo" : "redo"));
      return;
    }
    this.isComposing = Boolean(isComposing);
    this.tell();
  }

  isWithinAnEdit(inputType) {
    const isHistory = inputType === "historyUndo" || inputType === "historyRedo";
    return isHistory && this.between.length > 0 && this.between.includes(signature(this.text));
  }

  tell() {
    this.dispatchEvent(new Event("stroke"));
    if (this.isComposing) return;
    this.settled = this.text;
    this.dispatchEvent(new Event("settled"));
  }

  // Makes an edit in steps that the browser can undo, the last place first; return whether there was something to do.
  apply(edit) {
    if (!edit || this.isComposing || this.area.readOnly) return false;
    const { area } = this;
    const { scrollTop } = area;
    this.isApplying = true;
    area.focus({ preventScroll: true });
    edit.changes.toReversed().forEach((change, step) => {
      if (step > 0) this.between.push(signature(this.text));
      this.replace(change);
    });
    this.between.splice(0, this.between.length - MOST_STEPS);
    this.isApplying = false;
    area.setSelectionRange(...edit.select);
    area.scrollTop = scrollTop;
    this.tell();
    return true;
  }

  replace({ start, stop, insert }) {
    this.area.setSelectionRange(start, stop);
    const isLong = Math.max(insert.length, stop - start) > MOST_AT_ONCE;
    const does = () => (insert ? document.execCommand("insertText", false, insert) : document.execCommand("delete"));
    if (isLong || !does()) this.area.setRangeText(insert, start, stop, "end");
  }

  // Puts another text in the place of all, in one step.
  replaceAll(text) {
    const { area } = this;
    let [start, stop, length] = [0, area.value.length, text.length];
    const old = area.value;
    while (start < Math.min(stop, length) && old[start] === text[start]) start += 1;
    while (stop > start && length > start && old[stop - 1] === text[length - 1]) [stop, length] = [stop - 1, length - 1];
    if (start === stop && start === length) return;
    this.apply({ changes: [{ start, stop, insert: text.slice(start, length) }], select: [length, length] });
  }
}
