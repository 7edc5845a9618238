"use strict";
// Search over the texts of the files in the folder search, one for each page. A match is a part of a text
// that does not cut a letter from its marks; case, accents on Latin letters, vowel signs of Arabic and
// Hebrew, and what has no width make no difference. A word that occurs nowhere is taken for the words that
// differ from it by one typing error. All that is shown is set as text, never as HTML.

const SAY = {
  count: "{n} found.",
  nothing: "Nothing found.",
  similar: "Nothing has “{word}”: these are similar words.",
};
const SHOWN = 30, AROUND = 90, TOLERANT_FROM = 4;
const ACCENTS = /([a-z])[\u0300-\u036f]+/g;
const UNSEEN = /[\u00ad\u200b-\u200f\u2060\ufeff\u0640\u064b-\u0652\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]/g;
const MARK = /^\p{M}/u;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
// Scripts that do not part words: a match may begin anywhere.
const UNPARTED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;
// After these the next letter is written below, or joined to, the one before.
const JOINS = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]/;

function folded(text) {
  return text.normalize("NFKD").toLowerCase().replace(ACCENTS, "$1").normalize("NFC")
    .replace(UNSEEN, "").replace(/\s+/g, " ");
}

// Letters with their marks, and those written below or joined to them.
function letters(text) {
  const all = [];
  for (const one of text.match(/\P{M}\p{M}*|\p{M}+/gu) || []) {
    if (all.length && JOINS.test(all.at(-1).slice(-1))) all[all.length - 1] += one;
    else all.push(one);
  }
  return all;
}

// Where a term begins in a folded text, no letter cut from its marks; -1: nowhere.
function found(text, term) {
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const is_cut = MARK.test(text.slice(at + term.length)) || JOINS.test(text.charAt(at - 1));
    if (!is_cut) return at;
  }
  return -1;
}

// How many letters of a word, from a place on, are a term with one error: a letter wrong, missing, too
// many, or two in the wrong order; 0: they are not.
function nearly(word, from, term) {
  let same = 0;
  while (same < term.length && word[from + same] === term[same]) same++;
  const goes_on = (at, rest) => rest.every((letter, k) => word[from + at + k] === letter);
  const rest = term.slice(same + 1);
  if (from + same < word.length && goes_on(same + 1, rest)) return term.length;
  if (goes_on(same, rest)) return term.length - 1;
  if (from + same < word.length && goes_on(same + 1, term.slice(same))) return term.length + 1;
  const swapped = [term[same + 1], term[same], ...term.slice(same + 2)];
  return same + 1 < term.length && goes_on(same, swapped) ? term.length : 0;
}

// The parts of words that are a term with one error, for a term of several letters.
function near(words, term) {
  const wanted = letters(term), parts = new Set();
  if (wanted.length < TOLERANT_FROM || term.replace(WORD, "")) return [];
  for (const word of words) {
    const has = letters(word), last = UNPARTED.test(word) ? has.length : 1;
    for (let from = 0; from < last; from++) {
      const long = nearly(has, from, wanted);
      if (long) parts.add(has.slice(from, from + long).join(""));
    }
  }
  return [...parts];
}

// The text in pieces, those that match a word marked; what is far from the first is left out.
function marked(text, words) {
  const clusters = text.match(/\P{M}\p{M}*|\p{M}+/gu) || [], starts = [];
  let plain = "";
  for (const cluster of clusters) {
    starts.push(plain.length);
    plain += folded(cluster);
  }
  const is_in = clusters.map(() => false);
  for (const word of words) {
    const at = found(plain, word);
    if (at >= 0) clusters.forEach((_, k) => {
      if (starts[k] < at + word.length && (starts[k + 1] ?? plain.length) > at) is_in[k] = true;
    });
  }
  const first = Math.max(is_in.indexOf(true), 0);
  const begin = Math.max(first - AROUND, 0), end = Math.min(first + 2 * AROUND, clusters.length);
  const shown = document.createElement("p");
  shown.dir = "auto";
  shown.append(begin ? "… " : "");
  for (let k = begin; k < end;) {
    let next = k;
    while (next < end && is_in[next] === is_in[k]) next++;
    const piece = document.createElement(is_in[k] ? "mark" : "span");
    piece.textContent = clusters.slice(k, next).join("");
    shown.append(piece);
    k = next;
  }
  shown.append(end < clusters.length ? " …" : "");
  return shown;
}

// The indexes of the pages, which their files hand over one after the other.
const pages = [];

function addPageIndex(page) {
  pages.push(page);
}

// Each text once, with every place (page, anchor and heading) where it is printed; the pages that have it as
// their title come first.
function joinIndexes() {
  const places = [], all = new Map();
  pages.forEach(([, title, sections], page) => {
    for (const [anchor, heading, texts] of sections) {
      for (const text of texts) {
        if (!all.has(text)) all.set(text, [[], []]);
        all.get(text)[text === title ? 0 : 1].push(places.length);
      }
      places.push([page, anchor, heading]);
    }
  });
  return {pages, places, texts: [...all.keys()], at: [...all.values()].map(at => at.flat())};
}

// When the files of all pages are read.
addEventListener("DOMContentLoaded", () => {
  const index = joinIndexes();
  const texts = index.texts.map(folded);
  const over = index.places.map(([page, , heading]) => folded(`${index.pages[page][1]} ${heading}`));
  const titles = new Set(index.pages.map(([, title]) => title));
  const headings = new Set(index.places.map(([, , heading]) => heading));
  const rank = index.texts.map(text => titles.has(text) ? 0 : headings.has(text) ? 1 : 2);
  const [field, count, list, more] = ["words", "count", "results", "more"].map(
    name => document.getElementById(`search-${name}`));
  let words = null;

  // What a term stands for: itself if it occurs anywhere, else the words that are nearly it.
  function meant(term) {
    if (texts.some(text => found(text, term) >= 0)) return [term];
    words ??= new Set(texts.flatMap(text => text.match(WORD) || []));
    return near(words, term);
  }

  // A text has at least one of the terms; the others may stand in its heading or the title of its page.
  function places(n, terms) {
    const has = (text, term) => term.some(word => found(text, word) >= 0);
    const others = terms.filter(term => !has(texts[n], term));
    if (others.length === terms.length) return [];
    return index.at[n].filter(at => others.every(term => has(over[at], term)));
  }

  function result([n, at], terms) {
    const item = document.createElement("li"), where = document.createElement("p");
    const seen = new Set();
    for (const [page, anchor, heading] of at.map(one => index.places[one])) {
      const [slug, title] = index.pages[page], link = document.createElement("a");
      link.href = `${slug}.html${anchor ? "#" + encodeURIComponent(anchor) : ""}`;
      link.textContent = heading && heading !== title ? `${title}: ${heading}` : title;
      if (seen.has(link.href)) continue;
      seen.add(link.href);
      where.append(seen.size > 1 ? " · " : "", link);
    }
    item.append(where, marked(index.texts[n], terms.flat()));
    return item;
  }

  function search(shown) {
    const typed = folded(field.value).split(" ").filter(Boolean), terms = typed.map(meant);
    const hits = [];
    if (terms.length) texts.forEach((_, n) => {
      const at = places(n, terms);
      if (at.length) hits.push([n, at]);
    });
    // Pages, then headings, then what stands under them; of these, short texts first.
    hits.sort(([a], [b]) => rank[a] - rank[b]
      || Math.min(texts[a].length, 60) - Math.min(texts[b].length, 60) || a - b);
    list.replaceChildren(...hits.slice(0, shown).map(hit => result(hit, terms)));
    const changed = typed.filter((term, k) => hits.length && terms[k][0] !== term);
    const why = changed.map(term => " " + SAY.similar.replace("{word}", term)).join("");
    const many = hits.length ? SAY.count.replace("{n}", hits.length) : SAY.nothing;
    count.textContent = terms.length ? many + why : "";
    more.hidden = hits.length <= shown;
    more.onclick = () => search(shown + SHOWN);
  }

  field.value ||= new URLSearchParams(location.search).get("q") || "";
  field.addEventListener("input", () => search(SHOWN));
  search(SHOWN);
  field.focus();
});
