# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat-exporter(8): HTTP by a real client, scraped by a real Prometheus."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import xml.etree.ElementTree

import pytest

from fake_daemon import ALERT, FakeDaemon, status_with

BUILD = os.environ.get("BUILD", "build")
EXPORTER = os.path.abspath(os.path.join(BUILD, "twinbeat-exporter"))
PROMETHEUS = shutil.which("prometheus") or "/usr/bin/prometheus"
PROMTOOL = shutil.which("promtool") or "/usr/bin/promtool"
EVIL = "</svg><script>alert(1)</script>\"'&"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, test, limit=20):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        got = test()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("not in %d s: %s" % (limit, what))


class Exporter:
    def __init__(self, run_dir, state_dir=None):
        self.port = free_port()
        self.process = subprocess.Popen(
            [EXPORTER, "--run-dir", run_dir, "--listen",
             "127.0.0.1:%d" % self.port, "--state-dir",
             state_dir or os.path.join(run_dir, "state")],
            stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert "serves http://127.0.0.1:%d/" % self.port in line, line

    def get(self, path, method="GET", body=None, timeout=20, **headers):
        web = http.client.HTTPConnection("127.0.0.1", self.port,
                                         timeout=timeout)
        web.request(method, path, body=body, headers=headers)
        answer = web.getresponse()
        text = answer.read().decode()
        web.close()
        return answer.status, dict(answer.getheaders()), text

    def pids(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid,
                                                 self.process.pid),
                  encoding="ascii") as f:
            return [self.process.pid] + [int(pid) for pid in f.read().split()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.process.stderr.close()
        return code


@pytest.fixture(name="run_dir")
def make_run_dir(tmp_path):
    (tmp_path / "run").mkdir(mode=0o700)
    return str(tmp_path / "run")


@pytest.fixture(name="exporter")
def make_exporter(run_dir):
    exporter = Exporter(run_dir)
    yield exporter
    pids = exporter.pids()
    assert exporter.stop() == 0
    wait_for("the end of %s" % pids, lambda: not any(
        os.path.exists("/proc/%d" % pid) for pid in pids))


def test_what_it_serves(run_dir, exporter):
    with FakeDaemon(run_dir):
        code, headers, text = exporter.get("/metrics")
        assert (code, headers["Content-Type"]) == (
            200, "text/plain; version=0.0.4; charset=utf-8")
        assert "\ntwinbeat_up{" in text  # promtool calls nothing good, too
        checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text,
                                 capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        code, headers, text = exporter.get(
            "/metrics", Accept="application/openmetrics-text;version=1.0.0")
        assert headers["Content-Type"].startswith(
            "application/openmetrics-text; version=1.0.0")
        assert text.endswith("# EOF\n")
        code, headers, text = exporter.get("/status.json")
        assert (code, json.loads(text)["node"]) == (200, "lb02")
        code, _, text = exporter.get("/healthz")
        assert (code, text) == (200, "ALL WELL: lb01 serves VI_1\n")
        assert exporter.get("/nosuch")[0] == 404
        assert exporter.get("/../../etc/passwd")[0] == 404
        assert exporter.get("/metrics", method="POST", body="x" * 99999)[0] \
            == 405
        code, _, text = exporter.get("/metrics", method="HEAD")
        assert (code, text) == (200, "")


def test_it_gives_up_its_rights(exporter):
    web, asker = exporter.pids()

    def rights(pid):
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            return dict(line.split(":\t") for line in
                        f.read().splitlines() if ":\t" in line)

    of = rights(web)
    uid, = set(of["Uid"].split())
    assert uid != "0" and set(of["Gid"].split()) != {"0"}
    assert of["Groups"].strip() == "" and of["NoNewPrivs"] == "1"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(of[kind], 16) == 0, kind
    # who has the rights has nothing of the web
    assert rights(asker)["Uid"].split()[0] == "0"
    # on a machine that is busy it may not have run yet
    wait_for("it closed the rest", lambda: sorted(
        os.listdir("/proc/%d/fd" % asker)) == ["0", "1", "2", "3"])


def test_it_ends_with_the_process_that_asks(run_dir):
    """Who is left alone could say 503 for ever; systemd starts both anew."""
    exporter = Exporter(run_dir)
    try:
        _, asker = exporter.pids()
        os.kill(asker, signal.SIGTERM)     # it ends with its parent
        time.sleep(0.2)
        assert exporter.process.poll() is None and \
            exporter.get("/healthz")[0] == 503
        os.kill(asker, signal.SIGKILL)
        time.sleep(1.1)     # what was said is fresh for a second
        try:
            exporter.get("/healthz")
        except OSError:
            pass    # it may end before it has answered
        assert exporter.process.wait(20) == 1
        assert "is gone" in exporter.process.stderr.read()
    finally:
        exporter.process.kill()
        exporter.process.wait(20)
        exporter.process.stderr.close()


def test_an_empty_history_is_not_a_damaged_one(run_dir, exporter):
    os.mkdir(os.path.join(run_dir, "state"))
    with open(os.path.join(run_dir, "state", "journal"), "wb"):
        pass
    assert "state is empty" in exporter.get("/")[2]


def test_no_daemon_is_said_on_every_path(exporter):
    assert exporter.get("/metrics")[2].splitlines()[-1] == "twinbeat_up 0"
    code, _, text = exporter.get("/healthz")
    assert (code, "no twinbeatd seems to run there" in text) == (503, True)
    code, _, text = exporter.get("/status.json")
    assert (code, "cannot reach" in json.loads(text)["error"]) == (503, True)
    assert "no twinbeatd seems to run there" in exporter.get("/")[2]


@pytest.mark.parametrize("changes,code", [
    ({"alerts": [ALERT]}, 200), ({"peer__fit": False}, 200),
    ({"peer__owns": []}, 503),
    ({"instances": [{"name": "VI_1", "state": "MASTER"}]}, 503)])
def test_healthz_is_about_one_owner(run_dir, exporter, changes, code):
    with FakeDaemon(run_dir, status=status_with(**changes)):
        assert exporter.get("/healthz")[0] == code


def picture(text):
    """The page's picture, which must be XML by itself."""
    return xml.etree.ElementTree.fromstring(
        re.search(r"<svg.*?</svg>", text, re.S)[0])


def test_the_page_shows_the_pair_and_needs_nothing_else(run_dir, exporter):
    with FakeDaemon(run_dir, status=status_with(alerts=[ALERT])):
        _, headers, text = exporter.get("/")
    svg = picture(text)
    shown = [e.text for e in svg.iter("text")]
    for word in ("lb01", "lb02", "serial: up, 85 ms ago",
                 "192.0.2.100/32", "power: pdu plug 1: on"):
        assert word in shown, shown
    # the VIP stands in its owner's box, at the right: the peer
    where = {e.text: int(e.get("x")) for e in svg.iter("text")}
    assert where["192.0.2.100/32"] > where["lb01"] > where["lb02"]
    classes = [e.get("class") for e in svg.iter("line")]
    assert classes == ["link good", "link good"]
    boxes = [e.get("class") for e in svg.iter("rect")]
    assert boxes == ["node", "node owner"]
    with FakeDaemon(run_dir, status=status_with(peer__state="off",
                                                peer__owns=[])):
        boxes = wait_for("its end is seen", lambda: [
            e.get("class") for e in picture(exporter.get("/")[2]).iter("rect")
            if "gone" in e.get("class")])
    assert boxes == ["node gone"]
    assert "link-down" in text and "Alerts: 1" in text
    nonce = re.search(r"<script nonce=\"([0-9a-f]{32})\"", text)[1]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and nonce in policy
    assert not re.search(r"(src|href)=|https?://|@import|url\((?!#)", text)


def test_a_name_cannot_become_a_program(run_dir, exporter):
    with FakeDaemon(run_dir, status=status_with(
            pair=EVIL, node=EVIL, version=EVIL, peer__node=EVIL + "\x07",
            links=[{"name": EVIL, "state": EVIL, "age_ms": 1}],
            instances=[{"name": EVIL, "state": "MASTER",
                        "addresses": [EVIL]}],
            fence__plugs=[{"node": EVIL, "device": EVIL, "plug": EVIL,
                           "state": EVIL}],
            alerts=[{"name": EVIL, "text": EVIL}])):
        _, _, text = exporter.get("/")
    assert text.count("<script") == 1 and "alert(1)</" not in text
    picture(text)


def history_line(seq, ms, kind, old, new, reason, instance=None):
    return json.dumps({
        "seq": seq, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
            1764385964 + ms // 1000)), "boottime_ms": ms, "kind": kind,
        "instance": instance, "from": old, "to": new, "proof": None,
        "pair": "web", "node": "lb02", "peer": "lb01",
        "reason": reason}) + "\n"


FAILOVER = [
    (1, 1000, "instance", "INIT", "BACKUP", "VI_1: INIT -> BACKUP", "VI_1"),
    (2, 1200, "peer", "unknown", "up", "peer lb01: unknown -> up"),
    (3, 1300, "link", "never", "up", "link serial: never -> up: heard"),
    (4, 1400, "link", "never", "up", "link vrrp:VI_1: never -> up: heard",
     "VI_1"),
    (5, 9000000, "link", "up", "down",
     "link serial: up -> down: nothing heard for 300 ms"),
    (6, 9000020, "link", "up", "down",
     "link vrrp:VI_1: up -> down: nothing heard", "VI_1"),
    (7, 9000020, "peer", "up", "silent", "peer lb01: up -> silent"),
    (8, 9000021, "fence", "idle", "running", "fence lb01: idle -> running"),
    (9, 9001100, "fence", "running", "confirmed", "fence lb01: off"),
    (10, 9001101, "peer", "silent", "off", "peer lb01: silent -> off"),
    (11, 9001103, "instance", "BACKUP", "MASTER",
     "VI_1: BACKUP -> MASTER (fenced)", "VI_1"),
]


def write_history(run_dir, lines, name="journal", mode="w"):
    state = os.path.join(run_dir, "state")
    os.makedirs(state, mode=0o700, exist_ok=True)
    with open(os.path.join(state, name), mode, encoding="ascii") as f:
        f.writelines(history_line(*line) for line in lines)


def lanes(text):
    """The time lines of the page, each of which must be XML by itself."""
    return [xml.etree.ElementTree.fromstring(svg) for svg in
            re.findall(r'<svg class="lanes.*?</svg>', text, re.S)]


def test_the_page_tells_what_happened(run_dir, exporter):
    assert "there is no history in" in exporter.get("/")[2]
    write_history(run_dir, FAILOVER[:4])
    with FakeDaemon(run_dir):
        text = wait_for("the history", lambda: [
            text for text in [exporter.get("/")[2]] if "The last events" in
            text])[0]
        assert "The last failover" not in text
        # a line more is a picture more, also after the file was turned
        os.rename(os.path.join(run_dir, "state", "journal"),
                  os.path.join(run_dir, "state", "journal.1"))
        write_history(run_dir, FAILOVER[4:])
        text = wait_for("the failover", lambda: [
            text for text in [exporter.get("/")[2]] if "The last failover: "
            "VI_1 went to lb02" in text])[0]
    # nothing came after it: one picture, for a desk and for a phone
    assert "The last events" not in text
    for svg in lanes(text):
        shown = [e.text for e in svg.iter("text")]
        for word in ("lb01", "lb02", "serial", "vrrp:VI_1", "fence",
                     "owner of VI_1"):
            assert word in shown, shown
        # how it ended can be read
        assert "MASTER" in shown or "narrow" in svg.get("class")
    assert len(lanes(text)) == 2
    assert "<td>VI_1: BACKUP -&gt; MASTER (fenced)</td>" in text
    # it is read also where no daemon runs
    assert "VI_1 went to lb02" in exporter.get("/")[2]
    write_history(run_dir, [(12, 99000000, "alert", "", "raised",
                             "no-standby: lb01 is off")], mode="a")
    text = wait_for("both", lambda: [text for text in [exporter.get("/")[2]]
                                     if "RAISED no-standby" in text])[0]
    assert "The last events" in text and "VI_1 went to lb02" in text
    ids = re.findall(r'id="([^"]*)"', text)
    assert len(ids) == len(set(ids)) == 6, ids


def test_ten_thousand_events_are_a_page(run_dir, exporter):
    flaps = [(i, i * 70, "link", *(("up", "down") if i % 2 else
                                   ("down", "up")), "link serial: %s -> %s: "
              "<flap>" % (("up", "down") if i % 2 else ("down", "up")))
             for i in range(1, 10000)]
    write_history(run_dir, flaps[:5000], "journal.1")
    write_history(run_dir, flaps[5000:] + [
        (10000, 700000, "instance", "BACKUP", "MASTER",
         "VI_1: BACKUP -> MASTER", "VI_1")])
    with FakeDaemon(run_dir):
        began = time.monotonic()
        text = exporter.get("/")[2]
        assert time.monotonic() - began < 10
        assert "VI_1 went to lb02" in text and len(text) < 400000
        assert "... 9960 events ..." in text
        assert all(len(svg.findall("rect")) < 1000 for svg in lanes(text))
        # what has not changed is not drawn again
        began = time.monotonic()
        for _ in range(50):
            exporter.get("/")
        assert time.monotonic() - began < 10


def test_a_history_cut_anywhere(run_dir, exporter):
    write_history(run_dir, FAILOVER)
    path = os.path.join(run_dir, "state", "journal")
    with open(path, "rb") as f:
        whole = f.read()
    pages = []
    for cut in [0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 2]:
        with open(path, "wb") as f:
            f.write(whole[:cut] + b"\0\xff" * 5)
        time.sleep(1.05)    # it is looked at once a second
        code, _, text = exporter.get("/")
        assert code == 200 and "What happened" in text
        lanes(text)
        pages.append(text)
    assert "VI_1 went to lb02" not in pages[2]
    assert "the history is damaged" in pages[1]


def test_a_history_cannot_become_a_program(run_dir, exporter):
    write_history(run_dir, [
        (1, 1, "peer", "up", EVIL, EVIL), (2, 2, "link", "up", EVIL,
                                           "link %s: up -> %s: x" %
                                           (EVIL, EVIL)),
        (3, 3, "instance", EVIL, "MASTER", EVIL, EVIL)])
    text = exporter.get("/")[2]
    assert text.count("<script") == 1 and "alert(1)" in text
    assert len(lanes(text)) == 2


def test_a_flood_costs_the_daemon_a_question_a_second(run_dir, exporter):
    """200 scrapers, and 50 that never read."""
    daemon = FakeDaemon(run_dir)
    got = []
    with daemon:
        idle = [socket.create_connection(("127.0.0.1", exporter.port))
                for _ in range(50)]
        for s in idle:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        began = time.monotonic()
        threads = [threading.Thread(
            target=lambda: got.append(exporter.get("/metrics")[0]))
            for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        for s in idle:
            s.close()
    assert got == [200] * 200
    assert len(daemon.requests) <= 2 + took


def test_a_daemon_that_hangs_holds_nobody_up_for_ever(run_dir, exporter):
    with FakeDaemon(run_dir, answers={("status", None): [20]}):
        began = time.monotonic()
        assert "twinbeat_up 0" in exporter.get("/metrics")[2]
        assert time.monotonic() - began < 10
    with FakeDaemon(run_dir):
        wait_for("the daemon again", lambda: exporter.get("/healthz")[0] == 200)


@pytest.mark.parametrize("words,code,said", [
    (["--listen", "localhost:9694"], 2, "an address and a port"),
    (["--listen", "127.0.0.1"], 2, "an address and a port"),
    (["--listen", "127.0.0.1:0"], 2, "an address and a port"),
    (["--listen", "[::1:9694"], 2, "an address and a port"),
    (["--listen", "192.0.2.200:9694"], 2, "cannot listen on"),
    (["--listen"], 2, "needs a value"), (["--nosuch"], 2, "no such option"),
    (["--help"], 0, "/healthz")])
def test_words(words, code, said):
    done = subprocess.run([EXPORTER, *words], capture_output=True, text=True,
                          timeout=20, check=False)
    assert (done.returncode, said in done.stdout + done.stderr) == (
        code, True), done.stderr


def test_a_real_prometheus_scrapes_it(run_dir, exporter, tmp_path):
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text("""
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ "%s" ]
scrape_configs:
  - job_name: twinbeat
    static_configs: [ { targets: [ "127.0.0.1:%d" ] } ]
""" % (os.path.abspath("etc/monitoring/twinbeat.rules.yml"), exporter.port))

    def query(what):
        web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            web.request("GET", "/api/v1/query?" + urllib.parse.urlencode(
                {"query": what}))
            return json.load(web.getresponse())["data"]["result"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return []
        finally:
            web.close()

    with FakeDaemon(run_dir), open(tmp_path / "log", "wb") as log, \
            subprocess.Popen(
                [PROMETHEUS, "--config.file", str(config),
                 "--storage.tsdb.path", str(tmp_path / "data"),
                 "--web.listen-address", "127.0.0.1:%d" % port],
                stdout=log, stderr=log) as process:
        try:
            found = wait_for("a sample", lambda: query("twinbeat_up"), 60)
            labels = found[0]["metric"]
            assert (labels["pair"], labels["node"], found[0]["value"][1]) == (
                "web", "lb02", "1")
            assert not [k for k in labels if k.startswith("exported_")]
            owner = query('twinbeat_instance_owned == 1')
            assert [o["metric"]["owner"] for o in owner] == ["lb01"]
            sent = query("twinbeat_link_sent_total")
            assert {s["value"][1] for s in sent} == {"120344", "0"}
            assert query("up")[0]["value"][1] == "1"
        finally:
            process.terminate()
            process.wait(30)
