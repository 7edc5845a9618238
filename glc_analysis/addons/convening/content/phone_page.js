"use strict";
// One page a slip. What was answered stays in the memory of this page alone, until it is saved and after: nothing is
// stored on the phone. Sent is one request at a time; if no answer is heard, the same is sent again with the same
// mark, which counts once.

const said = JSON.parse(document.getElementById("said").textContent);
const main = document.getElementById("main"), head = document.querySelector("header");
const state = document.getElementById("state"), next = document.getElementById("next"), longest = +document.body.dataset.longest;
const SCORES = ["importance", "feasibility"];

let code = decodeURIComponent(location.hash.slice(1));
if (code) history.replaceState(null, "", location.pathname);  // so that the code does not stay in view

let language = nearestLanguage(said);
let form = null;           // what the server said of the round
let answers = {};          // what was answered on this page, by "P01.importance"
let stamps = {};           // the words that were read, by principle
let answered = new Set();  // what the server has, by name: it never says what was answered
let pending = new Set();   // what was answered and is not saved
let sent = null;           // the request that is on its way, or has to be sent again
let stopped = "";          // why this page takes no more answers
let pause = 0, timer = 0, typing = 0;

function nearestLanguage(known) {
  for (const wanted of navigator.languages || []) {
    const found = known.find(one => one.code === wanted.split("-")[0]);
    if (found) return found;
  }
  return known[0];
}

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== "" && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

async function ask(path, content) {
  const stop = new AbortController(), clock = setTimeout(() => stop.abort(), 10000);
  try {
    const reply = await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, signal: stop.signal,
      body: JSON.stringify(content), credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer"});
    return {status: reply.status, said: await reply.json()};
  } catch {
    return {status: 0, said: {why: "busy"}};
  } finally {
    clearTimeout(clock);
  }
}

// ------------------------------ The code, and the texts.

async function open() {
  const {status, said: reply} = await ask("/open", {code});
  if (status !== 200) {
    form = null;
    showEntrance(status === 403 ? "unknown_code" : status === 410 ? "closed" : "no_connection");
    if (status !== 403 && status !== 410 && code) setTimeout(open, 3000);
    return;
  }
  form = reply;
  answers = {}, stamps = {}, pending = new Set(), answered = new Set(reply.answered), sent = null, stopped = "";
  const now = form.languages.find(one => one.code === language.code);
  language = now || nearestLanguage(form.languages);
  show();
}

function showEntrance(why = "") {
  const box = make("input", {id: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false",
    maxlength: 40});
  box.value = code;
  const begin = event => { event.preventDefault(); code = box.value; open(); };
  setLanguage();
  main.replaceChildren(
    make("p", {class: "warning"}, language.say.warning),
    picker(said, () => showEntrance(why)),
    make("form", {onsubmit: begin, autocomplete: "off"},
      make("p", {}, make("label", {for: "code"}, language.say.enter_code)), box,
      make("p", {}, make("button", {class: "wide"}, language.say.begin))));
  head.className = "";
  next.hidden = true;
  state.textContent = why ? language.say[why].replace("{0}", 0) : "";
}

function picker(known, then) {
  const choose = event => { language = known.find(one => one.code === event.target.value); then(); };
  const list = make("select", {"aria-label": language.say.language, onchange: choose, autocomplete: "off"},
    ...known.map(one => make("option", {value: one.code, lang: one.code}, nameOf(one))));
  list.value = language.code;
  return make("p", {}, list);
}

function nameOf(one) {  // in its own language, and in the reader's
  const own = language.names[one.code];
  return own && one.code !== language.code ? `${one.name} – ${own}` : one.name;
}

function setLanguage() {
  document.documentElement.lang = language.code;
  document.documentElement.dir = language.dir;
}

// ------------------------------ The ballot.

function show() {
  const say = language.say;
  setLanguage();
  document.title = say.round.replace("{0}", form.round);
  main.replaceChildren(
    make("h1", {}, document.title + language.mark),
    make("p", {class: "warning"}, say.warning),
    picker(form.languages, show),
    make("p", {class: "small"}, say.how), make("p", {class: "small"}, say.privacy),
    ...language.rows.map(principle));
  refresh();
}

function principle(row) {
  const say = language.say, at = name => `${row.id}.${name}`;
  const scale = name => make("div", {class: "question", role: "group", "aria-label": say[name]},
    make("p", {}, say[name]),
    make("div", {class: "scale"}, ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(n => choice(row, at(name), String(n), String(n)))),
    make("div", {class: "ends"}, make("span", {}, say[`${name}_low`]), make("span", {}, say[`${name}_high`])),
    mark(at(name)));
  const words = make("textarea", {id: at("comment"), rows: 2, maxlength: longest, autocomplete: "off", dir: "auto",
    oninput: event => answer(row, at("comment"), event.target.value.trim(), 800)});
  words.value = answers[at("comment")] || "";
  return make("fieldset", {"data-id": row.id, tabindex: "-1"},
    make("legend", {class: "statement"}, make("span", {class: "number"}, row.id),
      make("bdi", {lang: row.language, dir: row.dir}, row.words), row.mark),
    ...row.before.map(line => make("p", {class: "before", dir: "auto"}, line)),
    ...SCORES.map(scale),
    make("div", {class: "question"}, choice(row, at("abstain"), "x", say.abstain, "wide"), mark(at("abstain"))),
    make("div", {class: "question"}, make("p", {}, make("label", {for: at("comment")}, say.comment)), words,
      mark(at("comment"))),
    make("div", {class: "question", "data-with": at("comment"), role: "group", "aria-label": say.may_be_read},
      make("p", {}, say.may_be_read),
      make("div", {class: "pair"}, choice(row, at("may_be_read"), "yes", say.yes, "wide"),
        choice(row, at("may_be_read"), "no", say.no, "wide")), mark(at("may_be_read"))));
}

function choice(row, at, value, label, kind = "") {
  const press = () => answer(row, at, value);  // also a second time: a finger that trembles takes no vote away
  return make("button", {type: "button", class: kind, "data-at": at, "data-value": value, onclick: press}, label);
}

function mark(at) {
  return make("p", {class: "mark", "data-mark": at});
}

function answer(row, at, value, wait = 0) {
  if (stopped) return;
  set(at, value);
  stamps[row.id] = row.stamp;
  const [name] = at.split(".").slice(-1);
  if (value && name === "abstain") SCORES.forEach(other => drop(`${row.id}.${other}`));
  if (value && SCORES.includes(name)) drop(`${row.id}.abstain`);
  if (!value && name === "comment") drop(`${row.id}.may_be_read`);
  refresh();
  clearTimeout(typing);
  typing = setTimeout(send, wait);
}

function set(at, value) {
  answers[at] = value;
  pending.delete(at);
  pending.add(at);  // last: what was answered last is sent last
}

function drop(at) {  // what the server takes away by itself
  delete answers[at];
  pending.delete(at);
  answered.delete(at);
}

// ------------------------------ Saving.

async function send() {
  clearTimeout(timer);
  if (sent && sent.isOnItsWay || stopped || !(sent || pending.size)) return;
  if (!sent) {
    const batch = Object.fromEntries([...pending].map(at => [at, answers[at]]));
    const of = new Set(Object.keys(batch).map(at => at.slice(0, at.lastIndexOf("."))));
    sent = {code, saves: form.saves, mark: newMark(), answers: batch,
      stamps: Object.fromEntries([...of].map(one => [one, stamps[one]]))};
  }
  const {isOnItsWay, ...content} = sent;
  sent.isOnItsWay = true;
  const {status, said: reply} = await ask("/save", content);
  sent.isOnItsWay = false;
  if (status === 200) {
    form.saves = reply.saves;
    for (const [at, value] of Object.entries(sent.answers)) if (answers[at] === value) pending.delete(at);
    answered = new Set(reply.answered);
    sent = null, pause = 0;
    refresh();
    send();
  } else if ([400, 403, 409, 410, 413].includes(status)) {
    stopped = status === 410 ? "closed" : status === 409 ? reply.why : "refused";
    refresh();
  } else {
    pause = Math.min(8000, 500 + pause * 2);
    refresh();
    timer = setTimeout(send, pause);
  }
}

function newMark() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(n => n.toString(16).padStart(2, "0")).join("");
}

// ------------------------------ What is seen.

function isDone(row) {
  return answered.has(`${row.id}.abstain`) || SCORES.every(name => answered.has(`${row.id}.${name}`));
}

function showNext(unanswered) {  // the first text below without an answer, or the first of all
  const field = row => main.querySelector(`[data-id="${row.id}"]`);
  const above = row => field(row).getBoundingClientRect().top - head.offsetHeight - 8;
  const row = unanswered.find(one => above(one) > 4) || unanswered[0];
  scrollBy(0, above(row));
  field(row).focus({preventScroll: true});
}

function refresh() {
  const say = language.say;
  for (const one of main.querySelectorAll("[data-value]"))
    one.setAttribute("aria-pressed", answers[one.dataset.at] === one.dataset.value);
  for (const one of main.querySelectorAll("[data-with]")) {
    const at = one.dataset.with;
    one.hidden = !(at in answers ? answers[at] : answered.has(at));
  }
  for (const one of main.querySelectorAll("[data-mark]")) {
    const at = one.dataset.mark, isHere = at in answers;
    one.textContent = pending.has(at) ? say.not_saved : !answered.has(at) ? "" : isHere ? say.saved : say.earlier;
    one.classList.toggle("waiting", pending.has(at));
  }
  const unanswered = language.rows.filter(row => !isDone(row));
  const done = language.rows.length - unanswered.length;
  const line = stopped ? say[stopped].replace("{0}", pending.size)
    : pending.size ? say.waiting.replace("{0}", pending.size)
    : done === language.rows.length ? say.complete
    : say.progress.replace("{0}", done).replace("{1}", language.rows.length);
  head.className = stopped || pause ? "waiting" : "";
  if (state.textContent !== line || stopped) state.replaceChildren(line);
  next.hidden = stopped !== "" || !unanswered.length;
  next.replaceChildren(make("button", {type: "button", class: "wide", onclick: () => showNext(unanswered)}, say.next));
  if (stopped === "stale" || stopped === "changed")
    state.append(" ", make("button", {type: "button", class: "wide", onclick: open}, say.reload));
}

window.addEventListener("hashchange", () => location.reload());  // another slip
window.addEventListener("online", () => { pause = 0; send(); });
window.addEventListener("beforeunload", event => { if (pending.size) event.preventDefault(); });
window.addEventListener("pageshow", event => { if (event.persisted) location.reload(); });  // nothing out of a memory

if (code) open(); else showEntrance();
