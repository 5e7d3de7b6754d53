// The layer behind the textarea: it draws marks under the same words. Of a long text it holds the lines in sight alone;
// of all others it knows how high they are, so that a stroke costs the line it is in.
const BEYOND = 4; // lines drawn above and below what is in sight
const LONGEST_LINE = 20_000; // characters; a text with a longer one is not marked, since each stroke would lay it out
const SLICE = 8; // milliseconds for which lines are measured at once

function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

// Return how many of the numbers, which ascend, are at most this one, less one: where it belongs.
export function indexOf(numbers, wanted) {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (numbers[middle] <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

const PIECE = 4_096; // characters that are compared at once, which is many times as fast as one by one

// Return where two texts begin to differ, and how long their same end is.
export function difference(old, text) {
  const most = Math.min(old.length, text.length);
  let start = 0;
  while (start + PIECE <= most && old.slice(start, start + PIECE) === text.slice(start, start + PIECE)) start += PIECE;
  while (start < most && old.charCodeAt(start) === text.charCodeAt(start)) start += 1;
  let end = 0;
  const tail = (of, length) => of.slice(of.length - end - length, of.length - end);
  while (end + PIECE <= most - start && tail(old, PIECE) === tail(text, PIECE)) end += PIECE;
  while (end < most - start && old.charCodeAt(old.length - 1 - end) === text.charCodeAt(text.length - 1 - end)) end += 1;
  return { start, end };
}

// Return ranges after a change of the text around them; one that was changed itself is gone.
export function shifted(ranges, { start, end }, oldLength, length) {
  const by = length - oldLength;
  return ranges
    .filter((range) => range.stop <= start || range.start >= oldLength - end)
    .map((range) => (range.stop <= start ? range : { ...range, start: range.start + by, stop: range.stop + by }));
}

export class Layer {
  constructor(area) {
    this.area = area;
    this.element = document.createElement("div");
    this.element.className = "editor__layer";
    this.element.setAttribute("aria-hidden", "true");
    this.sheet = this.element.appendChild(document.createElement("div"));
    this.ruler = this.element.appendChild(document.createElement("div"));
    this.sheet.className = "editor__lines";
    this.ruler.className = "editor__lines editor__ruler";
    this.element.lang = area.lang || area.closest("[lang]").lang;
    area.before(this.element);
    Object.assign(this, { text: "", starts: [0], heights: [-1], tops: [0], marks: new Map(), drawn: [], width: 0 });
    area.addEventListener("scroll", () => this.paint(), { passive: true });
    new ResizeObserver(() => this.fit()).observe(area);
    this.fit();
  }

  // Takes over how wide the text is; where that changed, all is measured anew.
  fit() {
    const { paddingLeft, paddingRight, paddingTop } = getComputedStyle(this.area);
    const frame = this.area.offsetWidth - this.area.clientWidth; // what is left are whole pixels; a width is often none
    const inside = this.area.getBoundingClientRect().width - frame;
    const width = inside - parseFloat(paddingLeft) - parseFloat(paddingRight);
    this.padding = parseFloat(paddingTop);
    this.left = parseFloat(paddingLeft);
    if (width !== this.width && width > 0) {
      this.width = width;
      this.element.style.setProperty("--text-width", `${width}px`);
      this.heights.fill(-1);
    }
    this.paint();
  }

  // Takes over the text; return how it differs from the one before.
  read(text) {
    const change = difference(this.text, text);
    if (change.start === text.length && text.length === this.text.length) return change;
    const starts = lineStarts(text);
    const first = indexOf(this.starts, change.start);
    const last = indexOf(this.starts, this.text.length - change.end);
    const others = starts.length - (this.starts.length - (last - first + 1));
    const unknown = new Array(Math.max(0, others)).fill(-1);
    this.heights = this.heights.slice(0, first).concat(unknown, this.heights.slice(last + 1));
    this.isOff = starts.some((start, line) => (starts[line + 1] ?? text.length) - start > LONGEST_LINE);
    Object.assign(this, { text, starts });
    return change;
  }

  line(index) {
    return this.text.slice(this.starts[index], (this.starts[index + 1] ?? this.text.length + 1) - 1);
  }

  // Measures lines; return when this took too long, or all are known.
  measure(indices) {
    if (this.isOff || !this.width) return;
    const group = indices.slice(0, 400);
    const boxes = group.map((index) => {
      const box = document.createElement("div");
      box.textContent = this.line(index);
      return box;
    });
    this.ruler.replaceChildren(...boxes);
    boxes.forEach((box, at) => (this.heights[group[at]] = box.getBoundingClientRect().height));
    this.ruler.replaceChildren();
  }

  measureInTurn() {
    if (this.waits || this.isOff) return;
    this.waits = setTimeout(() => {
      this.waits = 0;
      const unknown = [];
      for (let at = 0; at < this.heights.length && unknown.length < 2000; at += 1) if (this.heights[at] < 0) unknown.push(at);
      const end = performance.now() + SLICE;
      while (unknown.length && performance.now() < end) this.measure(unknown.splice(0, 40));
      this.paint();
    });
  }

  // Return whether all lines are as high as they are known to be.
  get isMeasured() {
    return !this.heights.includes(-1);
  }

  reckonTops() {
    const guess = this.heights.find((height) => height > 0) ?? 0;
    const tops = new Float64Array(this.heights.length + 1);
    this.heights.forEach((height, at) => (tops[at + 1] = tops[at] + (height < 0 ? guess : height)));
    this.tops = tops;
  }

  // Draws what is in sight.
  paint() {
    if (!this.width) return;
    if (this.isOff) return this.sheet.replaceChildren(void (this.drawn = []));
    const { scrollTop, clientHeight } = this.area;
    this.reckonTops();
    for (let turn = 0; turn < 3; turn += 1) {
      const [first, last] = this.inSight(scrollTop, clientHeight);
      const unknown = [];
      for (let at = first; at <= last; at += 1) if (this.heights[at] < 0) unknown.push(at);
      if (!unknown.length) break;
      this.measure(unknown);
      this.reckonTops();
    }
    const [first, last] = this.inSight(scrollTop, clientHeight);
    this.draw(first, last);
    const top = this.padding + this.tops[first] - scrollTop;
    this.sheet.style.transform = `translate(${this.left}px, ${top}px)`;
    if (!this.isMeasured) this.measureInTurn();
  }

  inSight(top, height) {
    const from = Math.max(0, top - this.padding);
    const lines = this.starts.length - 1;
    const first = Math.min(lines, indexOf(this.tops, from));
    const last = Math.min(lines, indexOf(this.tops, from + height));
    return [Math.max(0, first - BEYOND), Math.min(lines, last + BEYOND)];
  }

  draw(first, last) {
    const wanted = [];
    for (let at = first; at <= last; at += 1) wanted.push(this.piecesOf(at));
    const keys = wanted.map((pieces) => JSON.stringify(pieces));
    const old = new Map(this.drawn.map(({ key, box }) => [key, box]));
    this.drawn = wanted.map((pieces, at) => {
      const box = old.get(keys[at]) ?? boxOf(pieces);
      old.delete(keys[at]);
      return { key: keys[at], box };
    });
    const boxes = this.drawn.map(({ box }) => box);
    if (boxes.length !== this.sheet.children.length || boxes.some((box, at) => this.sheet.children[at] !== box)) {
      this.sheet.replaceChildren(...boxes);
    }
  }

  // Takes over marks of a kind: ranges in order, which do not meet, each with the name it is drawn by.
  mark(kind, ranges) {
    this.marks.set(kind, ranges);
  }

  // The pieces of a line, each with the names of the marks on it.
  piecesOf(index) {
    const [start, stop] = [this.starts[index], this.starts[index] + this.line(index).length];
    const met = [];
    for (const ranges of this.marks.values()) {
      for (let at = firstBeyond(ranges, start); at < ranges.length && ranges[at].start < stop; at += 1) met.push(ranges[at]);
    }
    const cuts = [...new Set([start, stop, ...met.flatMap((range) => [range.start, range.stop])])]
      .filter((at) => at >= start && at <= stop)
      .sort((one, other) => one - other);
    return cuts.slice(1).map((end, at) => {
      const names = met.filter((range) => range.start < end && cuts[at] < range.stop).map(({ name }) => name);
      return [this.text.slice(cuts[at], end), names.join(" ")];
    });
  }

  // Return how far below the beginning of the text a place is, and how high its line.
  placeOf(offset) {
    const index = indexOf(this.starts, offset);
    if (this.isOff || !this.width) return { top: 0, height: 0 };
    const unknown = this.heights.flatMap((height, at) => (height < 0 && at <= index ? [at] : []));
    while (unknown.length) this.measure(unknown.splice(0, 400));
    this.reckonTops();
    const box = boxOf([[`${this.line(index)}\u200b`, ""]]);
    this.ruler.replaceChildren(box);
    const range = document.createRange();
    const within = Math.min(offset - this.starts[index], box.firstChild.length - 1);
    range.setStart(box.firstChild, within);
    range.setEnd(box.firstChild, within + 1);
    const { top, height } = range.getBoundingClientRect();
    const found = { top: this.tops[index] + top - box.getBoundingClientRect().top + this.padding, height };
    this.ruler.replaceChildren();
    return found;
  }
}

function boxOf(pieces) {
  const box = document.createElement("div");
  for (const [text, names] of pieces) {
    if (!names) box.append(text);
    else box.appendChild(Object.assign(document.createElement("span"), { className: names, textContent: text }));
  }
  return box;
}

// Return where the first of the ranges is that ends behind a place.
function firstBeyond(ranges, place) {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle].stop > place) high = middle;
    else low = middle + 1;
  }
  return low;
}
