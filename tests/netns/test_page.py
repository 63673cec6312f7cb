# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporter's page in a real Chromium, driven by WebDriver.

With PICTURES=FOLDER each page is also kept there, for somebody to look at."""
import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from fake_daemon import ALERT, FakeDaemon, status_with
from lab import Lab
from test_exporter import (  # noqa: F401
    FAILOVER, Exporter, free_port, make_run_dir, wait_for, write_history)

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="no chromium with its driver")
PHONE, DESK = (360, 740), (1100, 900)

# W3C's contrast of each text that is seen with what is behind it, the least
# one; of SVG text, that is the fill and a node's box, its bar or the page.
CONTRAST = """
const parse = c => c.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(
    v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
let least = 99, which = '';
for (const e of document.querySelectorAll(
    'h1,h2,p,b,i,td,th,summary,footer,svg text')) {
  if (!e.textContent.trim() || !e.getClientRects().length) continue;
  const style = getComputedStyle(e), svg = e.closest('svg');
  const front = light(parse(svg ? style.fill : style.color));
  const bar = e.classList.contains('word') && e.previousElementSibling;
  const backs = bar && bar.hasAttribute('fill') ?
      [...svg.querySelectorAll('pattern rect')].map(
          n => light(parse(getComputedStyle(n).fill))) :
      bar ? [light(parse(getComputedStyle(bar).fill))] :
      svg ? [...svg.querySelectorAll('.node')].map(
          n => light(parse(getComputedStyle(n).fill))).concat([1]) : [1];
  for (const back of backs) {
    const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
    if (ratio < least) { least = ratio; which = e.textContent; }
  }
}
return [least, which];
"""
# the smallest letters that are seen, in pixels of the screen
SMALLEST = """
let least = 99;
for (const e of document.querySelectorAll('svg text')) {
  if (!e.getClientRects().length) continue;
  const svg = e.closest('svg'), box = svg.viewBox.baseVal;
  const scale = svg.getBoundingClientRect().width / box.width;
  least = Math.min(least, parseFloat(getComputedStyle(e).fontSize) * scale);
}
return least;
"""
# texts of the picture that are cut off at its edges, or leave their box
CUT = """
const cut = [];
for (const svg of document.querySelectorAll('svg')) {
  if (!svg.getClientRects().length) continue;
  const all = svg.getBoundingClientRect();
  for (const e of svg.querySelectorAll('text')) {
    const one = e.getBoundingClientRect();
    if (one.left < all.left - 1 || one.right > all.right + 1 ||
        one.bottom > all.bottom + 1) cut.push(e.textContent);
    for (const node of svg.querySelectorAll('.node')) {
      const box = node.getBoundingClientRect();
      if (one.left > box.left && one.left < box.right && one.top > box.top &&
          one.top < box.bottom && one.right > box.right)
        cut.push(e.textContent);
    }
  }
}
return cut;
"""


class Browser:
    def __init__(self, folder):
        self.port = free_port()
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=%d" % self.port],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=folder, TMPDIR=folder))
        self.session = ""

        def start():
            try:
                return self.call("POST", "/session", {
                    "capabilities": {"alwaysMatch": {
                        "goog:loggingPrefs": {"browser": "ALL"},
                        "goog:chromeOptions": {"args": [
                            "--headless=new", "--no-sandbox", "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--disable-background-networking",
                            "--user-data-dir=" + folder + "/profile"]}}}})
            except ConnectionRefusedError:
                return None
        self.session = "/session/" + wait_for("chromium", start,
                                              60)["sessionId"]

    def call(self, method, path, body=None):
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        web.request(method, self.session + path, None if method == "GET"
                    else json.dumps(body or {}),
                    {"Content-Type": "application/json"})
        value = json.loads(web.getresponse().read())["value"]
        web.close()
        assert not (isinstance(value, dict) and "error" in value), value
        return value

    def resize(self, size):
        """The page's size, whatever a window has around it."""
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride", "params": {
                "width": size[0], "height": size[1], "deviceScaleFactor": 1,
                "mobile": size == PHONE}})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script,
                                                   "args": []})

    def text(self):
        return self.run("return document.querySelector('main').innerText")

    def picture(self, name, whole=False):
        """Of what is in the window, or of the page down to its end."""
        if os.environ.get("PICTURES"):
            path = os.path.join(os.environ["PICTURES"], name + ".png")
            with open(path, "wb") as f:
                f.write(base64.b64decode(self.call(
                    "POST", "/goog/cdp/execute", {
                        "cmd": "Page.captureScreenshot", "params": {
                            "captureBeyondViewport": whole}})["data"]))

    def click(self, css):
        for turn in range(5):   # the page may renew itself in between
            element = self.call("POST", "/element", {"using": "css selector",
                                                     "value": css})
            try:
                self.call("POST", "/element/%s/click" % list(
                    element.values())[0])
                return
            except AssertionError as error:
                if "stale element" not in str(error) or turn == 4:
                    raise

    def close(self):
        try:
            if self.session:
                self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(str(tmp_path_factory.mktemp("chromium")))
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def exporter(run_dir):  # noqa: F811
    one = Exporter(run_dir)
    yield one
    one.stop()


MASTER = {"instances": [
    {"name": "VI_1", "vrid": 55, "state": "MASTER", "since_ms": 3900000,
     "priority": 100, "addresses": ["192.0.2.100/32", "2001:db8:85a3:8d3:"
                                    "1319:8a2e:370:7348/128"],
     "proof": "fenced", "waiting_for": ""}], "peer__owns": [],
    "peer__state": "off"}
CASES = {
    "standby": ({}, "ALL WELL: lb01 serves VI_1"),
    "owner": (MASTER, "lb02 serves"),
    "alert": ({"alerts": [ALERT], "links": [
        {"name": "serial", "type": "serial", "state": "down", "age_ms": 132000,
         "rtt_ms": None, "rx": 1, "tx": 1, "errors": {}},
        {"name": "vrrp:VI_1", "type": "vrrp", "state": "up", "age_ms": 85,
         "rtt_ms": None, "rx": 1, "tx": 0, "errors": {}}]}, "link-down"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_can_be_read(browser, run_dir, exporter, case, size):  # noqa: F811
    changes, said = CASES[case]
    if case != "standby":
        write_history(run_dir, FAILOVER + [
            (12, 99000000, "alert", "", "raised", "no-standby: lb01 is off")])
    with FakeDaemon(run_dir, status=status_with(**changes)):
        browser.resize(size)
        browser.call("POST", "/url", {"url": "http://127.0.0.1:%d/" %
                                      exporter.port})
        browser.picture("%s-%d" % (case, size[0]), whole=True)
        assert said in browser.text()
        # both nodes, both links, and the addresses are in the picture
        seen = browser.run(
            "return [...document.querySelectorAll('svg text')].filter("
            "e => e.getClientRects().length).map(e => e.textContent)")
        for word in ("lb01", "lb02", "serial: ", "vrrp:VI_1: ", "192.0.2.100"):
            assert any(word in text for text in seen), (word, seen)
        least, which = browser.run(CONTRAST)
        assert least >= 4.5, which
        assert browser.run(SMALLEST) >= 11
        assert browser.run(CUT) == []
        # nothing to scroll sideways
        assert browser.run("const d = document.scrollingElement; "
                           "return d.scrollWidth - d.clientWidth") <= 0
        # nothing was refused by the page's own policy, nothing failed
        assert [entry for entry in browser.call("POST", "/se/log",
                                                {"type": "browser"})
                if "favicon" not in entry["message"]] == []


def test_it_changes_without_a_reload(browser, run_dir, exporter):  # noqa: F811
    url = "http://127.0.0.1:%d/" % exporter.port
    browser.resize(DESK)
    with FakeDaemon(run_dir):
        browser.call("POST", "/url", {"url": url})
        browser.run("window.kept = 1")
        assert "Alerts: 0" in browser.text()
    with FakeDaemon(run_dir, status=status_with(alerts=[ALERT])):
        wait_for("the alert is there", lambda: "link-down" in browser.text())
    wait_for("a daemon that ends is told", lambda: "link-down" not in
             browser.text() and "twinbeatd" in browser.text())
    browser.picture("no-daemon")
    with FakeDaemon(run_dir):
        wait_for("it is back", lambda: "Alerts: 0" in browser.text())
        assert browser.run("return window.kept") == 1
        # one that hangs ends no connection: it must not look well for ever
        os.kill(exporter.process.pid, signal.SIGSTOP)
        wait_for("an exporter that hangs is told", lambda: "this picture is "
                 "old" in browser.text(), 15)
        assert "this picture is old" in browser.run("return document.title")
        os.kill(exporter.process.pid, signal.SIGCONT)
        wait_for("it is back", lambda: "ALL WELL" in browser.text())
        assert browser.run("return document.title").startswith(
            "ALL WELL: lb01 serves VI_1")
        exporter.process.terminate()
        wait_for("an exporter that ends is told", lambda: "this picture is old"
                 in browser.text())
        browser.picture("no-exporter")


def is_open(browser, part):
    return browser.run("return document.querySelector('#%s').open" % part)


def test_what_is_shut_by_a_click_stays_shut(browser, run_dir,  # noqa: F811
                                            exporter):
    lines = FAILOVER + [(12, 99000000, "alert", "", "raised",
                         "no-standby: lb01 is off")]
    write_history(run_dir, lines)
    browser.resize(DESK)
    with FakeDaemon(run_dir):
        browser.call("POST", "/url", {"url": "http://127.0.0.1:%d/" %
                                      exporter.port})
        assert is_open(browser, "recent") and is_open(browser, "failover")
        browser.click("#failover summary")
        assert not is_open(browser, "failover")
        assert "fence lb01: off" not in browser.text()
        # the page renews itself, and so does the time line that is open
        write_history(run_dir, [(13, 99100000, "alert", "raised", "cleared",
                                 "no-standby: lb01 is back")], mode="a")
        wait_for("what is new", lambda: "lb01 is back" in browser.text())
        assert not is_open(browser, "failover")
        # who moves by keyboard is still where they were
        assert browser.run("return document.activeElement.closest("
                           "'details').id") == "failover"
        browser.click("#failover summary")
        assert "fence lb01: off" in browser.text()
        browser.picture("clicked", whole=True)


def test_who_marks_or_clicks_keeps_what_is_under_the_hand(
        browser, run_dir, exporter):  # noqa: F811
    """The page renewed itself under them: a click that took its time was lost,
    and nothing could be marked to copy it. But an old picture must not stand
    for ever."""
    write_history(run_dir, FAILOVER)
    browser.resize(DESK)
    with FakeDaemon(run_dir):
        browser.call("POST", "/url", {"url": "http://127.0.0.1:%d/" %
                                      exporter.port})
        browser.run("window.asked = 0; const real = fetch; window.fetch = "
                    "(...a) => real(...a).finally(() => window.asked++)")

        def asked(more):
            before = browser.run("return window.asked")
            wait_for("it asks again", lambda: browser.run(
                "return window.asked") >= before + more, 20)

        summary = browser.call("POST", "/element", {
            "using": "css selector", "value": "#failover summary"})
        mouse = {"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "duration": 0, "origin": summary,
             "x": 0, "y": 0}, {"type": "pointerDown", "button": 0}]}
        browser.call("POST", "/actions", {"actions": [mouse]})
        asked(2)
        mouse["actions"] = [{"type": "pointerUp", "button": 0}]
        browser.call("POST", "/actions", {"actions": [mouse]})
        assert not is_open(browser, "failover")
        browser.run("getSelection().selectAllChildren(document."
                    "querySelector('h1'))")
        marked = browser.run("return String(getSelection())")
        assert "lb01" in marked
        asked(2)
        assert browser.run("return String(getSelection())") == marked
        asked(5)
        wait_for("it renews itself all the same", lambda: browser.run(
            "return String(getSelection())") == "")


def test_without_javascript_it_says_the_same(browser, run_dir,  # noqa: F811
                                             exporter):
    write_history(run_dir, FAILOVER)
    url = "http://127.0.0.1:%d/" % exporter.port
    browser.call("POST", "/goog/cdp/execute", {
        "cmd": "Emulation.setScriptExecutionDisabled",
        "params": {"value": True}})
    try:
        with FakeDaemon(run_dir):
            browser.resize(DESK)
            browser.call("POST", "/url", {"url": url})
            browser.picture("no-javascript", whole=True)
            assert "VI_1 went to lb02" in browser.text()
            assert "fence lb01: off" in browser.text()
            write_history(run_dir, [(12, 9001200, "alert", "", "raised",
                                     "no-standby: lb01 is off")], mode="a")
            wait_for("it renews itself", lambda: "RAISED no-standby" in
                     browser.text())
    finally:
        browser.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setScriptExecutionDisabled",
            "params": {"value": False}})


def test_a_failover_is_seen_while_it_happens(browser):
    """A real pair; what the page says is what twinbeat timeline says."""
    with Lab() as lab:
        lb01, lb02 = lab.nodes
        exporter = Exporter(lb02.run_dir, lb02.state_dir)
        try:
            lab.settle()
            browser.resize(DESK)
            browser.call("POST", "/url", {"url": "http://127.0.0.1:%d/" %
                                          exporter.port})
            browser.run("window.kept = 1")
            assert "The last events" in browser.text()
            lb01.die()
            lb02.wait_state("MASTER")
            wait_for("the failover", lambda: "The last failover: VI_1 went to "
                     "lb02" in browser.text())
            assert browser.run("return window.kept") == 1
            browser.picture("real", whole=True)
            said = " ".join(lb02.twinbeat("timeline").stdout.split())
            gap = re.search(r": (\d+ ms) without an owner", said).group(1)
            assert gap in browser.text()
        finally:
            exporter.stop()
