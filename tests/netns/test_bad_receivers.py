# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input from those who are told and who look on: receivers of alerts,
scrapers, persons who answer. Beside a pair that serves: somebody is told what is
wrong, nothing is lost that can be kept, and no role changes."""
import fcntl
import json
import os
import subprocess
import sys

import post_server
from lab import BUILD, wait_for, within
from test_bad_input import alert_text, assert_nobody_was_shot, keeps
from test_question import answer, asked, write_hook  # noqa: F401 (a fixture)

# each wrong in its own way but for the hook; {0}: the folder
NOTIFY = """notify = (
  {{ command = "{0}/hangs"; timeout_ms = 3600000; }},
  {{ command = "{0}/forks"; timeout_ms = 2000; }},
  {{ command = "{0}/floods"; }}, {{ command = "{0}/absent"; }},
  {{ command = "{0}/hook"; }},
  {{ fifo = "{0}/$.fifo"; }}, {{ mail = true; }},
  {{ webhook = "https://127.0.0.1:8443/x"; ca_file = "{0}/ca.pem"; }} );
mail = {{ server = "10.99.0.250"; port = 587; tls = "starttls";
  from = "a@b.test"; to = ( "ops@mail.test" ); gather_ms = 100;
  interval_s = 0; }};
"""
PROGRAMS = {
    "hangs": "exec sleep 1000\n",
    # until its time is over: a hundred that hold its output, each other's parent
    "forks": 'n=${1:-0}; [ $n -lt 100 ] || exec sleep 1000\n'
             '"$0" $((n + 1)) & wait\n',
    "floods": "exec yes this is a flood\n",
}


def make_receivers(lab):
    for name, body in PROGRAMS.items():
        with open("%s/%s" % (lab.dir, name), "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n" + body)
        os.chmod(f.name, 0o755)
    with open(lab.dir + "/absent", "w", encoding="ascii") as f:
        f.write("#!/nonexistent\n")
    os.chmod(f.name, 0o755)
    write_hook(lab)
    post_server.make_certificates(lab.dir)
    with open(lab.dir + "/is_stranger", "w", encoding="ascii"):
        pass    # the certificate is not of this ca.pem


def fill(path):
    """A named pipe of one page, full: who reads it has gone home."""
    os.mkfifo(path, 0o600)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 4096)
    try:
        while os.write(fd, b"x" * 64):
            pass
    except BlockingIOError:
        return fd


def drain(fd):
    text = b""
    try:
        while True:
            text += os.read(fd, 65536)
    except BlockingIOError:
        return text


def told(lab, node):
    """The numbers of the events that the program that works was given."""
    try:
        with open("%s/told.%s" % (lab.dir, node.name), encoding="ascii") as f:
            return [json.loads(line)["seq"] for line in f.read().split("\n")
                    if line]
    except FileNotFoundError:
        return []


def test_bad_receivers_of_every_kind_change_no_role(make_lab):
    """An unreachable mail server, a wrong certificate, hooks that hang, fork,
    flood and cannot be run, a pipe that is full: all at once."""
    lab = make_lab(boot=False)
    make_receivers(lab)
    lab.write_config()
    pipes = []
    for node in lab.nodes:
        node.config = "%s/%s.conf" % (lab.dir, node.name)
        lab.write_config(node.config, extra=NOTIFY.format(lab.dir).replace(
            "$", node.name))
        pipes.append(fill("%s/%s.fifo" % (lab.dir, node.name)))
        node.power_on(daemon=False)
        node.spawn(sys.executable, os.path.dirname(__file__) +
                   "/post_server.py", "https", lab.dir, "8443",
                   log="%s/web.%s" % (lab.dir, node.name))
        node.start()
    lab.settle()
    lb01, lb02 = lab.nodes
    for on in ("on", "off") * 3:
        assert lb01.twinbeat("maintenance", on).returncode == 0
    keeps(lab, lb01, 4)
    for node in lab.nodes:
        node.wait_log("it is full and nobody reads it")
        node.wait_log("lines were dropped: too many")
        node.wait_log("has not ended after 2 s: killed")
        node.wait_alert("notify-failed", 40)
        wait_for("each is shown with what is wrong", lambda n=node: (
            lambda by: "certificate" in by["webhook:127.0.0.1:8443"].lower()
            and by["mail:ops@mail.test"])({
                one["to"]: one["text"] for one in n.status()["notify"]}), 40)
        # who can be told is told all of it, in order
        wait_for("the hook that works", lambda n=node: len(told(lab, n)) > 6)
        numbers = told(lab, node)
        assert numbers == list(range(1, len(numbers) + 1))
    assert "is not told" in alert_text(lb01, "notify-failed")
    assert not (lb01.alerts() | lb02.alerts()) & {
        "process-died", "stalled", "link-down"}
    # read again, it takes what comes from then on, and how much was lost is told
    for node, fd in zip(lab.nodes, pipes):
        drain(fd)
    assert lb01.twinbeat("handover").returncode == 0
    lab.settle(owner=1)
    for node, fd in zip(lab.nodes, pipes):
        node.wait_log("takes events again; ")
        assert b'"seq":' in drain(fd)
        os.close(fd)
    keeps(lab, lb02)
    # and a takeover is as fast as ever
    lab.outage_ms()
    lb02.die()
    lb01.wait_state("MASTER")
    assert lb01.proof() == "fenced"
    assert lab.wait_client("lb01") < 4000
    lab.judge_fenced_claim(lb01)


# ---- who scrapes ----

CROWD = """
import http.client, socket, sys, threading, time
def get(got):
    web = http.client.HTTPConnection("127.0.0.1", 9694, timeout=60)
    web.request("GET", "/metrics")
    answer = web.getresponse()
    got.append((answer.status, b"instance_owned" in answer.read()))
idle = [socket.create_connection(("127.0.0.1", 9694)) for _ in range(50)]
for one in idle:
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    one.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" * 50)
got = []
crowd = [threading.Thread(target=get, args=(got,)) for _ in range(200)]
for one in crowd: one.start()
for one in crowd: one.join()
time.sleep(2)
print(len(got), set(got))
"""


def test_bad_scrapers_cost_no_heartbeat(lab):
    """200 at once and 50 that never read, at the exporter of the owner."""
    lb01, lb02 = lab.nodes
    lb01.spawn(BUILD + "/twinbeat-exporter", "--run-dir", lb01.run_dir,
               "--state-dir", lb01.state_dir, log=lab.dir + "/exporter")

    def serves():
        with open(lab.dir + "/exporter", encoding="utf-8") as f:
            return "serves" in f.read()
    wait_for("it serves", serves)
    with subprocess.Popen(within(lb01.ns, sys.executable, "-c", CROWD),
                          stdout=subprocess.PIPE, text=True) as crowd:
        keeps(lab, lb01)
        said = crowd.communicate(timeout=90)[0]
    assert said == "200 {(200, True)}\n"
    assert not (lb01.alerts() | lb02.alerts()) & {
        "process-died", "stalled", "link-down", "disagree"}
    keeps(lab, lb01, 1)


# ---- who answers ----

def test_bad_answers_old_and_long_do_nothing(asked):  # noqa: F811
    """A code whose question is over, also when another one is open; a reply
    behind 1 MB of text, and one in front of it."""
    lab, _, old = asked
    lb01, lb02 = lab.nodes
    lab.break_path(False)
    wait_for("nobody is asked", lambda: "question" not in lb02.alerts(), 20)
    lab.settle()
    done = answer(lb02, old + " 1")
    assert done.returncode == 1 and b"its question is over" in done.stdout
    lab.break_path()
    lb02.wait_alert("question", 20)
    text = alert_text(lb02, "question")
    assert old not in text
    for word in (old + " 1", old + " 3"):
        done = answer(lb02, word)
        assert done.returncode == 1 and b"its question is over" in done.stdout
    code = text.split("Reply ")[1].split()[0]
    long = b"and so on and on, \xc3\xa9\0\n" * 50000
    assert len(long) > 1 << 20
    done = answer(lb02, long + b"\n" + code.encode() + b" 1\n")
    assert done.returncode == 1 and b"no code" in done.stdout
    assert_nobody_was_shot(lab)
    assert lb01.state() == "MASTER" and "question" in lb02.alerts()
    done = answer(lb02, code.encode() + b" 2\n" + long)
    assert done.returncode == 0 and b"nothing is cut" in done.stdout
    assert "question" not in lb02.alerts()
    keeps(lab, lb01, 1)
