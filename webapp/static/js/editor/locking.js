// Locking and unlocking: pure functions of a text and a selection, which return an edit, or null where there is nothing to do.
import { bodyOf, isEscaped, scan } from "./markers.js";
import { drop, edit, inward, isBlank, isHalf, outward, put, spanAt, trimmed } from "./places.js";

const BEGIN = "##paidbegin##";
const END = "##paidend##";

// Spans that a selection meets, or from which nothing but space divides it.
function joined(text, spans, start, stop) {
  return spans.filter(
    ({ begin, end }) =>
      (begin.start <= stop && start <= end.stop) ||
      (end.stop < start && isBlank(text.slice(end.stop, start))) ||
      (stop < begin.start && isBlank(text.slice(stop, begin.start))),
  );
}

// Makes what is selected paid: one span of it and of those that it meets. With nothing selected, an empty one.
export function lock(text, from, to) {
  const { marks, spans } = scan(text);
  let [start, stop] = trimmed(text, Math.max(from, bodyOf(text)), Math.max(to, bodyOf(text)));
  if (start === stop) return spanAt(spans, start) ? null : emptySpan(text, marks, start);
  [start, stop] = outward(text, marks, start, stop);
  if (start === stop) return null;
  const met = joined(text, spans, start, stop);
  const first = met.find(({ begin }) => begin.start <= start)?.begin;
  const last = met.findLast(({ end }) => end.stop >= stop)?.end;
  const [left, right] = [first?.start ?? start, last?.stop ?? stop];
  const within = marks.filter((mark) => isHalf(mark) && mark.start >= left && mark.stop <= right);
  const changes = within.filter((mark) => mark !== first && mark !== last).map(drop);
  if (!first) changes.push(put(left, BEGIN));
  if (!last) changes.push(put(right, standing(text, right) + END));
  return edit(changes, start, stop);
}

// What a marker needs before it so that a backslash there, the last sign of the text, does not make it plain text.
const standing = (text, at) => (isEscaped(text, at) ? "\n" : "");

function emptySpan(text, marks, at) {
  const [place] = outward(text, marks, at, at);
  const changes = [put(place, standing(text, place) + BEGIN + END)];
  const caret = place + changes[0].insert.length - END.length;
  return { changes, select: [caret, caret] };
}

// Makes all paid that follows; the caret stays where it is.
export function lockToEnd(text, from) {
  const found = isBlank(text.slice(from)) ? null : lock(text, from, text.length);
  return found && { changes: found.changes, select: [found.select[0], found.select[0]] };
}

// Makes what is selected public; with nothing selected, the span that the caret is in. Space at a cut goes free, too.
export function unlock(text, from, to) {
  const { marks, spans, unpaired } = scan(text);
  if (from === to) {
    const span = spanAt(spans, from);
    const stray = unpaired.find((mark) => mark.start <= from && from <= mark.stop);
    if (!span) return stray ? edit([drop(stray)], from, from) : null;
    const changes = marks.filter((mark) => isHalf(mark) && mark.start >= span.begin.start && mark.stop <= span.end.stop);
    return edit(changes.map(drop), from, from);
  }
  const changes = unpaired.filter((mark) => from <= mark.start && mark.stop <= to).map(drop);
  const [start, stop] = inward(text, marks, from, to);
  for (const span of start < stop ? spans : []) {
    if (span.begin.stop < stop && start < span.end.start) changes.push(...split(text, marks, span, start, stop));
  }
  return edit(once(changes), start, Math.max(start, stop));
}

// A marker within a span that is itself unpaired is dropped once.
const once = (changes) => [...new Map(changes.map((each) => [`${each.start} ${each.stop}`, each])).values()];

// The changes that free a part of a span: what is left of it before and behind stays paid.
function split(text, marks, { begin, end }, start, stop) {
  let before = text.slice(begin.stop, Math.max(begin.stop, start)).trimEnd();
  if (isEscaped(text, begin.stop + before.length)) before += text[begin.stop + before.length];
  const behind = text.slice(Math.min(end.start, stop), end.start).trimStart();
  const inner = marks.filter((mark) => isHalf(mark) && mark.start >= begin.stop && mark.stop <= end.start).map(drop);
  const [ends, begins] = [begin.stop + before.length, end.start - behind.length];
  return [...inner, before ? put(ends, END) : drop(begin), behind ? put(begins, BEGIN) : drop(end)];
}
