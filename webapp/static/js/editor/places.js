// Places in a text, selections made whole, and edits: changes in order, which do not meet, and what is selected afterwards.
import { isEscaped } from "./markers.js";

// Return a text after an edit; the page itself makes changes one by one, so that they can be undone.
export function edited(text, { changes }) {
  const pieces = [];
  let seen = 0;
  for (const { start, stop, insert } of changes) {
    pieces.push(text.slice(seen, start), insert);
    seen = stop;
  }
  return pieces.join("") + text.slice(seen);
}

// Where a place of the text is after changes: before what is put in there, unless it is to be behind it.
export function moved(at, changes, behind = false) {
  let by = 0;
  for (const { start, stop, insert } of changes) {
    if (start > at || (start === at && !behind)) break;
    if (at < stop) return start + by + insert.length;
    by += insert.length - (stop - start);
  }
  return at + by;
}

const inOrder = (changes) => changes.sort((one, other) => one.start - other.start || one.stop - other.stop);
export const put = (at, insert) => ({ start: at, stop: at, insert });
export const drop = ({ start, stop }) => ({ start, stop, insert: "" });
export const isHalf = ({ kind }) => kind === "begin" || kind === "end";

export function edit(changes, start, stop) {
  if (!changes.length) return null;
  inOrder(changes);
  return { changes, select: [moved(start, changes, true), Math.max(moved(start, changes, true), moved(stop, changes))] };
}

// Where the text of a selection begins and ends that is no empty line and no space at its end.
export function trimmed(text, start, stop) {
  const inside = text.slice(start, stop);
  const first = /^(?:[^\S\n]*\n)*/.exec(inside)[0].length;
  return inside.trim() ? [start + first, start + inside.trimEnd().length] : [start, start];
}

// The place behind the character that begins here.
const behindCharacter = (text, at) => Math.min(text.length, at + (text.codePointAt(at) > 0xffff ? 2 : 1));
const isInPair = (text, at) => at > 0 && text.codePointAt(at - 1) > 0xffff;

// A selection that holds whole characters, escapes and literals: wider where it held a part of one.
export function outward(text, marks, start, stop) {
  if (isInPair(text, start)) start -= 1;
  if (isInPair(text, stop)) stop += 1;
  if (isEscaped(text, start) && start < text.length) start -= 1;
  if (isEscaped(text, stop) && stop < text.length) stop = behindCharacter(text, stop);
  for (const mark of marks) {
    if (mark.start < start && start < mark.stop) start = isHalf(mark) ? mark.stop : mark.start;
    if (mark.start < stop && stop < mark.stop) stop = isHalf(mark) ? mark.start : mark.stop;
  }
  return [start, Math.max(start, stop)];
}

// The same, narrower where it held a part of one.
export function inward(text, marks, start, stop) {
  if (isInPair(text, start)) start += 1;
  if (isInPair(text, stop)) stop -= 1;
  if (isEscaped(text, start)) start = behindCharacter(text, start);
  if (isEscaped(text, stop)) stop -= 1;
  for (const mark of marks) {
    if (mark.start < start && start < mark.stop) start = mark.stop;
    if (mark.start < stop && stop < mark.stop) stop = mark.start;
  }
  return [start, stop];
}

export const isBlank = (text) => !text.trim();
export const spanAt = (spans, at) => spans.find(({ begin, end }) => begin.start < at && at < end.stop);

// Where a line begins and ends that holds a place.
export const lineStart = (text, at) => (at > 0 ? text.lastIndexOf("\n", at - 1) + 1 : 0);
export const lineEnd = (text, at) => (text.indexOf("\n", at) + 1 || text.length + 1) - 1;
