// What the buttons but those of locking do to a text: pure functions of a text and a selection, which return an edit, or
// null where there is nothing to do. None makes paid what was public, or public what was paid.
import { bodyOf, scan } from "./markers.js";
import { edit, isBlank, isHalf, lineEnd, lineStart, moved, outward, put, spanAt } from "./places.js";

const BREAK = "##pagebreak##";

// The end of the line of a place, or where the span ends that the place is in: as paid, or as public, as the place.
function blockPlace(text, spans, at) {
  const own = spanAt(spans, at);
  let end = lineEnd(text, at);
  if (own) return Math.min(end, own.end.start);
  for (let span = spanAt(spans, end); span; span = spanAt(spans, end)) end = lineEnd(text, span.end.stop);
  return end;
}

// A block for a place, with the empty lines around it that it needs.
function block(text, at, inside) {
  const [before, behind] = [text.slice(0, at), text.slice(at)];
  const above = isBlank(before) ? "" : "\n".repeat(Math.max(0, 2 - /\n*$/.exec(before)[0].length));
  const below = isBlank(behind) ? "\n" : "\n".repeat(Math.max(0, 2 - /^\n*/.exec(behind)[0].length));
  return { change: put(at, above + inside + below), inside: at + above.length };
}

export function pageBreak(text, from, to) {
  const [, at] = outward(text, scan(text).marks, to, to);
  const { change, inside } = block(text, at, BREAK);
  const caret = inside + BREAK.length;
  return { changes: [change], select: [caret, caret] };
}

export function table(text, from, to, [heading, cell]) {
  const { spans } = scan(text);
  const rows = [`| ${heading} | ${heading} |`, "| --- | --- |", `| ${cell} | ${cell} |`];
  const { change, inside } = block(text, blockPlace(text, spans, to), rows.join("\n"));
  return { changes: [change], select: [inside + 2, inside + 2 + heading.length] };
}

export function footnote(text, from, to) {
  const { marks, spans } = scan(text);
  const [, at] = outward(text, marks, to, to);
  const taken = [...text.matchAll(/\[\^(\d{1,6})\]/g)].map(([, number]) => Number(number));
  const name = `[^${taken.reduce((most, number) => Math.max(most, number), 0) + 1}]`;
  const { change } = block(text, blockPlace(text, spans, at), `${name}: `);
  const changes = [put(at, name), change];
  if (change.start === at) changes.splice(0, 2, put(at, name + change.insert));
  const caret = moved(change.start, changes, true) - /\n*$/.exec(change.insert)[0].length;
  return { changes, select: [caret, caret] };
}

// What stands at the beginning of a line before its words: markers, and signs of a list, a heading or a quotation.
const SIGNS = /^[^\S\n]*(?:>[^\S\n]?|[-*+][^\S\n]+|\d{1,9}[.)][^\S\n]+|#{1,6}[^\S\n]+)*/;

// Where in a line, behind markers at its beginning, its text begins.
function textStart(text, marks, at) {
  let start = at;
  for (const mark of marks) if (isHalf(mark) && start <= mark.start && isBlank(text.slice(start, mark.start))) {
    if (!text.slice(start, mark.stop).includes("\n")) start = mark.stop;
  }
  return start;
}

// The lines of a selection that say something: where each one's text begins.
function lines(text, marks, from, to) {
  const starts = [];
  const end = to > from && text[to - 1] === "\n" ? to - 1 : to;
  for (let at = lineStart(text, from); at <= end && at <= text.length; at = lineEnd(text, at) + 1) {
    const start = textStart(text, marks, at);
    if (start < lineEnd(text, at) || from === to) starts.push(start);
  }
  return starts;
}

// Puts something before lines or takes it from them: `change` says what for each, from how its text begins.
function relined(text, from, to, change) {
  const { marks } = scan(text);
  const changes = lines(text, marks, Math.max(from, bodyOf(text)), Math.max(to, bodyOf(text))).map((at) => {
    const [length, insert] = change(text.slice(at, lineEnd(text, at)));
    return { start: at, stop: at + length, insert };
  });
  return edit(changes.filter(({ start, stop, insert }) => text.slice(start, stop) !== insert), from, to);
}

// Makes lines headings: of the second level first, then lower, and text again after the fourth.
export function heading(text, from, to) {
  const NEXT = { 0: "## ", 1: "## ", 2: "### ", 3: "#### " };
  return relined(text, from, to, (line) => {
    const [signs, hashes] = /^(?:(#{1,6})[^\S\n]+)?/.exec(line);
    return [signs.length, NEXT[hashes?.length ?? 0] ?? ""];
  });
}

// Makes lines items of a list, or text again where all of them are items.
export function list(text, from, to) {
  const { marks } = scan(text);
  const ITEM = /^[-*+][^\S\n]+/;
  const starts = lines(text, marks, Math.max(from, bodyOf(text)), Math.max(to, bodyOf(text)));
  const all = starts.length > 0 && starts.every((at) => ITEM.test(text.slice(at, at + 9)));
  return relined(text, from, to, (line) => {
    const found = ITEM.exec(line);
    if (all) return [found[0].length, ""];
    return [0, found ? "" : "- "];
  });
}

// The stretches of a selection that one pair of signs may stand around: in one line, in one span, no space at an end.
function stretches(text, marks, from, to) {
  const [start, stop] = outward(text, marks, from, to);
  const cuts = marks.filter((mark) => mark.kind !== "literal" && mark.start < stop && start < mark.stop);
  const found = [];
  let seen = start;
  for (const { start: ends, stop: begins } of [...cuts, { start: stop, stop }]) {
    for (let at = seen; at < ends; at = lineEnd(text, at) + 1) {
      const end = Math.min(ends, lineEnd(text, at));
      const first = at === lineStart(text, at) ? at + SIGNS.exec(text.slice(at, end))[0].length : at;
      const words = text.slice(first, end);
      if (!isBlank(words)) found.push([first + words.length - words.trimStart().length, first + words.trimEnd().length]);
    }
    seen = Math.max(seen, begins);
  }
  return found;
}

const STRONG = "**";

// Makes words bold, or plain where they are bold; with nothing selected, the words that are typed next.
export function bold(text, from, to) {
  const { marks } = scan(text);
  if (from === to) return boldCaret(text, marks, from);
  const found = stretches(text, marks, from, to);
  const around = ([start, stop]) => text.slice(start - 2, start) === STRONG && text.slice(stop, stop + 2) === STRONG;
  const within = ([start, stop]) => stop - start > 4 && /^\*\*[^]*\*\*$/.test(text.slice(start, stop));
  const isBold = found.length > 0 && found.every((each) => around(each) || within(each));
  const changes = found.flatMap(([start, stop]) => {
    if (!isBold) return around([start, stop]) || within([start, stop]) ? [] : [put(start, STRONG), put(stop, STRONG)];
    const out = around([start, stop]) ? 2 : 0;
    return [
      { start: start - out, stop: start - out + 2, insert: "" },
      { start: stop + out - 2, stop: stop + out, insert: "" },
    ];
  });
  return edit(changes, from, to);
}

function boldCaret(text, marks, at) {
  const [place] = outward(text, marks, at, at);
  if (text.slice(place - 2, place + 2) === "****") {
    return { changes: [{ start: place - 2, stop: place + 2, insert: "" }], select: [place - 2, place - 2] };
  }
  return { changes: [put(place, STRONG + STRONG)], select: [place + 2, place + 2] };
}

const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/;

// Makes words a link, of which the address is selected next; an address gets words to stand for it.
export function link(text, from, to) {
  const { marks } = scan(text);
  const [[start, stop]] = [...stretches(text, marks, from, to), outward(text, marks, from, from)];
  const words = text.slice(start, stop);
  if (ADDRESS.test(words)) {
    return { changes: [put(start, "[]("), put(stop, ")")], select: [start + 1, start + 1] };
  }
  const address = "https://";
  const changes = words ? [put(start, "["), put(stop, `](${address})`)] : [put(start, `[](${address})`)];
  const begins = words ? stop + 3 : start + 1;
  return { changes, select: words ? [begins, begins + address.length] : [begins, begins] };
}

// Puts a picture in: what is selected is what it shows, the address is written next.
export function image(text, from, to) {
  const { marks } = scan(text);
  const [[start, stop]] = [...stretches(text, marks, from, to), outward(text, marks, from, from)];
  const words = text.slice(start, stop);
  const changes = words ? [put(start, "!["), put(stop, "]()")] : [put(start, "![]()")];
  const caret = words ? stop + 4 : start + 2;
  return { changes, select: [caret, caret] };
}
