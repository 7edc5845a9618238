"""The copy of a page that a browser gets: only with the secret address, with a script the file lacks."""

import json
import re
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from glc_analysis.addons.watch import page_server
from glc_analysis.addons.watch.page_server import PageServer
from glc_analysis.publish import site

POLICY = re.search(r'<meta http-equiv="Content-Security-Policy"[^\n]*',
                   Path(site.__file__).with_name("content").joinpath("page.html").read_text())[0]
OF_A_PAGE = re.sub("{% if .*?{% else %}('none'){% endif %}", r"\1", POLICY)
PAGE = f"<html><head>{OF_A_PAGE}</head><body><p>Peru</p></body></html>"


@pytest.fixture
def served(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    (tmp_path / "private.txt").write_text("names")
    server = PageServer(lambda: folder)
    server.start()
    yield server, folder
    server.close()


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return answer.read().decode()


def refused(url, **headers):
    with pytest.raises(urllib.error.HTTPError) as error:
        get(url, **headers)
    return error.value.code


def test_the_copy_that_is_sent_alone_may_run_the_script(served):
    server, folder = served
    sent = get(server.url)
    assert "script-src 'self'; connect-src 'self';" in sent and sent.count("<script") == 1
    assert (folder / "index.html").read_text() == PAGE and "script-src 'none'" in PAGE


def test_nobody_gets_a_page_without_the_secret_or_under_another_name(served):
    server, _ = served
    assert refused(f"http://{server.host}/index.html") == 403
    assert refused(f"http://{server.host}/wrong/index.html") == 403
    assert refused(server.url, Host="evil.example") == 403


@pytest.mark.parametrize("name", ["../private.txt", "%2e%2e/private.txt", "..%2fprivate.txt", "/etc/passwd",
                                  "none.html"])
def test_nothing_outside_of_the_site_is_served(served, name):
    server, _ = served
    assert refused(server.url.replace("index.html", name)) == 404


def test_a_browser_is_told_at_once_that_its_page_is_another_one(served):
    server, folder = served
    sent = get(server.url)
    asked = server.url.replace("index.html", "~news?page=index&fault=&mark=")
    mark = re.search('data-mark="(.*?)"', sent)[1]
    threading.Timer(0.3, lambda: (folder / "index.html").write_text(PAGE.replace("Peru", "Chad"))).start()
    begun = time.monotonic()
    assert json.loads(get(asked + mark)) == {"is_new": True, "fault": ""}
    assert time.monotonic() - begun > 0.2 and server.seen == "index"


def test_a_browser_is_told_what_is_wrong_and_that_it_is_over(served):
    server, _ = served
    mark = re.search('data-mark="(.*?)"', get(server.url))[1]
    asked = server.url.replace("index.html", f"~news?page=index&mark={mark}&fault=")
    server.fault = "answers.csv, row 4: is not a number"
    assert json.loads(get(asked)) == {"is_new": False, "fault": server.fault}


def test_where_nothing_is_new_a_browser_asks_again(served, monkeypatch):
    server, _ = served
    monkeypatch.setattr(page_server, "_LONGEST_WAIT", 0.2)
    mark = re.search('data-mark="(.*?)"', get(server.url))[1]
    asked = server.url.replace("index.html", f"~news?page=index&mark={mark}&fault=")
    assert json.loads(get(asked)) == {"is_new": False, "fault": ""}
