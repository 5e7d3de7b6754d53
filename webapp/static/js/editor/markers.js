// Where the paid spans of a text are, found at each stroke. What the server says of the text corrects it, and says
// what only looks like a marker; `webapp/manuscript/marker_language/markers.py` is what this must agree with.
const WORDS = { paidbegin: "begin", paidend: "end", pagebreak: "break" };
const EXPANSIONS = new Set(["pa", "db", "in", "st"]); // ㎩ ㏈ ㏌ ﬆ: one character, two letters of a word
const SYMBOL = /[#$＃＄﹟﹩]/gu;
const GAP =
  /[\t\v\f\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const kinds = new Map();

// "gap" for what a marker may hold between its signs, else the sign that a character is however it is drawn: Ｐ is p.
export function kindOf(character) {
  let kind = kinds.get(character);
  if (kind === undefined) {
    kind = GAP.test(character) ? "gap" : character.normalize("NFKC").toLowerCase().normalize("NFKC");
    kinds.set(character, kind);
  }
  return kind;
}

// Read signs of a text from a place on, each with what a marker may hold behind it.
class Reader {
  constructor(text, at) {
    Object.assign(this, { text, at });
  }

  // Step over one of these and return it, "" where something else stands; a text that is over has nothing.
  takes(wanted) {
    if (this.at >= this.text.length) return "";
    const character = String.fromCodePoint(this.text.codePointAt(this.at));
    const kind = kindOf(character);
    if (!wanted(kind)) return "";
    this.at += character.length;
    return kind;
  }

  skipsGaps() {
    while (this.takes((kind) => kind === "gap"));
    return true;
  }

  isSymbol(symbol) {
    return Boolean(this.takes((kind) => kind === symbol));
  }

  isWord(word) {
    const from = this.at;
    let rest = word;
    while (rest) {
      const taken = this.takes((kind) => (kind === rest[0] || EXPANSIONS.has(kind)) && rest.startsWith(kind));
      if (!taken) {
        this.at = from;
        return false;
      }
      rest = rest.slice(taken.length);
      this.skipsGaps();
    }
    return true;
  }
}

// Return the marker that begins at a place, null where none does.
function markerAt(text, start) {
  const symbol = kindOf(text[start]);
  const reader = new Reader(text, start + 1);
  if (!(reader.skipsGaps() && reader.isSymbol(symbol) && reader.skipsGaps())) return null;
  const word = Object.keys(WORDS).find((each) => reader.isWord(each));
  if (!(word && reader.isSymbol(symbol) && reader.skipsGaps() && reader.isSymbol(symbol))) return null;
  return { kind: WORDS[word], start, stop: reader.at };
}

// Whether what begins at a place has a backslash before it that is not itself behind one.
export function isEscaped(text, at) {
  let first = at;
  while (first > 0 && text[first - 1] === "\\") first -= 1;
  return (at - first) % 2 === 1;
}

// --- of: ---\ntitle: River freight\n---
const FRONT = /^(---|\+\+\+)[ \t]*\n([^\s][^]*?\n)?(?:\1|\.\.\.)[ \t]*(?:\n|$)/;
const FIELD = { "---": /^(["']?)\w[\w .-]*?\1[ \t]*:(?:[ \t]|$)/, "+++": /^(["']?)\w[\w.-]*\1[ \t]*=/ };
const ASIDE = /^(?:[ \t#\-\]}]|$)/;

// Where the text begins that stands behind front matter, in which no marker counts.
export function bodyOf(text) {
  if (!text.startsWith("---") && !text.startsWith("+++")) return 0;
  const found = FRONT.exec(text);
  if (!found || !found[2]) return 0;
  const said = found[2].split("\n").filter((line) => !ASIDE.test(line));
  return said.length && said.every((line) => FIELD[found[1]].test(line)) ? found[0].length : 0;
}

// All markers of a text, in order; one behind a backslash is a literal and begins with that.
function marksOf(text) {
  const marks = [];
  SYMBOL.lastIndex = bodyOf(text);
  for (let found = SYMBOL.exec(text); found; found = SYMBOL.exec(text)) {
    const mark = markerAt(text, found.index);
    if (!mark) continue;
    marks.push(isEscaped(text, mark.start) ? { kind: "literal", start: mark.start - 1, stop: mark.stop } : mark);
    SYMBOL.lastIndex = mark.stop;
  }
  return marks;
}

// Return the markers of a text, its paid spans (outermost pairs) and the markers that have no other half.
export function scan(text) {
  const marks = marksOf(text);
  const spans = [];
  const unpaired = [];
  const waiting = [];
  for (const mark of marks) {
    if (mark.kind === "begin") waiting.push(mark);
    else if (mark.kind === "end") {
      const begin = waiting.pop();
      if (!begin) unpaired.push(mark);
      else if (!waiting.length) spans.push({ begin, end: mark });
    }
  }
  return { marks, spans, unpaired: [...unpaired, ...waiting] };
}
