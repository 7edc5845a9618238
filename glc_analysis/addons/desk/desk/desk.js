// The coding desk in the browser: texts and open answers are read and coded by mouse or by keyboard.
//
// It draws what a coding session of the kernel tells and sends back acts; it decides nothing. A plain ES module
// without a build step: `coding_desk.py` hands it to anywidget. The session counts positions in code points,
// JavaScript strings in UTF-16 units: `toCodePoints` and `toUnits` are the only places where one becomes the other.

// ------------------------------
// Positions, words and what a reader sees as one character

/** The number of code points before the UTF-16 unit `unit` of `text`; within a pair, before the pair. */
export function toCodePoints(text, unit) {
  let points = 0;
  for (let at = 0; at < unit && at < text.length; points += 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
    if (at > unit) break;
  }
  return points;
}

/** The UTF-16 unit at which the code point number `point` of `text` begins. */
export function toUnits(text, point) {
  let at = 0;
  for (let points = 0; points < point && at < text.length; points += 1)
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

const SEGMENTERS = new Map();

function segments(text, granularity, language) {
  const key = `${granularity} ${language}`;
  if (!SEGMENTERS.has(key)) {
    let locale = [];
    try {
      locale = Intl.getCanonicalLocales(language || []);
    } catch { /* a language that is not a tag of BCP 47: the browser's own rules */ }
    SEGMENTERS.set(key, new Intl.Segmenter(locale, { granularity }));
  }
  return [...SEGMENTERS.get(key).segment(text)]
    .map(one => ({ start: one.index, end: one.index + one.segment.length, text: one.segment }));
}

const IS_WORD = /[\p{L}\p{N}\p{M}\p{Extended_Pictographic}]/u;

/** The words of a text as spans of units; an emoji is a word, white space and punctuation are none. */
export function wordsOf(text, language) {
  return segments(text, "word", language).filter(one => IS_WORD.test(one.text));
}

/** The sentences of a text as spans of units, without the white space at their ends. */
export function sentencesOf(text, language) {
  return segments(text, "sentence", language).map(one => trimmed(text, one)).filter(Boolean);
}

/** A span that begins and ends where a character does as readers see it, without white space at its ends;
 *  null if nothing but white space is left. */
export function snapped(text, span) {
  const { start, end } = span;
  if (end <= start) return null;
  const touched = segments(text, "grapheme", "").filter(one => one.end > start && one.start < end);
  if (!touched.length) return null;
  return trimmed(text, { start: touched[0].start, end: touched.at(-1).end });
}

function trimmed(text, { start, end }) {
  const words = text.slice(start, end);
  if (!words.trim()) return null;
  return { start: start + words.length - words.trimStart().length,
           end: end - words.length + words.trimEnd().length };
}

/** A span widened to the words that it cuts. */
export function wholeWords(text, { start, end }, language) {
  const words = wordsOf(text, language), cut = at => words.find(one => one.start < at && at < one.end);
  return { start: cut(start)?.start ?? start, end: cut(end)?.end ?? end };
}

/** Where words stand in a text, without regard to case, accents and the width of blanks, as spans of units. */
export function spansOf(words, text) {
  const wanted = folded(words.trim()).replace(/\s+/g, " ");
  if (!wanted || !folded(text).replace(/\s+/g, " ").includes(wanted)) return [];
  const places = [];
  let plain = "";
  for (const one of segments(text, "grapheme", "")) {
    const letters = /^\s+$/.test(one.text) ? plain.endsWith(" ") ? "" : " " : folded(one.text);
    plain += letters;
    for (let n = 0; n < letters.length; n += 1) places.push(one);
  }
  const spans = [];
  for (let at = plain.indexOf(wanted); at >= 0; at = plain.indexOf(wanted, at + wanted.length))
    spans.push({ start: places[at].start, end: places[at + wanted.length - 1].end });
  return spans;
}

/** The words of a passage, cut to what fits on a chip; none where the passage is the whole text. */
export function shortWords(text, span) {
  const all = trimmed(text, { start: 0, end: text.length });
  if (!all || (span.start <= all.start && all.end <= span.end)) return "";
  const letters = segments(text.slice(span.start, span.end).replace(/\s+/g, " "), "grapheme", "").map(one => one.text);
  return letters.length > 30 ? `${letters.slice(0, 28).join("").trimEnd()}…` : letters.join("");
}

/** A span whose end (or start) is moved by one character as readers see it. */
export function nudged(text, span, by) {
  const edges = [0, ...segments(text, "grapheme", "").map(one => one.end)];
  const at = edges.indexOf(span.end);
  const end = edges[Math.min(Math.max(at + by, 0), edges.length - 1)];
  return end > span.start ? { start: span.start, end } : span;
}

/** The stretches into which codings divide a turn, each with the codings over it, in order of the text. */
export function stretches(text, codings) {
  const edges = new Set([0, text.length]);
  for (const one of codings) edges.add(one.from).add(one.to);
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.slice(1).map((end, n) => ({ start: sorted[n], end,
    codings: codings.filter(one => one.from <= sorted[n] && end <= one.to) })).filter(one => one.end > one.start);
}

/** Gives each coding of a turn the lowest lane that no coding over the same words has. */
export function lanes(codings) {
  const placed = [...codings].sort((a, b) => a.from - b.from || b.to - a.to
    || a.coding_id.localeCompare(b.coding_id));
  const ends = [];
  for (const one of placed) {
    let lane = ends.findIndex(end => end <= one.from);
    if (lane < 0) lane = ends.length;
    ends[lane] = one.to;
    one.lane = lane;
  }
  return placed;
}

/** The key that somebody means: the letter or the digit on it where the keyboard writes another script. */
export function meantKey(event) {
  if (/^[\x20-\x7e]$/.test(event.key) || event.key.length > 1) return event.key;
  return event.code.match(/^(?:Key|Digit)(.)$/)?.[1] ?? event.key;
}

/** Whether Ctrl, or Cmd, is held; AltGr, which writes [ and ] on many keyboards, is neither that nor Alt. */
const isCommandKey = event => (event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph");
const isAltKey = event => event.altKey && !event.getModifierState("AltGraph");

/** Text as it is searched: without case and accents. */
export function folded(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

const SCRIPTS = ["Arabic", "Hebrew", "Syriac", "Thaana", "Nko", "Khmer", "Thai", "Lao", "Myanmar", "Devanagari", "Tibetan"]
  .map(name => [name, new RegExp(`\\p{Script=${name}}`, "gu")]);
const FROM_RIGHT = ["Arabic", "Hebrew", "Syriac", "Thaana", "Nko"];

/** The script that most letters of a text have, where it needs other lines than Latin does, and its direction:
 *  a turn may be in another language than its text is said to be. */
export function scriptOf(text) {
  const begun = text.slice(0, 600), half = (begun.match(/\p{L}/gu) ?? []).length / 2;
  const script = SCRIPTS.find(([, letter]) => (begun.match(letter) ?? []).length > half)?.[0] ?? "";
  return { script, direction: FROM_RIGHT.includes(script) ? "rtl" : "ltr" };
}

// ------------------------------
// Elements

/** An element; `on…` are listeners, other names attributes; false and null leave an attribute out. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(2).filter(one => one !== null && one !== undefined && one !== ""));
  return made;
}

function button(label, action, attributes = {}) {
  return element("button", { type: "button", onclick: action, ...attributes }, label);
}

/** What tells an element that can have the focus from its neighbours, drawn anew or not. */
const nameOf = one => one.dataset.coding ?? one.getAttribute("aria-label") ?? one.textContent;

let made = 0;
const newId = () => `glc-desk-${made += 1}`;

/** The colour and the pattern of the line under a coded passage. The first is that of the code's theme, the
 *  second tells the codes of a theme apart without colours. */
const PATTERNS = {
  solid: colour => `linear-gradient(${colour}, ${colour})`,
  dashed: colour => `repeating-linear-gradient(90deg, ${colour} 0 9px, transparent 9px 13px)`,
  dotted: colour => `repeating-linear-gradient(90deg, ${colour} 0 3px, transparent 3px 6px)`,
  double: colour => `linear-gradient(${colour} 0 1px, transparent 1px 2px, ${colour} 2px 3px)`,
  mixed: colour => `repeating-linear-gradient(90deg, ${colour} 0 11px, transparent 11px 14px,`
    + ` ${colour} 14px 17px, transparent 17px 20px)` };
const PATTERN_NAMES = Object.keys(PATTERNS);
const HUES = 8;

// ------------------------------
// A long list: only what is near the window is drawn, in chunks that keep their height when they are emptied.

const CHUNK = 40;

class LongList {
  /** `draw(item, index)` gives an element; `guess(item)` its height in pixels before it was ever drawn. */
  constructor(scroller, draw, guess) {
    Object.assign(this, { scroller, draw, guess, items: [], chunks: [] });
    this.watch = new IntersectionObserver(seen => seen.forEach(one =>
      one.isIntersecting ? this.fill(one.target) : this.empty(one.target)),
      { root: scroller, rootMargin: "900px 0px" });
  }

  show(items) {
    this.watch.disconnect();
    this.items = items;
    this.chunks = [];
    for (let first = 0; first < items.length; first += CHUNK) {
      const chunk = element("div", { role: "presentation", class: "glc-chunk" });
      chunk.first = first;
      const height = items.slice(first, first + CHUNK).reduce((sum, one) => sum + this.guess(one), 0);
      chunk.style.height = `${height}px`;
      this.chunks.push(chunk);
    }
    this.scroller.replaceChildren(...this.chunks);
    this.scroller.scrollTop = 0;
    if (this.chunks.length) this.fill(this.chunks[0]);
    this.chunks.forEach(chunk => this.watch.observe(chunk));
  }

  fill(chunk) {
    if (chunk.firstChild) return;
    chunk.replaceChildren(...this.items.slice(chunk.first, chunk.first + CHUNK)
      .map((item, n) => this.draw(item, chunk.first + n)));
    chunk.style.height = "";
  }

  empty(chunk) {
    if (!chunk.firstChild || chunk.contains(document.activeElement)) return;
    chunk.style.height = `${chunk.offsetHeight}px`;
    chunk.replaceChildren();
  }

  /** The element of an item, drawn if need be. */
  at(index) {
    const chunk = this.chunks[Math.floor(index / CHUNK)];
    if (!chunk) return null;
    this.fill(chunk);
    return chunk.children[index % CHUNK];
  }

  /** Draws an item anew if it is drawn at all; what had the focus in it gets it back, a field with what was written. */
  redraw(index) {
    const old = this.chunks[Math.floor(index / CHUNK)]?.children[index % CHUNK];
    if (!old) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const drawn = this.draw(this.items[index], index);
    old.replaceWith(drawn);
    if (!focused) return;
    if (focused === old) return drawn.focus({ preventScroll: true });
    const same = [...drawn.querySelectorAll("button, input, textarea, [tabindex]")]
      .find(one => nameOf(one) === nameOf(focused));
    same?.focus({ preventScroll: true });
    if (!same || !focused.matches("textarea, input[type='text']")) return;
    same.value = focused.value;
    same.setSelectionRange(focused.selectionStart, focused.selectionEnd);
  }

  /** Scrolls as far as needed to show an item; its chunk and its neighbours are drawn first. */
  reveal(index) {
    const found = this.at(index);
    if (!found) return null;
    const box = found.getBoundingClientRect(), frame = this.scroller.getBoundingClientRect();
    const margin = 24, below = frame.height / 5;  // what comes next stays in sight
    if (box.top < frame.top + margin) this.scroller.scrollTop += box.top - frame.top - margin;
    else if (box.bottom > frame.bottom - below)
      this.scroller.scrollTop += Math.min(box.bottom - frame.bottom + below, box.top - frame.top - margin);
    return found;
  }
}

// ------------------------------
// What the desk asks of the session

const PATIENCE = 8000;

class Kernel {
  /** `onlate()` is called when an answer has not come after PATIENCE milliseconds; it may still come. `onnews(news)`
   *  is told what else changed, whoever asked. */
  constructor(model, onlate, onnews) {
    Object.assign(this, { model, onlate, onnews });
    this.waiting = new Map();
    this.number = 0;
    this.listen = content => {
      if (content.news) this.onnews(content.news);
      const asked = this.waiting.get(content.id);
      if (!asked) return;
      this.waiting.delete(content.id);
      if ("error" in content) asked.reject(new Error(content.error));
      else asked.resolve(content.ok);
    };
    model.on("msg:custom", this.listen);
  }

  ask(message) {
    this.number += 1;
    // Two drawings of one widget share the kernel: each takes only the answers to its own questions.
    const id = `${this.name ??= Math.random().toString(36).slice(2)}-${this.number}`;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.onlate(), PATIENCE);
      const answered = then => value => {
        clearTimeout(late);
        then(value);
      };
      this.waiting.set(id, { resolve: answered(resolve), reject: answered(reject) });
      this.model.send({ id, ...message });
    });
  }

  close() {
    this.model.off("msg:custom", this.listen);
  }
}

// ------------------------------
// The codebook: a filter, the codes with a key of their own, the tree, and what a code means

class Codebook {
  /** `chosen(code_id)` is told which code somebody wants to give; `leave()` gives the focus back. */
  constructor(desk, { chosen, leave }) {
    Object.assign(this, { desk, chosen, leave, rows: [], keys: [], counts: {}, active: "" });
    this.treeId = newId();
    this.filter = element("input", { type: "text", class: "glc-filter", role: "combobox",
      "aria-label": "Find a code", "aria-controls": this.treeId, "aria-expanded": "true",
      "aria-autocomplete": "list", "aria-haspopup": "tree", placeholder: "Find a code  ( / )",
      autocomplete: "off", spellcheck: "false",
      oninput: () => this.drawTree(true), onkeydown: event => this.pressed(event) });
    this.selected = element("p", { class: "glc-selected" });
    this.recent = element("ol", { class: "glc-keys", "aria-label": "Codes on the keys 1 to 9" });
    this.tree = element("div", { class: "glc-tree", role: "tree", id: this.treeId, tabindex: "0",
      "aria-label": "Codebook", onkeydown: event => this.pressed(event) });
    this.meaning = element("div", { class: "glc-meaning", role: "region", "aria-label": "What the code means",
      tabindex: "0" });
    this.root = element("section", { class: "glc-codes", "aria-label": "Codes" }, this.selected,
      element("div", { class: "glc-find-code" }, this.filter, button("Change codes", () => this.desk.changes.open(this.explained))), this.recent, this.tree, this.meaning);
  }

  show(rows) {
    this.rows = rows;
    this.by = new Map(rows.map(one => [one.code_id, one]));
    let theme = -1;
    const count = new Map();
    for (const row of rows) {
      const parent = this.by.get(row.parent_id);
      row.path = parent ? [...parent.path, parent.name] : [];
      row.hue = row.level === "theme" || (!parent && row.level === "code") ? (theme += 1) % HUES : parent?.hue ?? 0;
      if (row.level !== "code") continue;
      row.pattern = PATTERN_NAMES[(count.get(row.hue) ?? 0) % PATTERN_NAMES.length];
      count.set(row.hue, (count.get(row.hue) ?? 0) + 1);
    }
    this.keys = this.keys.map(code => this.by.has(code) ? code : "");  // the others keep their keys
    this.drawTree(false);
    this.drawKeys();
  }

  name(code) {
    return this.by.get(code)?.name ?? code;
  }

  /** The line under passages of a code, as a CSS image. */
  line(code) {
    const row = this.by.get(code);
    return PATTERNS[row?.pattern ?? "solid"](`var(--glc-hue-${row?.hue ?? 0})`);
  }

  swatch(code) {
    const shown = element("span", { class: "glc-swatch", "aria-hidden": "true" });
    shown.style.backgroundImage = this.line(code);
    return shown;
  }

  /** The codes on the keys, and how many codings the coder has of each code. */
  used(keys, counts) {
    Object.assign(this, { keys, counts });
    this.drawKeys();
    for (const one of this.tree.querySelectorAll("[data-code]"))
      one.querySelector(".glc-count").textContent = counts[one.dataset.code] ?? "";
    this.explain(this.explained, true);
  }

  drawKeys() {
    this.recent.hidden = !this.keys.length;
    this.recent.replaceChildren(...this.keys.map((code, n) => code && element("li", {},
      button([element("kbd", {}, String(n + 1)), this.swatch(code), this.name(code)], () => this.give(code),
        { title: this.by.get(code).definition || false, onpointermove: () => this.pointed(code) }))).filter(Boolean));
  }

  /** The rows that the filter leaves: codes that fit, with what they lie under. */
  fitting() {
    const words = folded(this.filter.value).split(/\s+/).filter(Boolean);
    if (!words.length) return this.rows;
    const kept = new Set();
    for (const row of this.rows) {
      const said = folded([row.name, ...row.path, row.definition, row.include].join(" "));
      if (row.level !== "code" || !words.every(word => said.includes(word))) continue;
      for (let one = row; one; one = this.by.get(one.parent_id)) kept.add(one.code_id);
    }
    return this.rows.filter(one => kept.has(one.code_id));
  }

  drawTree(isTyped) {
    const rows = this.fitting(), codes = rows.filter(one => one.level === "code");
    const words = folded(this.filter.value).trim();
    if (isTyped && words) {  // a name that begins with what was typed comes before one that merely holds it
      const best = codes.find(one => folded(one.name).startsWith(words))
        ?? codes.find(one => folded(one.name).includes(words)) ?? codes[0];
      this.active = best?.code_id ?? "";
    } else if (!codes.some(one => one.code_id === this.active)) this.active = codes[0]?.code_id ?? "";
    const depths = Math.min(...rows.map(one => one.depth));
    this.tree.replaceChildren(...rows.map(row => {
      const isCode = row.level === "code";
      const item = element("div", { class: `glc-code glc-${isCode ? "code-row" : "heading-row"}`, role: "treeitem",
        id: `${this.treeId}-${row.code_id}`, "data-code": isCode && row.code_id, "aria-level": String(row.depth - depths + 1),
        "aria-selected": isCode ? String(row.code_id === this.active) : false,
        "aria-disabled": isCode ? false : "true",
        onclick: () => isCode ? this.give(row.code_id) : null,
        onpointermove: () => this.pointed(row.code_id) },
        isCode ? this.swatch(row.code_id) : null, element("span", {}, row.name),
        isCode ? element("span", { class: "glc-count" }, String(this.counts[row.code_id] ?? "")) : null);
      item.style.setProperty("--depth", row.depth - depths);
      return item;
    }));
    if (!rows.length) this.tree.append(element("div", { class: "glc-none", role: "treeitem", "aria-selected": "false" },
      "No code fits. Esc clears the filter."));
    this.follow();
    if (isTyped) this.desk.say(codes.length === 1 ? `One code: ${codes[0].name}` : `${codes.length} codes`, false);
  }

  follow() {
    const id = this.active ? `${this.treeId}-${this.active}` : "";
    for (const one of this.tree.children) if (one.hasAttribute("aria-selected"))
      one.setAttribute("aria-selected", String(one.id === id));
    for (const one of [this.filter, this.tree])
      if (id) one.setAttribute("aria-activedescendant", id); else one.removeAttribute("aria-activedescendant");
    const shown = [...this.tree.children].find(one => one.id === id);
    if (shown) {
      const top = shown.offsetTop - this.tree.offsetTop;
      if (top < this.tree.scrollTop) this.tree.scrollTop = top - 40;
      else if (top + shown.offsetHeight > this.tree.scrollTop + this.tree.clientHeight)
        this.tree.scrollTop = top + shown.offsetHeight - this.tree.clientHeight;
    }
    this.explain(this.active);
  }

  /** What the mouse is moved over is explained; not what comes to lie under it while somebody types. */
  pointed(code) {
    if (code !== this.explained) this.explain(code);
  }

  explain(code, isAgain = false) {
    const row = this.by?.get(code), n = this.counts[code] ?? 0;
    if (isAgain && this.meaning.contains(document.activeElement)) return;
    this.explained = code;
    if (!row) return this.meaning.replaceChildren();
    const parts = [["Include", row.include], ["Exclude", row.exclude], ["Example", row.example]];
    this.meaning.scrollTop = 0;
    this.meaning.replaceChildren(
      element("p", { class: "glc-meaning-path" }, row.path.join(" › ")),
      element("p", { class: "glc-meaning-name" }, row.level === "code" ? this.swatch(code) : null, row.name),
      n && row.level === "code" ? element("div", { class: "glc-row" }, button(n === 1 ? "My passage" : `My ${n} passages`,
        () => this.desk.showPassages(code), { "aria-label": `My passages with ${row.name}: ${n}` })) : "",
      row.definition ? element("p", {}, row.definition) : "",
      element("dl", {}, parts.filter(([, text]) => text).map(([name, text]) =>
        [element("dt", {}, name), element("dd", { dir: "auto" }, text)])));
  }

  /** What the selection is, above the filter: words of the text are quoted, other elements than `q` are not. */
  tell(text, attributes = {}, name = "q") {
    this.selected.replaceChildren(...text ? [element("span", { class: "glc-label" }, "Selected"),
      element(name, { dir: "auto", ...attributes }, text.length > 160 ? `${text.slice(0, 159)}…` : text)] : []);
    this.selected.hidden = !text;
  }

  open(words = "") {
    this.desk.drawer("codes");
    this.filter.value = words;
    this.drawTree(Boolean(words));
    this.filter.focus();
    this.filter.select();
  }

  pressed(event) {
    const codes = this.fitting().filter(one => one.level === "code");
    const at = codes.findIndex(one => one.code_id === this.active);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    if (event.key in steps && codes.length) {
      const next = Math.min(Math.max(at + steps[event.key], 0), codes.length - 1);
      this.active = codes[next].code_id;
      this.follow();
    } else if (event.key === "Enter") {
      if (this.active) this.give(this.active);
    } else if (event.key === "Escape") {
      this.filter.value = "";
      this.drawTree(false);
      this.desk.view.cancel?.();
      this.leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async give(code) {
    this.active = code;
    if (this.filter.value) {
      this.filter.value = "";
      this.drawTree(false);
    } else this.follow();
    this.leave();  // at once: the next key is for the text, however long the kernel takes
    await this.chosen(code);
  }
}

// ------------------------------
// A change of the codebook: shown before it is written, by whoever may; the others propose it

class CodebookChanges {
  constructor(desk) {
    this.desk = desk;
    const select = (name, attributes = {}) => element("select", { "aria-label": name, onchange: () => this.edited(), ...attributes });
    const labelled = (name, field) => element("label", {}, name, field);
    this.what = select("What changes");
    this.what.append(...[["name", "another name for a code"], ["parent_id", "another place for a code"],
      ["merged_into", "a code merged into another"], ["new", "a new code"]].map(([value, name]) => element("option", { value }, name)));
    this.code = select("Code");
    this.name = element("input", { type: "text", dir: "auto", "aria-label": "Name", oninput: () => this.edited() });
    this.parent = select("Under");
    this.into = select("Into");
    this.meaning = element("textarea", { rows: "2", dir: "auto", "aria-label": "What it means", oninput: () => this.edited() });
    this.fields = { code: labelled("Code", this.code), name: labelled("Name", this.name), parent: labelled("Under", this.parent),
      into: labelled("Into", this.into), meaning: labelled("What it means", this.meaning) };
    this.heading = element("p", { class: "glc-label" });
    this.proposed = element("div", { class: "glc-proposed" });
    this.shown = element("div", { role: "status", class: "glc-shown" });
    this.send = button("", () => this.sent());
    this.write = button("Write it", () => this.written());
    this.root = element("dialog", { class: "glc-help glc-form", "aria-label": "Change codes", onkeydown: event => event.stopPropagation() },
      this.heading, labelled("What changes", this.what), ...Object.values(this.fields), this.proposed, this.shown,
      element("div", { class: "glc-row" }, this.send, this.write, button("Close", () => this.root.close(), { class: "glc-plain" })));
  }

  get isAllowed() {
    return this.desk.offers.includes("codebook");
  }

  async open(code) {
    const { rows, by } = this.desk.codebook, option = one => element("option", { value: one.code_id }, [...one.path, one.name].join(" › "));
    for (const field of [this.code, this.into]) field.replaceChildren(...rows.filter(one => one.level === "code").map(option));
    this.parent.replaceChildren(...rows.filter(one => one.level !== "code").map(option));
    if (by.get(code)?.level === "code") this.code.value = code;
    else if (!this.code.value) this.what.value = "new";
    this.heading.textContent = this.isAllowed ? "Change the codebook" : "Propose a change of the codebook";
    this.send.textContent = this.isAllowed ? "Show the change" : "Propose it";
    this.write.hidden = !this.isAllowed;
    this.name.value = this.meaning.value = "";
    this.edited();
    this.root.showModal();
    const proposed = this.isAllowed ? await this.desk.ask({ get: "proposed_changes" }, true) ?? [] : [];
    this.proposed.replaceChildren(...proposed.length ? [element("p", { class: "glc-label" }, "Proposed by coders"),
      ...proposed.map(one => button(`${one.message} (${one.coder_id})`, () => this.take(one), { dir: "auto" }))] : []);
  }

  /** Fills in what a coder proposed. */
  take({ code_id, cells }) {
    const column = Object.keys(cells).find(one => ["name", "parent_id", "merged_into"].includes(one));
    this.what.value = code_id ? column : "new";
    if (code_id) this.code.value = code_id;
    this.name.value = cells.name ?? "";
    this.meaning.value = cells.definition ?? "";
    if (cells.parent_id) this.parent.value = cells.parent_id;
    if (cells.merged_into) this.into.value = cells.merged_into;
    this.edited();
  }

  /** Takes back the change that was shown, since another one is asked for. */
  edited() {
    const what = this.what.value, isShown = { code: what !== "new", name: ["name", "new"].includes(what),
      parent: ["parent_id", "new"].includes(what), into: what === "merged_into", meaning: what === "new" };
    for (const [name, field] of Object.entries(this.fields)) field.hidden = !isShown[name];
    this.write.disabled = true;
    this.shown.replaceChildren();
  }

  get change() {
    const what = this.what.value;
    if (what === "new") return { code_id: "", cells: { name: this.name.value, parent_id: this.parent.value, definition: this.meaning.value } };
    const value = { name: this.name, parent_id: this.parent, merged_into: this.into }[what].value;
    return { code_id: this.code.value, cells: { [what]: value } };
  }

  async sent() {
    this.edited();
    try {
      if (!this.isAllowed) {
        const done = await this.desk.kernel.ask({ do: { act: "propose_change", ...this.change } });
        this.desk.told(done);
        return this.shown.replaceChildren(element("p", {}, done.message));
      }
      const { message, diff } = await this.desk.kernel.ask({ show_change: this.change });
      this.diff = diff;
      this.shown.replaceChildren(element("p", {}, message), element("pre", { tabindex: "0", "aria-label": "The changed lines" }, diff));
      this.write.disabled = false;
    } catch (error) {
      this.shown.replaceChildren(element("p", { role: "alert" }, error.message));
    }
  }

  async written() {
    try {
      const { message } = await this.desk.kernel.ask({ write_change: { ...this.change, diff: this.diff } });
      this.root.close();
      this.desk.say(message);
    } catch (error) {
      this.shown.replaceChildren(element("p", { role: "alert" }, error.message));
    }
  }
}

// ------------------------------
// Texts: the list, and one text as its turns

const STATUS = { "not begun": "Not begun", begun: "Begun", finished: "Finished", "handed in": "Handed in as a file" };
const STATUS_MARK = { "not begun": "○", begun: "◐", finished: "●", "handed in": "◇" };
const DONE = ["finished", "handed in"];
const PURPOSE = { double: "coded by two", single: "", training: "training" };
const IDLE = 1500;  // milliseconds after the last letter of a memo until it is saved
const RESTING = 700;  // milliseconds without a new coding
const HIGHLIGHT = "glc-desk-selection";

class TextsView {
  constructor(desk) {
    Object.assign(this, { desk, texts: [], text: null, current: 0, selection: null, clickedAt: null, chosen: "", opened: "",
      suggested: null, proposing: false, pending: null, hits: [], hit: -1 });
    this.progress = element("div", { class: "glc-progress" });
    this.list = element("ul", { class: "glc-texts" });
    this.nav = element("section", { class: "glc-list", "aria-label": "Texts" }, this.progress, this.list);
    this.title = element("div", { class: "glc-title" });
    this.read = button("Read, nothing to code", () => this.toggleRead(),
      { "aria-pressed": "false", class: "glc-toggle", title: "R" });
    this.finished = button("Finished", () => this.toggleFinished(),
      { "aria-pressed": "false", class: "glc-toggle", title: "F" });
    this.search = element("input", { type: "search", class: "glc-search", placeholder: "Find in this text",
      "aria-label": "Find in this text", oninput: () => this.seek(), onkeydown: event => this.searched(event) });
    this.hitCount = element("span", { class: "glc-note glc-hits" });
    this.turns = element("div", { class: "glc-turns", role: "feed", "aria-label": "Turns of the text",
      onkeydown: event => this.pressed(event), onfocusin: event => this.focused(event),
      onfocusout: () => setTimeout(() => this.text && this.showSelection(), 0),
      onpointerdown: event => this.pressing(event), ondragstart: event => event.preventDefault() });
    this.long = new LongList(this.turns, (turn, n) => this.draw(turn, n),
      turn => 46 + 30 * Math.ceil(turn.text.length / 62));
    this.why = element("p", { class: "glc-why", hidden: true });
    this.change = element("div", { class: "glc-change", role: "group", "aria-label": "The text has changed", hidden: true,
      onkeydown: event => event.key === "Escape" && (event.stopPropagation(), this.focusTurn()) });
    this.task = element("div", { class: "glc-task", role: "group", "aria-label": "Change of a coding", hidden: true,
      onkeydown: event => event.key === "Escape" && (event.stopPropagation(), this.cancel(), this.focusTurn()) });
    this.touch = element("div", { class: "glc-touch", role: "group", "aria-label": "Select" },
      button("Sentence", () => this.text && this.selectSentence(this.text.turns[this.current])),
      button("Turn", () => this.text && this.selectTurn()),
      button("Codes", () => this.desk.drawer("codes")));
    this.work = element("section", { class: "glc-work", "aria-label": "Text" },
      element("div", { class: "glc-head" }, this.title, this.search, this.hitCount, this.read, this.finished),
      this.change, this.task, this.turns, this.touch, this.why);
    this.heading = this.work.firstChild;
  }

  // The list

  listed(texts) {
    this.texts = texts;
    const done = texts.filter(one => DONE.includes(one.status)).length;
    this.progress.replaceChildren(
      element("span", {}, texts.length ? `${done} of ${texts.length} finished` : "No text is assigned"),
      element("progress", { max: String(Math.max(texts.length, 1)), value: String(done), "aria-label": "Texts finished" }));
    const held = this.list.contains(document.activeElement)
      && [...this.list.children].findIndex(one => one.contains(document.activeElement));
    this.list.replaceChildren(...texts.map(one => element("li", {},
      element("button", { type: "button", class: "glc-text", title: one.document_id,
        onclick: () => this.go(one.document_id),
        "aria-current": one.document_id === this.text?.document_id ? "true" : false },
        element("span", { class: "glc-mark", "aria-hidden": "true" }, STATUS_MARK[one.status]),
        element("span", { class: "glc-text-title", dir: "auto" }, one.title),
        element("span", { class: "glc-text-note" }, [STATUS[one.status],
          one.codings ? `${one.codings} ${one.codings === 1 ? "coding" : "codings"}` : "", PURPOSE[one.purpose]]
          .filter(Boolean).join(" · "))))));
    if (held !== false) this.list.children[held]?.firstChild.focus();
  }

  async go(id) {
    const text = await this.desk.ask({ get: "text", document_id: id });
    if (!text) return;
    Object.assign(this, { text, current: 0, selection: null, clickedAt: null, chosen: "", opened: "", suggested: null,
      proposing: false });
    this.desk.drawer("");
    this.cancel();
    this.seek();
    this.tellWhy("");
    this.title.replaceChildren(element("span", { class: "glc-name", dir: "auto", title: text.document_id }, text.title),
      element("span", { class: "glc-note" }, `${text.turns.length.toLocaleString("en")} turns`));
    this.place(text.codings);
    this.marks();
    this.tellChange();
    this.long.show(text.turns);
    this.listed(this.texts);
    this.desk.codebook.tell("");
    this.turnElement(0)?.querySelector(".glc-words").focus({ preventScroll: true });
  }

  /** Gives each turn its codings, with their places in it in UTF-16 units. */
  place(codings) {
    const turns = this.text.turns;
    this.text.codings = [...codings].sort((a, b) => a.start - b.start || a.end - b.end
      || a.coding_id.localeCompare(b.coding_id));
    const before = new Map();
    for (const turn of turns) if (turn.codings?.length) before.set(turn, JSON.stringify(turn.codings));
    for (const turn of turns) turn.codings = [];
    for (const coding of this.text.codings) {
      const turn = turns[this.turnAt(coding.start)];
      turn.codings.push({ ...coding, from: toUnits(turn.text, coding.start - turn.start),
        to: toUnits(turn.text, coding.end - turn.start) });
    }
    const changed = [];
    turns.forEach((turn, n) => {
      turn.codings = lanes(turn.codings);
      const now = turn.codings.length ? JSON.stringify(turn.codings) : undefined;
      if (before.get(turn) !== now) changed.push(n);
    });
    return changed;
  }

  /** The number of the turn that holds a code point. */
  turnAt(point) {
    const turns = this.text.turns;
    let low = 0, high = turns.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (turns[middle].start <= point) low = middle; else high = middle - 1;
    }
    return low;
  }

  marks() {
    this.read.setAttribute("aria-pressed", String(Boolean(this.text?.read)));
    this.finished.setAttribute("aria-pressed", String(this.text?.status === "finished"));
    this.heading.hidden = !this.text;
  }

  // A text that changed since its coder began it

  /** Above the turns: that the text changed, and the codings that are to be placed again. */
  tellChange() {
    const { change, waiting } = this.text, held = this.change.contains(document.activeElement);
    this.change.hidden = !change && !waiting.length;
    this.change.replaceChildren(...change ? [element("p", {}, change), element("p", { class: "glc-note" },
      "Codings in unchanged words go along. The others wait here, with their words, to be placed again: nothing is lost."),
      button("Go on with the new text", () => this.goOn())] : waiting.length ? [
      element("p", { class: "glc-label" }, `To be placed again: ${waiting.length}`),
      element("ul", {}, waiting.map(one => this.waitingCoding(one)))] : []);
    if (held) (this.change.querySelector("button") ?? this.turns.querySelector(".glc-words[tabindex='0']"))?.focus();
  }

  waitingCoding(one) {
    const name = this.desk.codebook.name(one.code_id);
    return element("li", {}, this.desk.codebook.swatch(one.code_id), element("span", { class: "glc-code-name" }, name),
      element("q", { dir: "auto" }, one.words), element("span", { class: "glc-row" },
        button("Show where", () => this.showWhere(one), { "aria-label": `Show where ${name} stood` }),
        button("Place on the selection", () => this.placeAgain(one), { "aria-label": `Place ${name} on the selection`, title: "P" }),
        button("Take off", () => this.desk.act({ act: "uncode", coding_id: one.coding_id }),
          { "aria-label": `Take ${name} off`, class: "glc-plain" })));
  }

  async goOn() {
    await this.desk.act({ act: "new_texts", document_ids: [this.text.document_id] });
  }

  /** Goes to the turn in which a waiting coding stood; the next P is about it. */
  showWhere(one) {
    this.inHand = one.coding_id;
    this.chosen = "";
    this.goTo(this.turnAt(one.start));
    this.desk.say(`${this.desk.codebook.name(one.code_id)} stood in this turn, on: ${one.words} `
      + "Select its words as they are now, then press P.");
  }

  async placeAgain(one = null) {
    const { waiting } = this.text, chosen = one ?? waiting.find(each => each.coding_id === this.inHand) ?? waiting[0];
    if (!chosen) return this.desk.refuse("No coding waits to be placed again.");
    if (!this.selection) return this.showWhere(chosen);
    await this.desk.act({ act: "place", coding_id: chosen.coding_id, ...this.passage() });
    this.focusTurn();
  }

  /** Shows a place that may be in another text; of a whole text, any turn is its place. */
  async reach({ document_id, start }) {
    if (this.text?.document_id !== document_id) await this.go(document_id);
    if (start !== null && this.text) this.goTo(this.turnAt(start));
  }

  /** The text is another one since the coder went on with it, or undid that. */
  async reload() {
    const at = this.current;
    await this.go(this.text.document_id);
    const changed = this.text.turns.findIndex(one => one.is_changed);
    this.goTo(changed >= 0 ? changed : at);
  }

  // One turn

  draw(turn, n) {
    if (turn.script === undefined) Object.assign(turn, scriptOf(turn.text));
    const isCurrent = n === this.current, who = [turn.speaker, turn.role && turn.role !== turn.speaker
      ? turn.role.replaceAll("_", " ") : ""].filter(Boolean).join(", ");
    const words = element("div", { class: "glc-words", role: "textbox", "aria-readonly": "true",
      "aria-multiline": "true", tabindex: isCurrent ? "0" : "-1", lang: turn.language || false,
      dir: turn.direction, "data-script": turn.script || false, "aria-label": `Turn ${n + 1}${who ? `, ${who}` : ""}${turn.is_changed ? ", changed" : ""}` });
    words.style.setProperty("--lanes", Math.max(0, ...turn.codings.map(one => one.lane + 1)));
    words.append(...stretches(turn.text, turn.codings).map(one => this.stretch(turn, one)));
    const chips = element("ul", { class: "glc-chips", "aria-label": "Codings of this turn" },
      turn.codings.map(one => element("li", {}, this.chip(one, isCurrent, shortWords(turn.text, { start: one.from, end: one.to })))));
    const opened = turn.codings.find(one => one.coding_id === this.opened);
    return element("article", { class: `glc-turn${isCurrent ? " glc-current" : ""}`, "data-turn": String(n),
      "data-role": turn.role || false, "aria-posinset": String(n + 1),
      "aria-setsize": String(this.text.turns.length), "aria-label": `Turn ${n + 1}` },
      element("div", { class: "glc-who" }, element("span", { class: "glc-speaker", dir: "auto" }, turn.speaker),
        element("span", { class: "glc-number" }, String(n + 1)),
        turn.is_changed ? element("span", { class: "glc-flag" }, "changed") : ""),
      element("div", { class: "glc-body" }, words, turn.codings.length ? chips : "",
        opened ? codingEditor(this.desk, opened, () => this.closed(n)) : "",
        this.proposing && isCurrent ? this.proposal() : "",
        this.suggested?.turn === n ? this.suggestions() : ""));
  }

  stretch(turn, { start, end, codings }) {
    const text = turn.text.slice(start, end);
    if (!codings.length) return element("span", {}, text);
    const book = this.desk.codebook;
    const drawn = element("span", { class: `glc-coded${codings.some(one => one.coding_id === this.chosen)
      ? " glc-chosen" : ""}`, title: codings.map(one => book.name(one.code_id)).join(" · ") }, text);
    drawn.style.backgroundImage = codings.map(one => book.line(one.code_id)).join(", ");
    drawn.style.backgroundPosition = codings.map(one => `0 calc(var(--base) + ${one.lane} * var(--lane))`).join(", ");
    return drawn;
  }

  chip(coding, isReachable, words) {
    const name = this.desk.codebook.name(coding.code_id), isOpen = coding.coding_id === this.opened;
    const notes = [coding.negative_case ? "negative case" : "", coding.memo ? "memo" : "",
      coding.origin === "suggested" ? "suggested" : ""].filter(Boolean);
    return element("button", { type: "button", class: `glc-chip${coding.coding_id === this.chosen ? " glc-chosen" : ""}`,
      "data-coding": coding.coding_id, "aria-expanded": String(isOpen), tabindex: isReachable ? "0" : "-1",
      title: coding.memo || false, onclick: () => this.openChip(coding) },
      this.desk.codebook.swatch(coding.code_id), name, words ? element("q", { class: "glc-chip-words", dir: "auto" }, words) : "",
      notes.map(note => element("span", { class: "glc-flag" }, note)));
  }

  openChip(coding) {
    this.choose(coding.coding_id);
    this.opened = this.opened === coding.coding_id ? "" : coding.coding_id;
    this.redraw(this.current);
    this.turnElement(this.current).querySelector(`[data-coding="${CSS.escape(coding.coding_id)}"]`)?.focus();
  }

  closed(n) {
    this.opened = "";
    this.redraw(n);
    this.focusTurn();
  }

  turnElement(n) {
    return this.long.at(n);
  }

  /** Draws a turn anew; that it takes the focus back is not a move to it. */
  redraw(n) {
    this.isDrawing = true;
    this.long.redraw(n);
    this.isDrawing = false;
  }

  /** Moves to a turn; the one before loses its mark. */
  goTo(n, select = null) {
    const turns = this.text?.turns ?? [];
    if (!turns.length) return;
    const to = Math.min(Math.max(n, 0), turns.length - 1), left = this.current;
    this.current = to;
    this.unchoose(left);
    if (to !== left) {
      this.proposing = false;
      this.redraw(left);
      this.redraw(to);
    }
    this.long.reveal(to);
    this.select(select);
    this.focusTurn();
    this.desk.speak(to !== left && !select ? `Turn ${to + 1}` : "");
  }

  focusTurn() {
    this.turnElement(this.current)?.querySelector(".glc-words").focus({ preventScroll: true });
    this.showSelection();
  }

  focused(event) {
    const turn = event.target.closest?.("[data-turn]");
    const n = turn ? Number(turn.dataset.turn) : this.current;
    if (n === this.current || this.isDrawing) return;
    const left = this.current;
    this.current = n;
    this.proposing = false;
    this.unchoose(left);
    this.select(null);
    // The turn that has the focus is not drawn anew under the finger: its attributes alone change.
    this.redraw(left);
    turn.classList.add("glc-current");
    turn.querySelectorAll(".glc-words, .glc-chip").forEach(one => one.setAttribute("tabindex", "0"));
  }

  // What is selected: a stretch of one turn, in UTF-16 units; `anchor` and `head` are the words between which it lies

  select(selection) {
    this.selection = selection;
    this.clickedAt = null;
    const turn = this.text.turns[this.current];
    const said = selection ? turn.text.slice(selection.start, selection.end) : "";
    this.desk.codebook.tell(said, { lang: turn?.language || "" });
    if (said) this.desk.speak(said);
    this.showSelection();
  }

  /** Shows the selection as the browser's own, for those who copy or listen; as a highlight while the focus is in
   *  the codebook. */
  showSelection() {
    const words = this.turnElement(this.current)?.querySelector(".glc-words");
    if (!words || this.isPressing) return;
    const range = this.selection ? rangeOf(words, this.selection) : null;
    const isHere = document.activeElement === words;
    if (globalThis.CSS?.highlights) {
      if (range && !isHere) CSS.highlights.set(HIGHLIGHT, new Highlight(range));
      else CSS.highlights.delete(HIGHLIGHT);
    }
    if (!isHere) return;
    const own = document.getSelection();
    own.removeAllRanges();
    if (range) own.addRange(range.cloneRange());
  }

  /** From here until the button is let go, wherever that is, the browser selects by itself. */
  pressing(event) {
    if (event.button !== 0 || !event.target.closest(".glc-words")) return;
    if (!event.shiftKey) document.getSelection().removeAllRanges();  // else the old selection would be dragged
    this.isPressing = true;
    document.addEventListener("pointerup", () => setTimeout(() => {
      this.isPressing = false;
      this.pointed();
    }, 0), { once: true });
  }

  /** Takes over what was selected by mouse. */
  pointed() {
    const own = document.getSelection();
    if (!this.text || !own.rangeCount) return;
    const range = own.getRangeAt(0), first = wordsAround(range.startContainer), last = wordsAround(range.endContainer);
    if (!first && !last) return;
    if (own.isCollapsed) {
      if (first && this.turns.contains(first)) this.clicked(first, range);
      return;
    }
    const started = first ?? last, n = Number(started.closest("[data-turn]").dataset.turn);
    const ends = first === last || (first && !last && isAfter(range, first));
    if (!first || !ends) {
      this.desk.refuse("A coding lies within one turn: select words of one turn.");
      own.removeAllRanges();
      return;
    }
    const text = this.text.turns[n].text;
    const end = first === last ? offsetIn(first, range.endContainer, range.endOffset) : text.length;
    const marked = snapped(text, { start: offsetIn(first, range.startContainer, range.startOffset), end });
    const span = marked && wholeWords(text, marked, this.text.turns[n].language);
    if (n !== this.current) this.focused({ target: first });
    if (!span) this.desk.refuse("Nothing but white space is selected. Select some words.");
    if (!this.pending) this.chosen = "";
    this.select(span && held(this.text.turns[n], span));
    first.focus({ preventScroll: true });
    this.showSelection();
  }

  /** A click without a selection: a coded stretch chooses its coding, the next click the one below it. */
  clicked(words, range) {
    const n = Number(words.closest("[data-turn]").dataset.turn), turn = this.text.turns[n];
    const at = offsetIn(words, range.startContainer, range.startOffset);
    const here = turn.codings.filter(one => one.from <= at && at < one.to);
    const next = here[(here.findIndex(one => one.coding_id === this.chosen) + 1) % (here.length || 1)];
    if (n !== this.current) this.focused({ target: words });
    if (this.pending) this.select(null);
    else if (next) this.choose(next.coding_id);
    else {
      this.choose("");
      this.select(null);
    }
    this.clickedAt = at;
    this.focusTurn();
  }

  /** Marks a coding as the one that memo, negative case and removal are about, and selects its words. */
  choose(id) {
    const coding = this.text.codings.find(one => one.coding_id === id);
    const old = this.text.codings.find(one => one.coding_id === this.chosen);
    this.chosen = id;
    if (old) this.redraw(this.turnAt(old.start));
    if (!coding) return;
    const n = this.turnAt(coding.start), left = this.current;
    this.current = n;
    if (left !== n) this.redraw(left);
    this.redraw(n);
    this.long.reveal(n);
    const placed = this.text.turns[n].codings.find(one => one.coding_id === id);
    this.select(held(this.text.turns[n], { start: placed.from, end: placed.to }));
    this.desk.codebook.explain(coding.code_id);
    this.desk.speak(`${this.desk.codebook.name(coding.code_id)}${coding.negative_case ? ", negative case" : ""}`
      + `${coding.memo ? `, memo: ${coding.memo}` : ""}`);
  }

  /** The coding that an act is about; tells what to do where there is none, or more than one. */
  about() {
    const turn = this.text?.turns[this.current], { start, end } = this.selection ?? { start: 0, end: 0 };
    const here = (turn?.codings ?? []).filter(one => one.from < end && start < one.to);
    const one = turn?.codings.find(coding => coding.coding_id === this.chosen) ?? (here.length === 1 ? here[0] : null);
    if (!one) this.desk.refuse(here.length ? "Several codings lie here: [ and ] go from one to the next."
      : "No coding is chosen: [ and ] go from one to the next.");
    return one;
  }

  move(by, isExtended) {
    const turn = this.text.turns[this.current], words = wordsOf(turn.text, turn.language);
    const old = this.selection;
    const at = this.clickedAt;  // without a selection the arrows begin where somebody clicked
    const from = !old ? at === null ? null : { start: words.findLast(one => one.start < at)?.end ?? at,
      end: words.find(one => one.end > at)?.start ?? at } : isExtended ? old.head : by > 0 ? { start: old.start, end: old.end } : old;
    const next = !from ? (by > 0 ? words[0] : words.at(-1))
      : by > 0 ? words.find(one => one.start >= from.end) : words.findLast(one => one.end <= from.start);
    if (!next) {
      const neighbour = this.text.turns[this.current + by];
      if (isExtended || !neighbour) return;
      const others = wordsOf(neighbour.text, neighbour.language), word = by > 0 ? others[0] : others.at(-1);
      this.chosen = "";
      this.goTo(this.current + by, word ? { ...spanOf(word), anchor: word, head: word } : null);
      return;
    }
    this.unchoose();
    const anchor = isExtended && old ? old.anchor : next;
    this.select({ start: Math.min(anchor.start, next.start), end: Math.max(anchor.end, next.end), anchor, head: next });
    this.long.reveal(this.current);
  }

  /** Takes the mark from the chosen coding, which is one of turn `n`. */
  unchoose(n = this.current) {
    if (!this.chosen || this.pending) return;
    this.chosen = "";
    this.redraw(n);
  }

  selectSpan(span) {
    if (span) this.select(held(this.text.turns[this.current], span));
  }

  // Acts

  /** The selection as the session counts it. */
  passage() {
    const turn = this.text?.turns[this.current];
    if (!turn || !this.selection) {
      this.desk.refuse("Nothing is selected: the arrow keys select words, with Shift more of them; A the whole turn.");
      return null;
    }
    return { document_id: this.text.document_id,
      start: turn.start + toCodePoints(turn.text, this.selection.start),
      end: turn.start + toCodePoints(turn.text, this.selection.end) };
  }

  // Another code, or another extent, for a coding

  /** Begins to change a coding: the next code that is chosen, or the next Enter, is for it. */
  begin(what, coding = this.about()) {
    if (!coding) return;
    this.opened = "";
    this.choose(coding.coding_id);
    this.pending = { what, coding_id: coding.coding_id };
    const name = this.desk.codebook.name(coding.code_id), stop = button("Cancel", () => {
      this.cancel();
      this.focusTurn();
    }, { class: "glc-plain", title: "Esc" });
    this.task.hidden = false;
    this.task.replaceChildren(...what === "recode"
      ? [element("span", {}, `Choose the code that takes the place of ${name}. The memo stays.`), stop]
      : [element("span", {}, `Select the words that ${name} is about. The memo stays.`),
        button("Save the extent", () => this.resize(), { title: "Enter" }), stop]);
    this.desk.say(this.task.firstChild.textContent, false);
    if (what === "recode") this.desk.codebook.open();
    else this.focusTurn();
  }

  cancel() {
    this.pending = null;
    this.task.hidden = true;
  }

  async finishChange(act) {
    const done = await this.desk.act({ ...act, coding_id: this.pending.coding_id });
    if (done) this.cancel();
    this.focusTurn();
  }

  async resize() {
    const passage = this.passage();
    if (passage) await this.finishChange({ act: "resize", ...passage });
  }

  async code(code, origin = "own") {
    if (this.pending?.what === "recode") return this.finishChange({ act: "recode", code_id: code });
    const passage = this.passage();
    if (!passage) return this.focusTurn();
    const old = new Set(this.text.codings.map(one => one.coding_id)), from = this.selection;
    const done = await this.desk.act({ act: "code", ...passage, code_id: code,
      ...(origin === "suggested" ? { origin } : {}) });
    if (!done) return;
    if (passage.document_id !== this.text.document_id) return;
    const fresh = this.text.codings.find(one => !old.has(one.coding_id));
    if (fresh && from === this.selection) {  // else the coder is elsewhere by now
      this.choose(fresh.coding_id);
      this.focusTurn();
    }
    if (origin === "own") this.suggest(passage);
    else this.suggested = null;
  }

  async uncode(coding = this.about()) {
    if (!coding) return;
    this.chosen = this.opened = "";
    await this.desk.act({ act: "uncode", coding_id: coding.coding_id });
    this.focusTurn();
  }

  async negative(coding = this.about()) {
    if (coding) await this.desk.act({ act: "negative_case", coding_id: coding.coding_id, value: !coding.negative_case });
    this.focusTurn();
  }

  memo(coding = this.about()) {
    if (!coding) return;
    this.choose(coding.coding_id);
    this.opened = coding.coding_id;
    this.redraw(this.current);
    this.turnElement(this.current).querySelector(".glc-edit textarea").focus();
  }

  async toggleRead() {
    await this.desk.act({ act: "read", document_id: this.text.document_id, value: !this.text.read });
  }

  async toggleFinished() {
    await this.desk.act({ act: "finish", document_id: this.text.document_id, value: this.text.status !== "finished" });
  }

  /** What the session tells of this text after an act. */
  changed(after) {
    const now = after[this.text?.document_id];
    if (!now) return;
    if (now.version !== this.text.version) return this.reload();
    Object.assign(this.text, { status: now.status, read: now.read, waiting: now.waiting, change: now.change });
    this.tellChange();
    for (const n of this.place(now.codings)) this.redraw(n);
    this.marks();
    if (!this.text.codings.some(one => one.coding_id === this.chosen)) this.chosen = "";
    if (this.pending && !this.text.codings.some(one => one.coding_id === this.pending.coding_id)) this.cancel();
    this.showSelection();
  }

  /** Draws the codings under the names that their codes have now. */
  async refresh() {
    const now = this.text && await this.desk.ask({ get: "text", document_id: this.text.document_id }, true);
    if (!now) return;
    this.changed({ [now.document_id]: now });
    this.text.turns.forEach((turn, n) => turn.codings.length && this.redraw(n));
  }

  // A new code from the words of the text, and suggestions

  propose() {
    if (!this.passage()) return;
    this.proposing = true;
    this.redraw(this.current);
    const field = this.turnElement(this.current).querySelector(".glc-propose input");
    field.focus();
    field.select();
  }

  async quote() {
    const passage = this.passage();
    if (passage) await this.desk.act({ act: "propose_quotation", ...passage });
    this.focusTurn();
  }

  proposal() {
    const turn = this.text.turns[this.current], { start, end } = this.selection ?? { start: 0, end: 0 };
    const words = turn.text.slice(start, end).replace(/\s+/g, " ").slice(0, 80);
    const field = element("input", { type: "text", "aria-label": "Name of the new code", value: words, dir: "auto" });
    const close = () => {
      this.proposing = false;
      this.redraw(this.current);
      this.focusTurn();
    };
    const send = async () => {
      const passage = this.passage();
      if (!passage || !field.value.trim()) return;
      if (await this.desk.act({ act: "propose_code", ...passage, name: field.value.trim() })) close();
    };
    return element("div", { class: "glc-edit glc-propose", role: "group", "aria-label": "Propose a new code",
      onkeydown: event => {
        event.stopPropagation();
        if (event.key === "Enter" && event.target === field) send();
        else if (event.key === "Escape") close();
      } },
      element("label", {}, "New code, in the words of the text", field),
      element("p", { class: "glc-note" }, "The team reviews it; the codebook stays as it is until then."),
      element("div", { class: "glc-row" }, button("Propose", send), button("Cancel", close, { class: "glc-plain" })));
  }

  /** Asks for suggestions once the coder rests: what is coded next does not wait for them. */
  suggest(passage) {
    clearTimeout(this.resting);
    if (this.suggested) this.offer(null, []);
    this.resting = setTimeout(async () => {
      const found = this.desk.offers.includes("suggestions")
        ? await this.desk.ask({ get: "suggestions", ...passage }, true) : [];
      this.offer(passage, found);
      this.tellWhy(found?.length ? ""
        : await this.desk.ask({ get: "why_no_suggestions", document_id: passage.document_id }, true), passage);
    }, RESTING);
  }

  /** Says below the text why no codes are suggested in it; nothing where there is no reason but the passage. */
  tellWhy(sentence, passage = null) {
    if (passage && passage.document_id !== this.text.document_id) return;
    this.why.textContent = sentence ?? "";
    this.why.hidden = !sentence;
  }

  /** Shows suggestions under the turn of a passage; none takes away those that are shown. */
  offer(passage, found) {
    const before = this.suggested?.turn, isHere = passage?.document_id === this.text.document_id;
    this.suggested = isHere && found?.length ? { turn: this.turnAt(passage.start), passage, found } : null;
    for (const n of new Set([before, this.suggested?.turn])) if (n !== undefined) this.redraw(n);
    if (!this.suggested) return;
    if (this.suggested.turn === this.current) this.long.reveal(this.current);
    this.desk.speak(`${found.length} suggestions, reached by Tab`);
  }

  suggestions() {
    const { passage, found, turn } = this.suggested;
    const close = () => {
      this.suggested = null;
      this.redraw(turn);
      this.focusTurn();
    };
    return suggestedCodes(this.desk, this.suggested, {
      accept: async code => {
        this.takeSpan(passage);
        close();
        await this.code(code, "suggested");
      },
      close });
  }

  takeSpan(passage) {
    const n = this.turnAt(passage.start), turn = this.text.turns[n];
    const span = { start: toUnits(turn.text, passage.start - turn.start), end: toUnits(turn.text, passage.end - turn.start) };
    this.current = n;
    this.selection = held(turn, span);
  }

  // Finding words: only what is near the window is drawn, so the browser's own search would miss the rest

  searched(event) {
    if (event.key === "Escape") this.focusTurn();
    else if (event.key === "Enter") this.findNext(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Finds the words anew: all their places in the text. */
  seek() {
    const words = this.search.value;
    this.hits = (this.text?.turns ?? []).flatMap((turn, n) => spansOf(words, turn.text).map(span => ({ n, ...span })));
    this.hit = -1;
    this.hitCount.textContent = words.trim() ? this.hits.length ? `${this.hits.length}` : "none" : "";
  }

  /** Goes to the next place of the words behind, or before, where one is. */
  findNext(by) {
    const { hits } = this, at = this.selection?.start ?? -1;
    if (!this.search.value.trim()) return;
    if (!hits.length) return this.desk.say("These words are not in this text.");
    if (this.hit >= 0) this.hit = (this.hit + by + hits.length) % hits.length;
    else if (by > 0) this.hit = Math.max(hits.findIndex(one => one.n > this.current || (one.n === this.current && one.start >= at)), 0);
    else this.hit = (hits.findLastIndex(one => one.n < this.current) + hits.length) % hits.length;
    const { n, start, end } = hits[this.hit];
    this.goTo(n, held(this.text.turns[n], { start, end }));
    this.search.focus();
    this.hitCount.textContent = `${this.hit + 1} of ${hits.length}`;
    this.desk.say(`${this.hit + 1} of ${hits.length}, in turn ${n + 1}. Enter: next. Esc: back to the text.`);
  }

  // Keys

  enter() {
    if (this.text) this.focusTurn();
    else this.list.querySelector("button")?.focus();
  }

  step(by) {
    const codings = this.text.codings;
    if (!codings.length) return this.desk.say("Nothing is coded yet.");
    let at = codings.findIndex(one => one.coding_id === this.chosen);
    if (at < 0) {
      const here = this.text.turns[this.current].start;
      at = by > 0 ? codings.findIndex(one => one.start >= here) - 1 : codings.findIndex(one => one.start >= here);
    }
    this.choose(codings[(at + by + codings.length) % codings.length].coding_id);
    this.focusTurn();
  }

  pressed(event) {
    if (!event.target.closest(".glc-words, .glc-chip") || !this.text) return;
    const turn = this.text.turns[this.current], isCommand = isCommandKey(event), key = meantKey(event);
    const forward = turn.direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight" ? event.key === forward ? 1 : -1 : 0;
    if (sideways && isAltKey(event)) {
      if (this.selection) this.selectSpan(event.shiftKey ? nudged(turn.text, this.selection, sideways)
        : this.nudgeStart(turn.text, sideways));
    } else if (sideways) this.move(sideways, event.shiftKey);
    else if (event.shiftKey && event.key === "ArrowDown") this.toEdge(turn, 1);
    else if (event.shiftKey && event.key === "ArrowUp") this.toEdge(turn, -1);
    else if (isCommand && event.key === "Home") this.goTo(0);
    else if (isCommand && event.key === "End") this.goTo(this.text.turns.length - 1);
    else if (isCommand && event.key.toLowerCase() === "a") this.selectTurn();
    else if (isCommand && event.key.toLowerCase() === "f") this.search.focus();
    else if (isCommand || isAltKey(event)) return;
    else if (event.key === "ArrowDown") this.goTo(this.current + 1);
    else if (event.key === "ArrowUp") this.goTo(this.current - 1);
    else if (event.key === "PageDown") this.goTo(this.current + 10);
    else if (event.key === "PageUp") this.goTo(this.current - 10);
    else if (event.key === "Home") this.selectWord(0);
    else if (event.key === "End") this.selectWord(-1);
    else if (event.key === "Escape") this.leaveSelection();
    else if (event.target.closest(".glc-chip") && (event.key === "Enter" || event.key === " ")) return;
    else if (event.key === "Enter" && this.pending?.what === "resize") this.resize();
    else if (event.key === "Enter" || event.key === "/") this.desk.codebook.open();
    else if (event.key === "Delete" || event.key === "Backspace") this.uncode();
    else if (key === "[" || key === ",") this.step(-1);
    else if (key === "]" || key === ".") this.step(1);
    else if (/^[1-9]$/.test(key)) this.desk.codeByKey(Number(key));
    else {
      const letters = { a: () => this.selectTurn(), c: () => this.begin("recode"), e: () => this.begin("resize"),
        s: () => this.selectSentence(turn), u: () => this.uncode(), m: () => this.memo(), n: () => this.negative(),
        i: () => this.propose(), q: () => this.quote(), p: () => this.placeAgain(), r: () => this.toggleRead(), f: () => this.toggleFinished(),
        t: () => (this.list.querySelector("[aria-current]") ?? this.list.querySelector("button"))?.focus() };
      const letter = letters[key.toLowerCase()];
      if (!letter || event.shiftKey) return;
      letter();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  selectTurn() {
    const { text } = this.text.turns[this.current];
    this.selectSpan(snapped(text, { start: 0, end: text.length }));
  }

  leaveSelection() {
    this.cancel();
    this.unchoose();
    this.select(null);
  }

  toEdge(turn, by) {
    const all = snapped(turn.text, { start: 0, end: turn.text.length });
    if (!all) return;
    const anchor = this.selection?.anchor ?? (by > 0 ? { start: all.start, end: all.start } : { start: all.end, end: all.end });
    const head = by > 0 ? { start: all.end, end: all.end } : { start: all.start, end: all.start };
    this.select({ start: Math.min(anchor.start, head.start), end: Math.max(anchor.end, head.end), anchor, head });
  }

  nudgeStart(text, by) {
    const edges = [0, ...segments(text, "grapheme", "").map(one => one.end)];
    const start = edges[Math.min(Math.max(edges.indexOf(this.selection.start) + by, 0), edges.length - 1)];
    return start < this.selection.end ? { start, end: this.selection.end } : this.selection;
  }

  selectWord(at) {
    const turn = this.text.turns[this.current];
    this.unchoose();
    this.selectSpan(wordsOf(turn.text, turn.language).at(at));
  }

  /** The sentence of the last click, else that of the selection; once more, the next one as well. */
  selectSentence(turn) {
    const all = sentencesOf(turn.text, turn.language), old = this.selection;
    if (this.clickedAt !== null) return this.selectSpan(all.find(one => one.end >= this.clickedAt) ?? all.at(-1));
    const { start, end } = old ?? { start: 0, end: 1 };
    const first = all.find(one => one.end > start), last = all.findLast(one => one.start < end);
    if (!first || !last) return;
    const next = old && first.start === start && last.end === end ? all[all.indexOf(last) + 1] ?? last : last;
    this.selectSpan({ start: first.start, end: next.end });
  }
}

/** A span as a selection whose last word Shift and the arrow keys take off, or to which they add the next. */
function held(turn, { start, end }) {
  const words = wordsOf(turn.text, turn.language).filter(one => start < one.end && one.start < end);
  if (!words.length) return { start, end, anchor: { start, end }, head: { start, end } };
  return { start, end, anchor: { start, end: words[0].end }, head: { start: words.at(-1).start, end } };
}

const spanOf = ({ start, end }) => ({ start, end });

/** The words of the turn that a node lies in, if it lies in any. */
function wordsAround(node) {
  return (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".glc-words") ?? null;
}

/** Whether a range that begins in `words` ends right behind them, as a triple click leaves it. */
function isAfter(range, words) {
  const rest = document.createRange();
  rest.setStartAfter(words);
  rest.setEnd(range.endContainer, range.endOffset);
  return !rest.cloneContents().querySelector?.(".glc-words");
}

function offsetIn(words, node, offset) {
  const range = document.createRange();
  range.setStart(words, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function rangeOf(words, { start, end }) {
  const range = document.createRange(), walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  let passed = 0, isBegun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const next = passed + node.length;
    if (!isBegun && start < next) {
      range.setStart(node, start - passed);
      isBegun = true;
    }
    if (isBegun && end <= next) {
      range.setEnd(node, end - passed);
      return range;
    }
    passed = next;
  }
  return null;
}

/** Memo, negative case and removal of one coding, under the words it codes. */
function codingEditor(desk, coding, close) {
  const memo = element("textarea", { rows: "3", dir: "auto", "aria-label": "Memo", oninput: () => desk.draft(coding, memo) });
  memo.value = desk.drafts.get(coding.coding_id) ?? coding.memo;
  const keep = () => desk.saveMemo(coding, memo.value);
  const negative = element("input", { type: "checkbox", "aria-label": "Negative case", onchange: async () => {
    const value = negative.checked;
    await keep();
    await desk.act({ act: "negative_case", coding_id: coding.coding_id, value });
  } });
  negative.checked = coding.negative_case;
  let isClosing = false;
  const leave = async () => {
    isClosing = true;
    if (await keep()) close();
    else isClosing = false;
  };
  const begin = what => async () => {
    isClosing = true;
    if (await keep()) desk.view.begin(what, coding);
    else isClosing = false;
  };
  return element("div", { class: "glc-edit", role: "group", "aria-label": `Coding: ${desk.codebook.name(coding.code_id)}`,
    onkeydown: event => {
      if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        leave();
      } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target !== memo) return;
      event.stopPropagation();
    },
    onfocusout: event => !isClosing && !event.currentTarget.contains(event.relatedTarget) && keep() },
    element("label", {}, "Memo", memo),
    element("label", { class: "glc-check" }, negative, "Negative case: it speaks against what the code says"),
    element("div", { class: "glc-row" }, button("Done", leave), button("Another code", begin("recode"), { title: "C" }),
      desk.view === desk.views.texts ? button("Another extent", begin("resize"), { title: "E" }) : "",
      button("Remove this code", () => {
        isClosing = true;
        desk.uncode(coding);
      }, { class: "glc-plain" })));
}

/** Codes that passages like this one have: each is accepted by itself, or all are put aside, which is logged. */
function suggestedCodes(desk, { passage, found }, { accept, close }) {
  const book = desk.codebook;
  const dismiss = () => {
    desk.ask({ refuse: { ...passage, codes: found.map(one => one.code_id) } }, true);
    close();
  };
  return element("div", { class: "glc-suggested", role: "group", "aria-label": "Suggested codes",
    onkeydown: event => event.key === "Escape" && (event.stopPropagation(), dismiss()) },
    element("p", { class: "glc-note" }, "Others coded passages like this one as:"),
    element("ul", {}, found.map(one => element("li", {},
      button([book.swatch(one.code_id), book.name(one.code_id)], () => accept(one.code_id),
        { "aria-label": `Accept ${book.name(one.code_id)}`, class: "glc-chip" }),
      one.example ? element("q", { dir: "auto" }, one.example) : ""))),
    button("Dismiss", dismiss, { class: "glc-plain" }));
}

// ------------------------------
// Open answers: a grid, in which many answers are coded at once

class AnswersView {
  constructor(desk) {
    Object.assign(this, { desk, answers: null, shown: [], active: 0, anchor: 0, picked: new Set(), opened: "", suggested: null,
      order: { column: "", isDown: false } });
    const filter = (label, attributes, name = "select") => element(name, { "aria-label": label,
      class: "glc-search", oninput: () => this.filter(), ...attributes });
    this.question = filter("Question");
    this.country = filter("Country");
    this.state = filter("Which answers");
    this.words = filter("Find in answers and organisations", { type: "search", placeholder: "Find in answers" }, "input");
    this.words.addEventListener("keydown", event => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.stopPropagation();
      this.enter();
    });
    this.count = element("span", { class: "glc-note" });
    this.headers = element("div", { role: "row", class: "glc-grid-row glc-grid-head", "aria-rowindex": "1" });
    this.body = element("div", { class: "glc-grid-body", role: "presentation", onkeydown: event => this.pressed(event) });
    this.grid = element("div", { class: "glc-grid", role: "grid", "aria-label": "Open answers",
      "aria-multiselectable": "true" },
      element("div", { role: "presentation" }, this.headers), this.body);
    this.long = new LongList(this.body, (answer, n) => this.draw(answer, n),
      answer => Math.max(34 + 24 * Math.floor(answer.text.length / 46), answer.question ? 88 : 34));
    this.progress = element("div", { class: "glc-progress" });
    this.work = element("section", { class: "glc-work", "aria-label": "Open answers" },
      element("div", { class: "glc-head" }, this.question, this.country, this.state, this.words, this.count),
      this.change = element("div", { class: "glc-change", role: "group", "aria-label": "Answers have changed", hidden: true }),
      this.progress, this.grid, this.why = element("p", { class: "glc-why", hidden: true }));
  }

  async show() {
    if (!this.answers) {
      this.answers = await this.desk.ask({ get: "answers" });
      if (!this.answers) return;
      this.by = new Map(this.answers.map(one => [one.answer_id, one]));
      const options = (field, all, pairs) => field.replaceChildren(element("option", { value: "" }, all),
        ...[...new Map(pairs)].sort((a, b) => a[1].localeCompare(b[1], "en", { numeric: true }))
          .map(([value, name]) => element("option", { value }, name)));
      options(this.question, "Every question", this.answers.map(one => [one.question_id,
        one.question === one.question_id ? one.question_id : `${one.question_id} ${one.question}`]));
      options(this.country, "Every country", this.answers.filter(one => one.country)
        .map(one => [one.country, one.country]));
      options(this.state, "All answers", []);
      for (const [value, name] of [["open", "Not yet coded or read"], ["coded", "Coded"], ["read", "Read, nothing to code"], ["waiting", "To be placed again"], ...this.answers.some(one => one.handed_in) ? [["handed in", "Handed in as a file"]] : []])
        this.state.append(element("option", { value }, name));
      this.filter();
    } else this.desk.codebook.tell("");
    this.told();
  }

  filter() {
    const words = folded(this.words.value).split(/\s+/).filter(Boolean), kept = this.shown[this.active];
    const fits = one => (!this.question.value || one.question_id === this.question.value)
      && (!this.country.value || one.country === this.country.value)
      && (!this.state.value || this.stateOf(one) === this.state.value)
      && words.every(word => (one.folded ??= folded(`${one.text} ${one.organisation}`)).includes(word));
    this.shown = this.answers.filter(fits);
    const { column, isDown } = this.order;
    if (column) {
      const value = one => column === "codes" ? one.codings.map(each => this.desk.codebook.name(each.code_id)).sort().join(" ")
        : one[column] ?? "";
      this.shown.sort((a, b) => value(a).localeCompare(value(b), "en", { numeric: true }) * (isDown ? -1 : 1));
    }
    this.active = Math.max(this.shown.indexOf(kept), 0);
    this.anchor = this.active;
    this.picked = new Set(this.shown.length ? [this.shown[this.active].answer_id] : []);
    this.heads();
    this.grid.setAttribute("aria-rowcount", String(this.shown.length + 1));
    this.long.show(this.shown);
    if (this.active) this.long.reveal(this.active);
    this.count.textContent = `${this.shown.length.toLocaleString("en")} of ${this.answers.length.toLocaleString("en")} answers`;
    this.tellPicked();
  }

  /** Shows an answer, also one that the choices above would leave out; what is selected stays if it is in sight. */
  reach({ document_id }) {
    const answer = this.by?.get(document_id);
    if (!answer) return;
    if (!this.shown.includes(answer)) {
      for (const field of [this.question, this.country, this.state, this.words]) field.value = "";
      this.filter();
    }
    const n = this.shown.indexOf(answer);
    if (this.picked.has(document_id)) this.long.reveal(n);
    else this.goTo(n, "alone");
  }

  stateOf(answer) {
    return answer.waiting.length ? "waiting" : answer.codings.length ? "coded" : answer.read ? "read" : answer.handed_in ? "handed in" : "open";
  }

  told() {
    const done = this.answers.filter(one => !["open", "waiting"].includes(this.stateOf(one))).length;
    this.tellChange();
    this.progress.replaceChildren(element("span", {}, `${done.toLocaleString("en")} of `
      + `${this.answers.length.toLocaleString("en")} coded or read`),
      element("progress", { max: String(Math.max(this.answers.length, 1)), value: String(done), "aria-label": "Answers coded or read" }));
  }

  /** Above the answers: how many changed since they were coded or read. */
  tellChange() {
    const changed = this.answers.filter(one => one.change), codings = changed.reduce((sum, one) => sum + one.codings.length, 0);
    const stay = changed.reduce((sum, one) => sum + one.stay, 0), held = this.change.contains(document.activeElement);
    this.change.hidden = !changed.length;
    this.change.replaceChildren(...changed.length ? [element("p", {}, `${changed.length} answer${changed.length > 1 ? "s were" : " was"} `
      + `corrected after you coded or read ${changed.length > 1 ? "them" : "it"}. ${stay} of your ${codings} coding${codings === 1 ? "" : "s"} `
      + "there lie in words that did not change."), element("p", { class: "glc-note" },
      "These go along. The others wait in their rows to be placed again: nothing is lost."),
      button("Go on with the new answers", () => this.desk.act({ act: "new_texts",
        document_ids: changed.map(one => one.answer_id) }))] : []);
    if (held && !changed.length) this.focusRow();
  }

  waitingChip(one, isReachable) {
    return element("button", { type: "button", class: "glc-chip", "data-coding": one.coding_id, tabindex: isReachable ? "0" : "-1",
      "aria-expanded": String(one.coding_id === this.opened), onclick: () => {
        this.opened = this.opened === one.coding_id ? "" : one.coding_id;
        this.long.redraw(this.active);
        this.long.at(this.active).querySelector(`[data-coding="${CSS.escape(one.coding_id)}"]`)?.focus();
      } }, this.desk.codebook.swatch(one.code_id), this.desk.codebook.name(one.code_id),
      element("span", { class: "glc-flag" }, "to be placed again"));
  }

  /** A coding whose answer changed: the words that were coded, and what to do with it. */
  waitingEditor(one) {
    const name = this.desk.codebook.name(one.code_id);
    return element("div", { class: "glc-edit", role: "group", "aria-label": `To be placed again: ${name}`,
      onkeydown: event => {
        if (event.key !== "Tab") event.stopPropagation();
        if (event.key !== "Escape") return;
        this.opened = "";
        this.long.redraw(this.active);
        this.focusRow();
      } }, element("p", { class: "glc-note" }, "It was given to these words:"), element("q", { dir: "auto" }, one.words),
      element("div", { class: "glc-row" }, button("Place on the answer as it is now", () => this.placeAgain(one)),
        button("Take off", () => this.desk.uncode(one), { class: "glc-plain" })));
  }

  async placeAgain(one = this.shown[this.active]?.waiting[0]) {
    if (!one) return this.desk.refuse("No code of this answer waits to be placed again.");
    this.opened = "";
    await this.desk.act({ act: "place", coding_id: one.coding_id });
    this.focusRow();
  }

  heads() {
    const columns = [["organisation", "Organisation"], ["country", "Country"], ["question_id", "Question"],
      ["text", "Answer"], ["codes", "Codes"]];
    this.headers.replaceChildren(...columns.map(([column, name]) => {
      const isOrder = this.order.column === column, sort = isOrder ? this.order.isDown ? "descending" : "ascending" : "none";
      return element("div", { role: "columnheader", "aria-sort": sort }, button([name,
        element("span", { "aria-hidden": "true" }, isOrder ? this.order.isDown ? " ↓" : " ↑" : "")], () => {
        this.order = { column, isDown: isOrder && !this.order.isDown };
        this.filter();
        this.headers.querySelectorAll("button")[columns.findIndex(one => one[0] === column)].focus();
      }));
    }));
  }

  draw(answer, n) {
    const isActive = n === this.active, { script, direction } = scriptOf(answer.text);
    const opened = answer.codings.find(one => one.coding_id === this.opened);
    const waiting = answer.waiting.find(one => one.coding_id === this.opened);
    const cell = (name, content, attributes = {}) => element("div", { role: "gridcell", class: `glc-${name}`, ...attributes }, content);
    return element("div", { role: "row", class: `glc-grid-row${isActive ? " glc-current" : ""}`, "data-row": String(n),
      "aria-rowindex": String(n + 2), "aria-selected": String(this.picked.has(answer.answer_id)),
      tabindex: isActive ? "0" : "-1", onpointerdown: event => this.pointed(event, n) },
      cell("organisation", answer.organisation, { dir: "auto" }), cell("country", answer.country),
      cell("question", [element("span", { class: "glc-number" }, answer.question_id), answer.question !== answer.question_id
        ? element("span", { class: "glc-wording", dir: "auto", title: answer.question || false }, answer.question) : ""]),
      cell("answer", answer.text, { lang: answer.language || false, dir: direction, "data-script": script || false }),
      cell("answer-codes", [answer.codings.length + answer.waiting.length ? element("div", { class: "glc-chips" },
        answer.codings.map(one => this.chip(one, isActive)), answer.waiting.map(one => this.waitingChip(one, isActive))) : answer.read || answer.handed_in ? element("span", { class: "glc-note" },
          answer.read ? "read" : "handed in as a file") : "",
        opened ? codingEditor(this.desk, opened, () => {
          this.opened = "";
          this.long.redraw(n);
          this.focusRow();
        }) : "", waiting ? this.waitingEditor(waiting) : "", this.suggested?.passage.document_id === answer.answer_id
          ? this.suggestions() : ""]));
  }

  chip(coding, isReachable) {
    const notes = [coding.negative_case ? "negative case" : "", coding.memo ? "memo" : "",
      coding.origin === "suggested" ? "suggested" : ""].filter(Boolean);
    return element("button", { type: "button", class: "glc-chip", "data-coding": coding.coding_id,
      tabindex: isReachable ? "0" : "-1", "aria-expanded": String(coding.coding_id === this.opened),
      onclick: () => {
        this.opened = this.opened === coding.coding_id ? "" : coding.coding_id;
        this.long.redraw(this.active);
        this.long.at(this.active).querySelector(`[data-coding="${CSS.escape(coding.coding_id)}"]`)?.focus();
      } }, this.desk.codebook.swatch(coding.code_id), this.desk.codebook.name(coding.code_id),
      notes.map(note => element("span", { class: "glc-flag" }, note)));
  }

  pointed(event, n) {
    if (event.target.closest(".glc-edit, .glc-suggested")) return;
    if (event.target.closest("button")) return n === this.active || this.goTo(n, "alone", false);
    event.preventDefault();
    this.goTo(n, event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "alone");
  }

  goTo(n, how, isFocused = true) {
    if (!this.shown.length) return;
    this.cancel();
    const to = Math.min(Math.max(n, 0), this.shown.length - 1), left = this.active, id = this.shown[to].answer_id;
    const before = new Set(this.picked);
    this.active = to;
    if (how === "alone") this.picked = new Set([id]);
    else if (how === "range") {
      const [first, last] = [Math.min(this.anchor, to), Math.max(this.anchor, to)];
      this.picked = new Set(this.shown.slice(first, last + 1).map(one => one.answer_id));
    } else if (how === "toggle" && !this.picked.delete(id)) this.picked.add(id);
    if (how !== "range") this.anchor = to;
    this.marks(before);
    for (const one of [left, to]) {
      const row = this.long.chunks.length && this.long.at(one);
      if (!row) continue;
      row.classList.toggle("glc-current", one === to);
      row.setAttribute("tabindex", one === to ? "0" : "-1");
      row.querySelectorAll(".glc-chip").forEach(chip => chip.setAttribute("tabindex", one === to ? "0" : "-1"));
    }
    this.long.reveal(to);
    if (isFocused) this.focusRow();
    this.tellPicked(how === "toggle" || this.picked.size > 1);
  }

  /** Shows on the rows which of them are picked now. */
  marks(before) {
    for (const chunk of this.long.chunks) for (const row of chunk.children) {
      const id = this.shown[Number(row.dataset.row)].answer_id;
      if (before.has(id) !== this.picked.has(id)) row.setAttribute("aria-selected", String(this.picked.has(id)));
    }
  }

  tellPicked(isSpoken = this.picked.size > 1) {
    const one = this.picked.size === 1 ? this.by.get([...this.picked][0]) : null;
    this.desk.codebook.tell(one ? one.text : this.picked.size ? `${this.picked.size} answers` : "",
      one ? { lang: one.language || "" } : {}, one ? "q" : "span");
    if (isSpoken) this.desk.speak(`${this.picked.size} answer${this.picked.size === 1 ? "" : "s"} selected`);
  }

  focusRow() {
    this.long.at(this.active)?.focus({ preventScroll: true });
  }

  enter() {
    this.focusRow();
  }

  /** Begins to give a coding another code: the next code that is chosen takes its place. */
  begin(what, coding = this.about()) {
    if (!coding) return;
    this.opened = "";
    this.long.redraw(this.active);
    this.pending = coding.coding_id;
    this.desk.codebook.open();
    this.desk.say(`Choose the code that takes the place of ${this.desk.codebook.name(coding.code_id)}. The memo stays. Esc: leave it.`);
  }

  cancel() {
    this.pending = "";
  }

  async code(code) {
    if (this.pending) {
      if (await this.desk.act({ act: "recode", coding_id: this.pending, code_id: code })) this.cancel();
      return this.focusRow();
    }
    const ids = this.shown.map(one => one.answer_id).filter(id => this.picked.has(id));
    if (!ids.length) return this.desk.refuse("No answer is selected.");
    const done = await this.desk.act({ act: "code_answers", answer_ids: ids, code_id: code });
    this.focusRow();
    if (done && ids.length === 1) this.suggest(this.by.get(ids[0]));
  }

  // Suggestions: for one answer, after its coder's own choice

  /** Asks for suggestions once the coder rests: what is coded next does not wait for them. */
  suggest(answer) {
    clearTimeout(this.resting);
    this.offer(null);
    const passage = { document_id: answer.answer_id, start: 0, end: toCodePoints(answer.text, answer.text.length) };
    this.resting = setTimeout(async () => {
      const found = this.desk.offers.includes("suggestions")
        ? await this.desk.ask({ get: "suggestions", ...passage }, true) : [];
      if (found?.length) this.offer({ passage, found });
      const why = found?.length ? "" : await this.desk.ask({ get: "why_no_suggestions", document_id: passage.document_id }, true);
      this.why.textContent = why ?? "";
      this.why.hidden = !why;
    }, RESTING);
  }

  /** Shows suggestions in the row of an answer; none takes away those that are shown. */
  offer(suggested) {
    const before = this.suggested?.passage.document_id;
    this.suggested = suggested;
    for (const id of new Set([before, suggested?.passage.document_id]))
      if (id) this.long.redraw(this.shown.findIndex(one => one.answer_id === id));
    if (!suggested) return;
    if (this.shown[this.active]?.answer_id === suggested.passage.document_id) this.long.reveal(this.active);
    this.desk.speak(`${suggested.found.length} suggestions, reached by Tab`);
  }

  suggestions() {
    const id = this.suggested.passage.document_id;
    const close = () => {
      this.offer(null);
      this.focusRow();
    };
    return suggestedCodes(this.desk, this.suggested, {
      accept: async code => {
        close();
        await this.desk.act({ act: "code_answers", answer_ids: [id], code_id: code, origin: "suggested" });
        this.focusRow();
      },
      close });
  }

  async uncode(coding = null) {
    const answer = this.shown[this.active], focused = document.activeElement?.dataset?.coding;
    const own = [...answer?.codings ?? [], ...answer?.waiting ?? []];
    const one = coding ?? own.find(each => each.coding_id === focused) ?? (own.length === 1 ? own[0] : null);
    if (!one) return this.desk.refuse(own.length ? "Several codes: Tab goes to them, Delete removes one."
      : "This answer has no code.");
    this.opened = "";
    await this.desk.act({ act: "uncode", coding_id: one.coding_id });
    this.focusRow();
  }

  async read() {
    const picked = this.shown.filter(one => this.picked.has(one.answer_id));
    if (!picked.length) return this.desk.refuse("No answer is selected.");
    await this.desk.act({ act: "read_answers", answer_ids: picked.map(one => one.answer_id),
      value: picked.some(one => this.stateOf(one) === "open") || !picked.some(one => one.read) });
    this.focusRow();
  }

  changed(after) {
    let isChanged = false;
    for (const [id, now] of Object.entries(after)) {
      const answer = this.by?.get(id);
      if (!answer) continue;
      Object.assign(answer, now, { folded: undefined });
      isChanged = true;
      const n = this.shown.indexOf(answer);
      if (n >= 0) this.long.redraw(n);
    }
    if (isChanged) this.told();
  }

  /** Draws the answers with their codes as they are called now. */
  async refresh() {
    const now = this.answers && await this.desk.ask({ get: "answers" }, true);
    if (now) this.changed(Object.fromEntries(now.map(one => [one.answer_id, one])));
  }

  pressed(event) {
    if (event.target.closest(".glc-edit, .glc-suggested")) return;
    const isCommand = isCommandKey(event), key = meantKey(event), how = event.shiftKey ? "range" : "alone";
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    if (event.key in steps) this.goTo(this.active + steps[event.key], isCommand ? "walk" : how);
    else if (event.key === "Home") this.goTo(0, how);
    else if (event.key === "End") this.goTo(this.shown.length - 1, how);
    else if (isCommand && event.key.toLowerCase() === "a") {
      const before = this.picked;
      this.picked = new Set(this.shown.map(one => one.answer_id));
      this.marks(before);
      this.tellPicked();
    } else if (isCommand && event.key.toLowerCase() === "f") this.words.focus();
    else if (event.target.closest("button") && (event.key === "Enter" || event.key === " ")) return;
    else if (event.key === " ") this.goTo(this.active, "toggle");
    else if (isCommand || isAltKey(event)) return;
    else if (event.key === "Enter" || event.key === "/") this.desk.codebook.open();
    else if (event.key === "Delete" || event.key === "Backspace") this.uncode();
    else if (event.key === "Escape") this.goTo(this.active, "alone");
    else if (/^[1-9]$/.test(key)) this.desk.codeByKey(Number(key));
    else {
      const letters = { r: () => this.read(), u: () => this.uncode(), m: () => this.edit(), n: () => this.negative(),
        q: () => this.quote(), p: () => this.placeAgain(), c: () => this.begin("recode") };
      const letter = letters[key.toLowerCase()];
      if (!letter || event.shiftKey) return;
      letter();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Proposes the answer in hand as a quotation. */
  async quote() {
    const answer = this.shown[this.active];
    if (!answer) return this.desk.refuse("No answer is selected.");
    await this.desk.act({ act: "propose_quotation", document_id: answer.answer_id, start: 0,
      end: toCodePoints(answer.text, answer.text.length) });
    this.focusRow();
  }

  /** The coding that memo and negative case are about: the one with the focus, else the last of the answer. */
  about() {
    const answer = this.shown[this.active], focused = document.activeElement?.dataset?.coding;
    const one = answer?.codings.find(each => each.coding_id === focused) ?? answer?.codings.at(-1);
    if (!one) this.desk.refuse("This answer has no code.");
    return one;
  }

  edit() {
    const one = this.about();
    if (!one) return;
    this.opened = one.coding_id;
    this.long.redraw(this.active);
    this.long.at(this.active).querySelector("textarea").focus();
  }

  async negative() {
    const one = this.about();
    if (one) await this.desk.act({ act: "negative_case", coding_id: one.coding_id, value: !one.negative_case });
  }
}

// ------------------------------
// Finding: words in all texts, or all passages of a code; they are looked at, selected, and coded as one act.

class FindView {
  constructor(desk) {
    Object.assign(this, { desk, rows: [], picked: new Set(), of: "", sought: "" });
    this.words = element("input", { type: "search", class: "glc-search", placeholder: "Find in all my texts",
      "aria-label": "Find in all my texts", onkeydown: event => {
        if (event.key === "Enter") this.seek(this.words.value);
        else if (event.key === "Escape") this.enter();
        else return;
        event.preventDefault();
        event.stopPropagation();
      } });
    this.extent = element("select", { "aria-label": "What is coded", onchange: () => this.draws() },
      ...[["sentence", "the sentence"], ["words", "the words alone"], ["turn", "the turn"]]
        .map(([value, name]) => element("option", { value }, name)));
    this.what = element("label", { class: "glc-what" }, "Code", this.extent);
    this.all = button("Select all", () => this.pickAll());
    this.count = element("span", { class: "glc-note" });
    this.list = element("div", { class: "glc-turns glc-places", role: "list", "aria-label": "Places", onkeydown: event => this.pressed(event),
      onfocusin: event => { this.at = Number(event.target.dataset.place ?? this.at); } });
    this.long = new LongList(this.list, (row, n) => this.draw(row, n), row => 60 + 26 * Math.ceil(Math.min(row.text.length, 360) / 70));
    this.work = element("section", { class: "glc-work", "aria-label": "Find" }, element("div", { class: "glc-head" },
      this.words, button("Find", () => this.seek(this.words.value)), this.what, this.all, this.count), this.list);
  }

  async seek(words) {
    Object.assign(this, { of: "", sought: words, picked: new Set(), at: 0 });
    await this.load();
    if (this.rows.length) this.enter();
    else if (words.trim()) this.desk.say("These words are in none of your texts.");
  }

  /** Shows the passages of a code the next time that the view is shown. */
  ofCode(code) {
    Object.assign(this, { of: code, sought: "", picked: new Set(), at: 0 });
    this.words.value = "";
  }

  async load() {
    this.rows = (this.of ? await this.desk.ask({ get: "passages", code_id: this.of })
      : this.sought.trim() ? await this.desk.ask({ get: "find", words: this.sought }) : []) ?? [];
    this.draws();
  }

  async show() {
    if (this.of || this.sought) await this.load();
    else this.draws();
  }

  draws() {
    this.what.hidden = Boolean(this.of);
    this.all.hidden = !this.rows.length;
    for (const row of this.rows) row.extent = this.extentOf(row);
    this.picked = new Set(this.rows.map(keyOf).filter(key => this.picked.has(key)));
    this.long.show(this.rows);
    this.tell();
  }

  /** The passage that is coded at a place, in units of its turn. */
  extentOf(row) {
    const hit = { start: toUnits(row.text, row.start - row.turn_start), end: toUnits(row.text, row.end - row.turn_start) };
    row.hit = hit;
    if (this.of) return hit;
    if (this.extent.value === "turn") return snapped(row.text, { start: 0, end: row.text.length });
    const touched = sentencesOf(row.text, row.language).filter(one => one.start < hit.end && hit.start < one.end);
    return this.extent.value === "sentence" && touched.length ? { start: touched[0].start, end: touched.at(-1).end }
      : wholeWords(row.text, hit, row.language);
  }

  draw(row, n) {
    const { text, hit, extent } = row, from = Math.max(extent.start - 160, 0), to = Math.min(extent.end + 160, text.length);
    const book = this.desk.codebook;
    const box = element("input", { type: "checkbox", disabled: !row.is_open, "data-place": String(n), "aria-label": `${row.title}, turn ${row.turn}: ${text.slice(extent.start, extent.end)}`, onchange: () => this.pick(row, box.checked) });
    box.checked = this.picked.has(keyOf(row));
    const inside = this.of ? [text.slice(extent.start, extent.end)] : [text.slice(extent.start, hit.start),
      element("mark", {}, text.slice(hit.start, hit.end)), text.slice(hit.end, extent.end)];
    const { script, direction } = scriptOf(text);
    return element("div", { role: "listitem", class: "glc-place" },
      element("label", {}, box, element("span", { class: "glc-note" }, `${row.title}, turn ${row.turn}`
        + `${row.speaker ? `, ${row.speaker}` : ""}${row.is_open ? "" : " (finished, so it is not coded here)"}`),
      element("span", { class: "glc-place-words", lang: row.language || false, dir: direction, "data-script": script || false },
        from > 0 ? "…" : "", text.slice(from, extent.start), element("span", { class: "glc-extent" }, inside),
        text.slice(extent.end, to), to < text.length ? "…" : "")),
      element("div", { class: "glc-chips" }, row.codes.map(code => element("span", { class: "glc-chip" }, book.swatch(code), book.name(code))),
        row.memo ? element("span", { class: "glc-note", dir: "auto" }, `Memo: ${row.memo}`) : "",
        button("Show in its text", () => this.desk.reach({ document_id: row.document_id, start: row.start }),
          { class: "glc-plain", "aria-label": `Show in ${row.title}, turn ${row.turn}` })));
  }

  pick(row, isPicked) {
    if (isPicked) this.picked.add(keyOf(row));
    else this.picked.delete(keyOf(row));
    this.tell();
  }

  pickAll() {
    const open = this.rows.filter(one => one.is_open).map(keyOf);
    this.picked = new Set(open.every(one => this.picked.has(one)) ? [] : open);
    for (const box of this.list.querySelectorAll("input")) box.checked = this.picked.has(keyOf(this.rows[Number(box.dataset.place)]));
    this.tell();
  }

  tell() {
    const texts = new Set(this.rows.map(one => one.document_id)).size, n = this.rows.length;
    const what = this.of ? `with ${this.desk.codebook.name(this.of)}` : "";
    this.count.textContent = n ? `${n === 1 ? "1 place" : `${n} places`} ${what} in ${texts === 1 ? "1 text" : `${texts} texts`}; `
      + `${this.picked.size} selected` : this.sought || this.of ? "no place" : "";
    const { size } = this.picked;
    this.desk.codebook.tell(size ? size === 1 ? "1 passage" : `${size} passages` : "", {}, "span");
  }

  enter() {
    const row = this.long.at(Math.min(this.at ?? 0, this.rows.length - 1));
    (row?.querySelector("input, button") ?? this.words).focus({ preventScroll: true });
  }

  async code(code) {
    const passages = this.rows.filter(one => this.picked.has(keyOf(one))).map(({ document_id, turn_start, text, extent }) => ({
      document_id, start: turn_start + toCodePoints(text, extent.start), end: turn_start + toCodePoints(text, extent.end) }));
    if (!passages.length) return this.desk.refuse("No place is selected: Space selects one, Ctrl + A all.");
    await this.desk.act({ act: "code_passages", passages, code_id: code });
  }

  changed() {}

  /** Shows the places with the codes that they have now; what is selected stays so. */
  async refresh() {
    if (this.desk.view !== this) return;
    const isHere = this.list.contains(document.activeElement), top = this.list.scrollTop;
    await this.load();
    this.list.scrollTop = top;
    if (isHere) this.enter();
  }

  pressed(event) {
    const place = event.target.dataset.place, isCommand = isCommandKey(event), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && place !== undefined) this.long.reveal(Math.min(Math.max(Number(place) + by, 0), this.rows.length - 1))?.querySelector("input").focus();
    else if (isCommand && event.key.toLowerCase() === "a") this.pickAll();
    else if (isCommand || isAltKey(event)) return;
    else if (event.key === "Escape") this.words.focus();
    else if (event.target.matches("button") && (event.key === "Enter" || event.key === " ")) return;
    else if (event.key === "Enter" || event.key === "/") this.desk.codebook.open();
    else if (/^[1-9]$/.test(meantKey(event))) this.desk.codeByKey(Number(meantKey(event)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const keyOf = row => `${row.document_id} ${row.start} ${row.end}`;

// ------------------------------
// Comparing: where two coders differ, and what people decide, with a reason. Opening it fixes what was coded.

class CompareView {
  constructor(desk) {
    Object.assign(this, { desk, rows: null, current: 0 });
    this.progress = element("div", { class: "glc-progress" });
    this.rowsElement = element("div", { class: "glc-turns", role: "feed", "aria-label": "Turns on which coders differ",
      onkeydown: event => this.pressed(event), onfocusin: event => this.focused(event) });
    this.long = new LongList(this.rowsElement, (row, n) => this.draw(row, n),
      row => 170 + 26 * Math.ceil(row.text.length / 62));
    this.versions = element("div", { class: "glc-change", role: "group", "aria-label": "Texts that changed", tabindex: "0",
      hidden: true });
    this.work = element("section", { class: "glc-work", "aria-label": "Comparison" }, this.progress, this.versions, this.rowsElement);
  }

  async show() {
    this.desk.codebook.tell("");
    if (this.rows) return;
    const said = await this.desk.ask({ get: "why_not_compare" });
    if (said === null) return;
    this.rowsElement.replaceChildren(element("div", { role: "article", class: "glc-gate", tabindex: "0", "aria-label": "Comparison" },
      element("p", {}, said || "All double-coded texts are handed in. Once you have seen the comparison, what "
        + "each coder gave these texts stays as it is; what the team thinks now is written down as a decision."),
      said ? "" : button("Show where the coders differ", () => this.load())));
  }

  async load() {
    const rows = await this.desk.ask({ get: "differences" });
    if (!rows) return;
    const versions = await this.desk.ask({ get: "versions" }) ?? [];
    this.versions.hidden = !versions.length;
    this.versions.replaceChildren(...versions.map(one => element("p", {}, one)));
    this.rows = rows;
    for (const row of rows) {
      Object.assign(row, scriptOf(row.text));
      row.wanted = new Set(row.codes ?? []);  // what people decide starts with nothing
      row.because = row.reason;
    }
    this.current = Math.max(rows.findIndex(one => one.codes === null), 0);
    this.long.show(rows);
    this.told();
    if (rows.length) this.enter();
    else this.rowsElement.replaceChildren(element("div", { role: "article", class: "glc-gate" }, "The coders differ nowhere."));
  }

  told() {
    const done = this.rows.filter(one => one.codes !== null).length;
    this.progress.replaceChildren(element("span", {}, `${done} of ${this.rows.length} decided`),
      element("progress", { max: String(Math.max(this.rows.length, 1)), value: String(done), "aria-label": "Turns decided" }));
  }

  draw(row, n) {
    const book = this.desk.codebook, isCurrent = n === this.current;
    const offered = [...new Set([...row.coders.flatMap(one => one.codes), ...row.wanted])];
    const reason = element("textarea", { rows: "2", dir: "auto", "aria-label": "Reason",
      oninput: () => { row.because = reason.value; } });
    reason.value = row.because;
    const codes = names => names.length ? names.map(code => element("span", { class: "glc-chip" }, book.swatch(code), book.name(code)))
      : element("span", { class: "glc-note" }, "no code");
    return element("article", { class: `glc-turn glc-difference${isCurrent ? " glc-current" : ""}`, "data-turn": String(n),
      "aria-posinset": String(n + 1), "aria-setsize": String(this.rows.length), tabindex: isCurrent ? "0" : "-1",
      "aria-label": `${row.segment_id}${row.codes === null ? ", not decided" : ", decided"}` },
      element("div", { class: "glc-who" }, element("span", { class: "glc-mark", "aria-hidden": "true" }, row.codes === null ? "○" : "●"),
        element("span", { class: "glc-number" }, String(n + 1))),
      element("div", { class: "glc-body" },
        element("p", { class: "glc-note" }, row.document_id),
        element("p", { class: "glc-words", lang: row.language || false, dir: row.direction, "data-script": row.script || false }, row.text),
        element("dl", { class: "glc-coders" }, row.coders.map(one => element("div", {}, element("dt", {}, one.coder_id),
          element("dd", {}, codes(one.codes), one.other_words ? element("span", { class: "glc-flag" }, "coded other words") : one.is_missing
            ? element("span", { class: "glc-flag" }, "a quarantined passage may be here") : "",
          one.other_words ? element("q", { dir: "auto" }, one.other_words) : "")))),
        element("div", { class: "glc-edit", role: "group", "aria-label": `Decision on ${row.segment_id}`,
          onkeydown: event => this.typed(event, n) },
          element("div", { class: "glc-choices" }, offered.map(code => {
            const box = element("input", { type: "checkbox", "aria-label": book.name(code), onchange: () => {
              if (box.checked) row.wanted.add(code); else row.wanted.delete(code);
            } });
            box.checked = row.wanted.has(code);
            return element("label", { class: "glc-check" }, box, book.swatch(code), book.name(code));
          }), offered.length ? "" : element("span", { class: "glc-note" }, "no code")),
          element("label", {}, "Reason", reason),
          element("div", { class: "glc-row" }, button("Decide", () => this.decide(n)), element("span", { class: "glc-note" },
            row.version ? `Version ${row.version}${row.by ? `, by ${row.by}` : ""}` : "Another code: / finds it")))));
  }

  typed(event, n) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.decide(n);
    else if (event.key === "Escape") this.enter();
    else if (event.target.closest("textarea")) return event.stopPropagation();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focused(event) {
    const row = event.target.closest("[data-turn]"), n = row ? Number(row.dataset.turn) : this.current;
    if (n === this.current) return;
    for (const one of [this.long.at(this.current), row]) {
      one.classList.toggle("glc-current", one === row);
      one.setAttribute("tabindex", one === row ? "0" : "-1");
    }
    this.current = n;
  }

  enter() {
    if (!this.rows?.length) return this.rowsElement.querySelector("button, [tabindex]")?.focus();
    this.long.reveal(this.current);
    this.long.at(this.current).focus({ preventScroll: true });
  }

  /** A code that is chosen in the codebook is added to the decision, or taken out of it. */
  code(code) {
    const row = this.rows?.[this.current];
    if (!row) return;
    if (!row.wanted.delete(code)) row.wanted.add(code);
    this.long.redraw(this.current);
    this.desk.say(`${this.desk.codebook.name(code)}: ${row.wanted.has(code) ? "in" : "not in"} the decision. Decide writes it down.`);
  }

  async decide(n) {
    const row = this.rows[n];
    const done = await this.desk.ask({ decide: { segment_id: row.segment_id, codes: [...row.wanted], reason: row.because } });
    if (!done) return;
    Object.assign(row, { codes: [...row.wanted], reason: row.because, version: done.version, by: this.desk.coderId });
    this.long.redraw(n);
    this.told();
    this.desk.say(done.message);
    this.enter();
  }

  changed() {}

  pressed(event) {
    if (!event.target.matches?.("[data-turn]")) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      const n = Math.min(Math.max(this.current + by, 0), this.rows.length - 1);
      this.long.reveal(n);
      this.long.at(n).focus({ preventScroll: true });
    } else if (event.key === "/") this.desk.codebook.open();
    else if (event.key === "Enter") event.target.querySelector("input, textarea")?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// ------------------------------
// Training: what a coder gave, beside what others settled

class TrainingView {
  constructor(desk) {
    this.desk = desk;
    this.work = element("section", { class: "glc-work glc-training", "aria-label": "Training", tabindex: "0" });
  }

  show() {
    this.desk.codebook.tell("");
    this.work.replaceChildren(element("div", { class: "glc-gate" },
      element("p", {}, "Your finished training texts are compared with what others settled. Once you have seen it, "
        + "what you gave these texts stays as it is."),
      button("Show the comparison", () => this.load())));
  }

  async load() {
    const found = await this.desk.ask({ get: "training" });
    if (!found) return;
    const book = this.desk.codebook, columns = [["passages", "Passages"], ["same", "Same"], ["missed", "Missed"],
      ["added", "Added"], ["kappa", "Kappa"]];
    const shown = value => value === null || value === undefined ? "–" : Number.isInteger(value) ? String(value) : value.toFixed(2);
    const listed = (name, codes) => codes.length ? element("p", {}, element("span", { class: "glc-label" }, name),
      codes.map(code => element("span", { class: "glc-chip" }, book.swatch(code), book.name(code)))) : "";
    this.work.replaceChildren(element("div", { class: "glc-gate" },
      element("table", { class: "glc-table" }, element("caption", {}, "Agreement with what others settled, by code"),
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Code"),
          columns.map(([, name]) => element("th", { scope: "col" }, name)))),
        element("tbody", {}, found.codes.map(row => element("tr", { title: row.reason || false },
          element("th", { scope: "row" }, row.code), columns.map(([column]) => element("td", {}, shown(row[column])))))))),
      element("div", { class: "glc-passages" },
        element("p", { class: "glc-label" }, found.passages.length ? "Passages that differ" : "No passage differs."),
        ...found.passages.map(one => element("div", { class: "glc-passage" }, element("p", { class: "glc-note" }, `${one.title}, turn ${one.turn}`),
          element("blockquote", { dir: scriptOf(one.text).direction }, one.text),
          listed("Missed", one.missed), listed("Added", one.added)))));
    this.enter();
  }

  enter() {
    this.work.focus();
  }

  code() {
    this.desk.refuse("Nothing is coded here: the training texts are among the texts.");
  }

  changed() {}
}

// ------------------------------
// The desk: its views, undo and redo, messages, help

const HELP = [
  ["In a text", [["↑ ↓", "the turn before, the next turn"], ["← →", "select the next word, along the line"],
    ["Shift + ← →", "more words, or fewer"], ["Alt + Shift + ← →", "move the end by one character; Alt alone, the beginning"],
    ["S", "the sentence of the click or of the selection; again: the next as well"], ["A", "the whole turn"], ["Esc", "select nothing"],
    ["Ctrl + Home, End", "the first turn, the last"], ["Ctrl + F", "find words in the text"]]],
  ["Coding", [["1 to 9", "give the code on this key"], ["Enter or /", "find a code by its name; Enter gives it"],
    ["[ ] or , .", "the coding before, the next coding"], ["Delete or U", "remove the coding"],
    ["C", "give the coding another code; its memo stays"], ["E, then Enter", "give it another extent: select its words, then save"],
    ["M", "memo"], ["Ctrl + Enter or Esc", "save the memo and close it; it is saved too while you rest, or click elsewhere"],
    ["N", "negative case, yes or no"], ["I", "propose a new code in the words of the text"],
    ["Q", "propose the selection, or the answer, as a quotation"],
    ["P", "place a coding again, where its words changed"], ["R", "read, nothing to code"],
    ["F", "the text is finished"], ["Ctrl + Z, Ctrl + Y", "undo, redo"]]],
  ["Open answers", [["↑ ↓", "the row above, the row below"], ["Shift + ↑ ↓", "select more rows"],
    ["Space", "this row too, or not"], ["Ctrl + A", "all rows that are shown"],
    ["1 to 9, Enter", "code all selected rows"], ["Tab", "to the codes of the row, and to suggestions"], ["Delete or U", "remove the code with the focus"],
    ["R", "read, nothing to code"]]],
  ["Finding", [["Enter", "from the words to their places, or from a place to the codes"], ["↑ ↓", "the place before, the next"],
    ["Space", "this place too, or not"], ["Ctrl + A", "all places"], ["1 to 9", "code all selected places"]]],
  ["Comparing", [["↑ ↓", "the turn before, the next turn"], ["Enter", "to the codes and the reason"],
    ["/", "another code"], ["Ctrl + Enter", "decide"]]],
  ["Everywhere", [["T", "to the list of texts"], ["Alt + 1, 2 …", "the views"], ["?", "these keys"]]]];

class Desk {
  constructor(model, root) {
    Object.assign(this, { model, root, offers: [], view: null, drafts: new Map(), sending: new Map() });
    this.kernel = new Kernel(model, () => this.refuse("The kernel does not answer. It may be at work on another cell; "
      + "if it was stopped, run this cell again. What it has answered is saved."), news => this.learn(news));
    this.codebook = new Codebook(this, { chosen: code => this.view.code(code), leave: () => {
      this.drawer("");
      this.view.enter();
    } });
    this.views = { texts: new TextsView(this), answers: new AnswersView(this), find: new FindView(this), compare: new CompareView(this),
      training: new TrainingView(this) };
    this.tabs = element("div", { class: "glc-tabs", role: "tablist", "aria-label": "Views", onkeydown: event => this.turnTabs(event) });
    this.undo = button("Undo", () => this.act({ act: "undo" }), { disabled: true, title: "Ctrl + Z" });
    this.redo = button("Redo", () => this.act({ act: "redo" }), { disabled: true, title: "Ctrl + Y" });
    this.wide = button("Fill the screen", () => this.fill(), { "aria-pressed": "false", class: "glc-large" });
    this.textsDrawer = button("All texts", () => this.toggleDrawer("texts"), { "aria-expanded": "false", "data-opens": "texts" });
    this.codesDrawer = button("Codes", () => this.toggleDrawer("codes"), { "aria-expanded": "false", "data-opens": "codes" });
    this.coder = element("span", { class: "glc-note" });
    this.help = this.makeHelp();
    this.changes = new CodebookChanges(this);
    this.problems = element("div", { class: "glc-problems", role: "group", "aria-label": "To know before you go on" });
    this.problems.hidden = true;
    this.panel = element("div", { class: "glc-panel", role: "tabpanel", id: newId() });
    this.status = element("p", { class: "glc-status" });
    this.live = element("div", { class: "glc-hidden", role: "status", "aria-live": "polite" });
    this.alert = element("div", { class: "glc-hidden", role: "alert" });
    root.classList.add("glc-desk");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Coding desk");
    root.replaceChildren(element("div", { class: "glc-bar" }, this.tabs, this.coder, element("span", { class: "glc-space" }),
      element("span", { class: "glc-opens" }, this.textsDrawer, this.codesDrawer), this.undo, this.redo, this.wide, button("Keys", () => this.showHelp(), { title: "?", class: "glc-large" })),
      this.problems, this.panel, element("div", { class: "glc-foot" }, this.status), this.live, this.alert, this.help, this.changes.root);
    this.listeners = [[root, "keydown", event => this.pressed(event)],
      [root, "compositionstart", () => { this.isComposing = true; }],
      [root, "compositionend", () => { this.isComposing = false; }],
      // Not under a finger that is down: what it begins to select would move away.
      [root, "focusin", event => root.contains(event.relatedTarget) || root.matches(":active")
        || root.scrollIntoView({ block: "nearest" })],
      [window, "keydown", event => this.keep(event), true],
      [document, "fullscreenchange", () => this.wide.setAttribute("aria-pressed", String(document.fullscreenElement === root))]];
    for (const [target, name, ...rest] of this.listeners) target.addEventListener(name, ...rest);
    this.fitting = () => this.fit();
    addEventListener("resize", this.fitting);
    requestAnimationFrame(this.fitting);
    this.start();
  }

  async start() {
    const begun = await this.ask({ get: "start" });
    if (!begun) return;
    this.offers = begun.offers ?? [];
    this.coderId = begun.state.coder;
    this.coder.textContent = `Coder: ${this.coderId}`;
    this.codebook.show(begun.codebook);
    this.views.texts.listed(begun.texts);
    this.told(begun.state);
    this.warn(begun.state.problems ?? []);
    const names = { texts: "Texts", answers: "Open answers", find: "Find", compare: "Compare", training: "Training" };
    this.tabs.replaceChildren(...Object.keys(names).filter(name => this.offers.includes(name)).map(name => element("button", { type: "button", role: "tab",
      id: newId(), "data-view": name, "aria-controls": this.panel.id, "aria-selected": "false", tabindex: "-1",
      onclick: () => this.open(name) }, names[name])));
    this.views.texts.marks();
    await this.open("texts");
    const next = begun.texts.find(one => one.status === "begun") ?? begun.texts.find(one => !DONE.includes(one.status))
      ?? begun.texts[0];
    const focused = document.activeElement;
    if (next) await this.views.texts.go(next.document_id);
    if (!this.root.contains(focused)) focused?.focus?.({ preventScroll: true });  // the desk takes no focus by itself
  }

  /** The codebook changed while the desk is open: the tree, what is said of it, and the codes of what is drawn. */
  async learn({ codebook, problems }) {
    this.codebook.show(codebook);
    this.warn(problems);
    await this.views.texts.refresh();
    await this.views.answers.refresh();
    await this.views.find.refresh();
  }

  /** All passages that the coder gave a code. */
  async showPassages(code) {
    this.views.find.ofCode(code);
    await this.open("find");
    this.view.enter();
  }

  /** On a narrow screen the codes and the list of texts are drawers: shows one of them, or none. */
  drawer(name) {
    this.panel.dataset.drawer = name;
    for (const one of [this.textsDrawer, this.codesDrawer]) one.setAttribute("aria-expanded", String(one.dataset.opens === name));
  }

  async open(name) {
    this.view?.cancel?.();
    this.view = this.views[name];
    this.drawer("");
    for (const tab of this.tabs.children) {
      const isChosen = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.setAttribute("tabindex", isChosen ? "0" : "-1");
      if (isChosen) this.panel.setAttribute("aria-labelledby", tab.id);
    }
    this.panel.className = `glc-panel glc-${name}-view`;
    this.panel.replaceChildren(...[this.view.nav, this.view.work, this.codebook.root].filter(Boolean));
    await this.view.show?.();
  }

  toggleDrawer(name) {
    this.drawer(this.panel.dataset.drawer === name ? "" : name);
  }

  turnTabs(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const tabs = [...this.tabs.children], at = tabs.indexOf(event.target);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    next.focus();
    this.open(next.dataset.view);
    event.preventDefault();
    event.stopPropagation();
  }

  /** What the kernel answers; null after telling the error, or in silence where `isQuiet`. */
  async ask(message, isQuiet = false) {
    try {
      return await this.kernel.ask(message);
    } catch (error) {
      if (!isQuiet) this.refuse(error.message);
      return null;
    }
  }

  /** One act: sent, journalled, and everything that it changed drawn anew. Acts follow one another. */
  act(act) {
    const done = (this.last ?? Promise.resolve()).then(() => this.ask({ do: act }));
    this.last = done.then(async answer => {
      if (!answer) return;
      this.told(answer);
      for (const view of Object.values(this.views)) view.changed(answer.after);
      this.views.texts.listed(answer.texts ?? this.views.texts.texts);
      if (answer.problems) this.warn(answer.problems);
      if (this.view === this.views.find) await this.view.refresh();
      else if (answer.place) await this.reach(answer.place);
      if (answer.message) this.say(answer.message);
      this.status.classList.remove("glc-refused");
    });
    return this.last.then(() => done);
  }

  /** Shows where something was undone or done again, which may be in another text. */
  async reach(place) {
    const name = this.views.texts.texts.some(one => one.document_id === place.document_id) ? "texts" : "answers";
    const focused = document.activeElement, isHere = this.root.contains(focused);
    if (this.view !== this.views[name]) await this.open(name);
    await this.view.reach(place);
    if ([this.undo, this.redo].includes(focused) && !focused.disabled) focused.focus();
    else if (isHere && !this.root.contains(document.activeElement)) this.view.enter();
  }

  told({ can_undo, can_redo, keys, counts }) {
    const focused = document.activeElement;
    this.undo.disabled = !can_undo;
    this.redo.disabled = !can_redo;
    if ((focused === this.undo && !can_undo) || (focused === this.redo && !can_redo)) this.view.enter();
    this.codebook.used(keys, counts);
  }

  codeByKey(n) {
    const code = this.codebook.keys[n - 1];
    if (code) this.codebook.give(code);
    else this.refuse(`No code is on key ${n} yet: the codes you use get the keys 1 to 9. Enter finds a code.`);
  }

  uncode(coding) {
    return this.view.uncode(coding);
  }

  // Memos that are being written

  /** Keeps what is written in a memo, and saves it once its writer rests. */
  draft(coding, field) {
    this.drafts.set(coding.coding_id, field.value);
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.isComposing ? this.draft(coding, field) : this.saveMemo(coding, field.value), IDLE);
  }

  /** Whether what is written in a memo is saved; else it stays a draft, whatever is drawn anew. */
  saveMemo(coding, written) {
    const id = coding.coding_id, now = [...this.views.texts.text?.codings ?? [],
      ...(this.views.answers.answers ?? []).flatMap(one => one.codings)].find(one => one.coding_id === id) ?? coding;
    if (this.sending.get(id)?.written === written) return this.sending.get(id).done;
    clearTimeout(this.idle);
    const save = async () => {
      const isSaved = written.trim() === now.memo || await this.act({ act: "memo", coding_id: id, memo: written });
      if (isSaved && this.drafts.get(id) === written) this.drafts.delete(id);
      this.sending.delete(id);
      return Boolean(isSaved);
    };
    const done = save();
    if (written.trim() !== now.memo) this.sending.set(id, { written, done });
    return done;
  }

  // What is said

  say(text, isShown = true) {
    if (isShown) {
      this.status.textContent = text;
      this.status.classList.remove("glc-refused");
    }
    this.live.textContent = text;
  }

  speak(text) {
    if (text) this.live.textContent = text;
  }

  refuse(text) {
    this.status.textContent = text;
    this.status.classList.add("glc-refused");
    this.alert.textContent = "";
    requestAnimationFrame(() => { this.alert.textContent = text; });
  }

  warn(sentences) {
    this.problems.hidden = !sentences.length;
    this.problems.replaceChildren(...sentences.map(one => element("p", {}, one)));
  }

  makeHelp() {
    const dialog = element("dialog", { class: "glc-help", "aria-label": "Keys", onkeydown: event => event.stopPropagation() },
      element("div", { class: "glc-help-parts" },
        HELP.map(([name, keys]) => element("div", {}, element("p", { class: "glc-label" }, name),
          element("dl", {}, keys.map(([key, what]) => element("div", {}, element("dt", {}, element("kbd", {}, key)),
            element("dd", {}, what))))))),
      button("Close", () => dialog.close(), { autofocus: true }));
    return dialog;
  }

  showHelp() {
    const focused = document.activeElement;
    this.help.showModal();
    this.help.addEventListener("close", () => focused?.focus?.(), { once: true });
  }

  fill() {
    if (document.fullscreenElement === this.root) document.exitFullscreen();
    else this.root.requestFullscreen?.().catch(() => this.refuse("This browser cannot fill the screen here."));
  }

  /** Keeps the desk's own keys from the shortcuts of Jupyter. Those of JupyterLab come after the desk, which stops
   *  them; those of Notebook 7 come before it, and leave out an element that has this attribute. Ctrl + S still saves. */
  keep(event) {
    if (!this.root.contains(event.target)) return;
    const isOurs = !isCommandKey(event) || /^([zyaf]|Enter|Home|End|Arrow.*)$/i.test(meantKey(event));
    event.target.toggleAttribute("data-lm-suppress-shortcuts", isOurs);
  }

  /** Keys of every view. No key that the desk uses, and no plain letter, reaches JupyterLab's own shortcuts. */
  pressed(event) {
    const isCommand = isCommandKey(event), isTyping = event.target.closest("textarea, input:not([type='checkbox']), select");
    const letter = meantKey(event).toLowerCase(), code = event.code;
    let isDone = true;
    if (isCommand && !isTyping && letter === "z")
      this.act({ act: event.shiftKey ? "redo" : "undo" });
    else if (isCommand && !isTyping && letter === "y") this.act({ act: "redo" });
    else if (isAltKey(event) && /^Digit[1-9]$/.test(code) && this.tabs.children[Number(code.at(-1)) - 1]) {
      const tab = this.tabs.children[Number(code.at(-1)) - 1];
      this.open(tab.dataset.view).then(() => this.view.enter());
    } else if (event.key === "?" && !isTyping) this.showHelp();
    else isDone = false;
    if (isDone) event.preventDefault();
    const isOurs = isDone || !isCommand || event.key === "Enter";
    if (isOurs) event.stopPropagation();
  }

  /** The desk is no higher than what it is scrolled in, so that the line at its foot stays in view. */
  fit() {
    const frame = this.root.closest(".jp-WindowedPanel-outer, .jp-Notebook");
    if (frame?.clientHeight) this.root.style.setProperty("--in-view", `${frame.clientHeight}px`);
  }

  close() {
    this.kernel.close();
    clearTimeout(this.idle);
    removeEventListener("resize", this.fitting);
    for (const [target, name, ...rest] of this.listeners) target.removeEventListener(name, ...rest);
    for (const view of Object.values(this.views)) view.long?.watch.disconnect();
    globalThis.CSS?.highlights?.delete(HIGHLIGHT);
  }
}

export default {
  render({ model, el }) {
    const root = element("div");
    el.append(root);
    const desk = new Desk(model, root);
    return () => desk.close();
  },
};
