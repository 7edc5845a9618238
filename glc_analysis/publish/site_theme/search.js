"use strict";
// Search over the texts of search-index.js. A match is a part of a text that does not cut a letter from
// its marks; case, accents on Latin letters, vowel signs of Arabic and Hebrew, and what has no width
// make no difference. All that is shown is set as text, never as HTML.

const SHOWN = 30, AROUND = 90;
const ACCENTS = /([a-z])[\u0300-\u036f]+/g;
const UNSEEN = /[\u00ad\u200b-\u200f\u2060\ufeff\u0640\u064b-\u0652\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]/g;
const MARK = /^\p{M}/u;
// After these the next letter is written below, or joined to, the one before.
const JOINS = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]/;

function folded(text) {
  return text.normalize("NFKD").toLowerCase().replace(ACCENTS, "$1").normalize("NFC")
    .replace(UNSEEN, "").replace(/\s+/g, " ");
}

// Where a term begins in a folded text, no letter cut from its marks; -1: nowhere.
function found(text, term) {
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const is_cut = MARK.test(text.slice(at + term.length)) || JOINS.test(text.charAt(at - 1));
    if (!is_cut) return at;
  }
  return -1;
}

// The text in pieces, those that match a term marked; what is far from the first is left out.
function marked(text, terms) {
  const clusters = text.match(/\P{M}\p{M}*|\p{M}+/gu) || [], starts = [];
  let plain = "";
  for (const cluster of clusters) {
    starts.push(plain.length);
    plain += folded(cluster);
  }
  const is_in = clusters.map(() => false);
  for (const term of terms) {
    const at = found(plain, term);
    if (at >= 0) clusters.forEach((_, k) => {
      if (starts[k] < at + term.length && (starts[k + 1] ?? plain.length) > at) is_in[k] = true;
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

function glcIndex(index) {
  const texts = index.texts.map(folded);
  const over = index.places.map(([page, , heading]) => folded(`${index.pages[page][1]} ${heading}`));
  const [field, count, list, more] = ["words", "count", "results", "more"].map(
    name => document.getElementById(`search-${name}`));

  // A text has at least one of the terms; the others may stand in its heading or the title of its page.
  function places(n, terms) {
    if (!terms.some(term => found(texts[n], term) >= 0)) return [];
    const others = terms.filter(term => found(texts[n], term) < 0);
    return index.at[n].filter(at => others.every(term => found(over[at], term) >= 0));
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
    item.append(where, marked(index.texts[n], terms));
    return item;
  }

  function search(shown) {
    const terms = folded(field.value).split(" ").filter(Boolean);
    const hits = [];
    if (terms.length) texts.forEach((_, n) => {
      const at = places(n, terms);
      if (at.length) hits.push([n, at]);
    });
    // Titles and headings, which are short, before what stands under them.
    hits.sort(([a], [b]) => Math.min(texts[a].length, 60) - Math.min(texts[b].length, 60) || a - b);
    list.replaceChildren(...hits.slice(0, shown).map(hit => result(hit, terms)));
    count.textContent = terms.length ? `${hits.length || "Nothing"} found.` : "";
    more.hidden = hits.length <= shown;
    more.onclick = () => search(shown + SHOWN);
  }

  field.value = new URLSearchParams(location.search).get("q") || "";
  field.addEventListener("input", () => search(SHOWN));
  search(SHOWN);
  field.focus();
}
