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
    page.expose_function("askDesk", lambda text: json.dumps(desk.answer(json.loads(text))))
    page.evaluate(OPEN, SCRIPT)
    page.locator(".glc-desk .glc-tabs button").first.wait_for()
    page.locator(".glc-desk .glc-turn, .glc-desk .glc-progress").first.wait_for()
    return page.locator(".glc-desk")
