"""The coding desk on a page of its own, without JupyterLab, in a tenth of the time.

The script and the styles are the real ones, and a real session answers them. As JupyterLab does, the page
imports the script from a blob.
"""

import json

from glc_analysis.addons.desk.coding_desk import SCRIPT, STYLES, CodingDesk

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Coding desk</title>
<style>body {{ margin: 12px; }} {styles}</style></head>
<body data-jp-theme-light="{light}"><main><h1 hidden>Coding desk</h1></main></body></html>"""
DARK = """<style>body { background: #111; --jp-layout-color1: #151515; --jp-layout-color2: #232323;
--jp-border-color2: #3a3a3a; --jp-content-font-color1: #ececec; }</style>"""
OPEN = """async script => {
  const widget = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const listeners = new Set(), answers = globalThis.answers = [];
  const model = {
    on: (name, listener) => listeners.add(listener), off: (name, listener) => listeners.delete(listener),
    send: async question => {
      const answer = JSON.parse(await globalThis.askDesk(JSON.stringify(question)));
      answers.push(answer);
      listeners.forEach(listener => listener(answer));
    } };
  globalThis.desk = widget;
  globalThis.closeDesk = widget.default.render({ model, el: document.querySelector("main") });
}"""


def open_desk(page, session, *, is_dark=False):
    """Shows the desk of a session on a page; what the page asks is answered at once."""
    desk = CodingDesk(session)
    page.set_content(PAGE.format(styles=STYLES, light=str(not is_dark).lower()) + DARK * is_dark)
    page.expose_function("askDesk", lambda text: json.dumps(desk.answer_request(json.loads(text))))
    page.evaluate(OPEN, SCRIPT)
    page.locator(".glc-desk .glc-tabs button").first.wait_for()
    page.locator(".glc-desk :is(.glc-turn, .glc-progress) >> visible=true").first.wait_for()
    return page.locator(".glc-desk")


PLACES = """([turn, from, to]) => {
  const words = document.querySelector(`[data-turn="${turn}"] .glc-words`);
  words.scrollIntoView({ block: "center" });
  return [from, to].map(unit => {
    const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT), range = document.createRange();
    let node = walker.nextNode(), passed = 0;
    while (unit > passed + node.length) { passed += node.length; node = walker.nextNode(); }
    range.setStart(node, unit - passed);
    const box = range.getClientRects()[0] ?? range.getBoundingClientRect();
    return [box.x, box.y + box.height / 2];
  });
}"""
"""Where the mouse goes down and up to select a stretch of a turn."""
STILL = 150  # milliseconds
SELECTED = """() => {
  const own = document.getSelection().getRangeAt(0), words = document.activeElement;
  const before = document.createRange();
  before.setStart(words, 0);
  before.setEnd(own.startContainer, own.startOffset);
  return [Number(words.closest("[data-turn]").dataset.turn), before.toString().length, own.toString()];
}"""
"""What the browser shows as selected: the turn, where it begins in UTF-16 units, and its words."""


def places(page, turn, start, end):
    """:data:`PLACES` of a stretch in UTF-16 units, once the page stands still: turns are drawn as they come
    into view, and what is above them moves them."""
    last, now = None, page.evaluate(PLACES, [turn, start, end])
    while now != last:
        page.wait_for_timeout(STILL)
        last, now = now, page.evaluate(PLACES, [turn, start, end])
    return now


def points(text, unit):
    """Code points before a UTF-16 unit, counted by Python's own codec."""
    return len(text.encode("utf-16-le")[:2 * unit].decode("utf-16-le"))


def units(text, point):
    return len(text[:point].encode("utf-16-le")) // 2


def until_said(desk, words):
    desk.locator(".glc-status", has_text=words).wait_for()


def codings_of(session, document="interview-scripts"):
    return [(one["start"], one["end"], one["code_id"]) for one in session.show_text(document)["codings"]]


AXE = {"resultTypes": ["violations"], "preload": False}


def found(axe, page):
    """What axe finds in the desk: rule, and the first places."""
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in axe.run(page, context=".glc-desk", options=AXE).response["violations"]]
