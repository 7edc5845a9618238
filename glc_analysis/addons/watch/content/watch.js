// Only in pages that `glc watch` serves: asks whether this page is out of date, and loads it again where it was.
"use strict";
const own = document.currentScript, key = "watch " + location.pathname;
const folds = () => [...document.querySelectorAll("details")];
const kept = sessionStorage.getItem(key);
if (kept) {
  const {open, x, y} = JSON.parse(kept);
  sessionStorage.removeItem(key);
  folds().forEach((fold, n) => { fold.open = open[n] ?? fold.open; });
  scrollTo(x, y);
}
let fault = "";
function show(text) {
  fault = text;
  let line = document.getElementById("watch-fault");
  if (!line && text) {
    line = document.body.insertBefore(document.createElement("pre"), document.body.firstChild);
    line.id = "watch-fault";
    line.setAttribute("role", "alert");
  }
  if (line) line.textContent = text;
}
let isAsking = false;
async function ask() {
  if (isAsking) return;
  isAsking = true;
  while (document.visibilityState === "visible") {
    try {
      const answer = await fetch("~news?" + new URLSearchParams(
        {page: own.dataset.page, mark: own.dataset.mark, fault}));
      const news = await answer.json();
      if (news.is_new) {
        sessionStorage.setItem(key, JSON.stringify({open: folds().map(fold => fold.open), x: scrollX, y: scrollY}));
        location.reload();
        return;
      }
      show(news.fault);
    } catch {
      show("glc watch has ended. To go on: start it again, and open the address that it prints.");
      return;
    }
  }
  isAsking = false;
}
document.addEventListener("visibilitychange", ask);
ask();
