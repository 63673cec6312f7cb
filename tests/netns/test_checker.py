# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of real servers: nginx, and servers that behave badly.

What the director makes of them is read from its log and its alerts, and, where
the kernel has ip_vs (tests/uml/lvs.py), from the kernel's table.
"""
import hashlib
import json
import os
import re
import signal
import time

import pytest

import spaces
from judge import READ_COILS
from lab import BUILD, Lab, children_of, run, wait_for
from post_server import make_certificates
from puppet import Program
from test_director import HAS_IPVS, polled_table, reload, table
from web_lab import Nginx

# of web_lab's page
PAGE_MD5 = hashlib.md5(b"x" * 5000 + b"all is well" + b"y" * 5000,
                       usedforsecurity=False).hexdigest()
WEB1, WEB2, WEB3 = "10.99.0.21", "10.99.0.22", "10.99.0.23"

# what a server may do to those who ask it
ROGUE = r"""
import socket, sys, threading, time
def serve(client, how):
    try:
        if how == "drip":
            client.recv(1000)
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n":
                client.sendall(bytes([byte]))
                time.sleep(0.2)
        elif how == "endless":
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                client.sendall(b"X: " + b"y" * 4000 + b"\r\n")
        elif how == "smtp":
            client.sendall(b"22")
            time.sleep(0.05)
            client.sendall(b"0 mail ready\r\n")
            client.recv(100)
        else:
            time.sleep(10)
    except OSError:
        pass
    client.close()
def listen(port, how):
    server = socket.create_server((sys.argv[1], port))
    while True:
        threading.Thread(target=serve, args=(server.accept()[0], how),
                         daemon=True).start()
for port, how in ((81, "drip"), (82, "endless"), (83, "smtp"), (84, "mute")):
    threading.Thread(target=listen, args=(port, how), daemon=True).start()
time.sleep(0.3)
print("ready", flush=True)
time.sleep(1000)
"""


class Farm(Lab):
    """The real servers are there before the nodes."""

    def __init__(self, extra, *makers):
        super().__init__(extra=extra)
        self.text, self.makers, self.webs = extra, makers, []

    def build(self, boot=True):
        super().build(boot=False)
        self.webs = [maker(self) for maker in self.makers]
        for node in self.nodes:
            node.power_on()


SERVICE = """{ name = "%s"; instance = "VI_1"; scheduler = "%s"; method = "nat";
  listen = ( { ip = "10.99.0.100"; port = %d; } ); %s
  servers = ( %s ); }"""


def server(name, ip, port=0, more=""):
    return '{ name = "%s"; address = "%s"; port = %d; %s }' % (
        name, ip, port, more)


def two_webs(certificates, more):
    """A service with web1 and web2, each an nginx."""
    text = settings(SERVICE % (
        "web", "rr", 80, more,
        server("web1", WEB1) + ", " + server("web2", WEB2)))
    return Farm(text, lambda lab: Nginx(lab, "web1", WEB1, certificates),
                lambda lab: Nginx(lab, "web2", WEB2, certificates))


def settings(*services, check=""):
    return """director = { audit_s = 1;
  check = { inter_ms = 1000; fastinter_ms = 300; downinter_ms = 500;
            standby_inter_ms = 2000; timeout_ms = 800; fall = 2; rise = 2;
            %s };
  services = ( %s ); };
""" % (check, ", ".join(services))


def wait_weights(node, **weights):
    """By the last part of the address: .21 is web1."""
    if not HAS_IPVS:
        return
    ends = {"web1": "21:", "web2": "22:", "web3": "23:"}

    def is_so():
        lines = polled_table(node)
        return all(any(" 10.99.0.%s" % ends[name] in line and
                       line.strip().endswith("-w %d" % weight)
                       for line in lines) for name, weight in weights.items())
    try:
        wait_for("weights %s" % weights, is_so, 15, 0.05)
    except AssertionError:
        print(*sorted(table(node)), sep="\n")
        raise


def start_rogue(lab):
    ns = lab.neighbour("web1", WEB1)
    rogue = Program(ns, ROGUE, WEB1)
    lab.background.append(rogue)
    rogue.stdout.readline()


def seen(node, text):
    return node.read_log().count(text)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("certificates"))
    make_certificates(path, "www.test", WEB1)
    return path


def test_T35_http_and_https_are_judged_by_status_body_and_certificate(
        certificates):
    """One server, a service for each thing that may be wrong."""
    def web(number, checks):
        return SERVICE % ("s%d" % number, "rr", 1000 + number,
                          "checks = ( %s );" % checks, server("web", WEB1, 80))
    ca = 'ca_file = "%s/ca.pem";' % certificates
    tls = '{ type = "http"; port = 443; path = "/up"; %s tls = { %s }; }'
    every = [
        ('{ type = "http"; path = "/up"; body = "all is well"; }',
         "up: http 200"),
        ('{ type = "http"; path = "/no"; }', "down: http 404 /no"),
        ('{ type = "http"; path = "/no"; status = ( "200", "400-404" ); }',
         "up: http 404"),
        ('{ type = "http"; path = "/up"; body = "all is lost"; }',
         "down: http 200 /up: the text is not in the page"),
        (tls % ('host = "www.test";', ca), "up: https 200"),
        (tls % ('host = "www.example.com";', ca), "down: https port 443: "),
        (tls % ('host = "www.test";', ""), "down: https port 443: "),
        (tls % ("", "verify = false;"), "up: https 200"),
        ('{ type = "http"; path = "/up"; body = "^x{200}x+all.is.(well|ill)y+$"; }',
         "up: http 200"),
        ('{ type = "http"; path = "/up"; body = "well"; body_absent = true; }',
         "down: http 200 /up: the text is in the page"),
        ('{ type = "http"; path = "/up"; body = "lo\\\\w"; body_absent = true; }',
         "up: http 200"),
        ('{ type = "http"; path = "/up"; digest = "%s"; }' % PAGE_MD5,
         "up: http 200"),
        ('{ type = "http"; path = "/up"; digest = "%s"; }' % PAGE_MD5[::-1],
         "down: http 200 /up: the page has another digest"),
        ('{ type = "http"; path = "/up"; method = "HEAD"; }', "up: http 200"),
        ('{ type = "http"; path = "/no"; method = "HEAD"; }',
         "down: http 404 /no"),
        (tls % ('host = "www.test"; method = "HEAD";', ca), "up: https 200"),
        (tls % ('host = "www.test"; digest = "%s"; body = "is.w";' % PAGE_MD5,
                ca), "up: https 200"),
        (tls % ('host = "www.test"; digest = "%s";' % PAGE_MD5[::-1], ca),
         "down: https 200 /up: the page has another digest"),
        (tls % ('host = "www.example.com";', ca + 'sni = "www.test";'),
         "up: https 200"),
    ]
    text = settings(*(web(i, checks) for i, (checks, _) in enumerate(every)))
    with Farm(text, lambda lab: Nginx(lab, "web1", WEB1,
                                      certificates)) as lab:
        a, _ = lab.nodes
        for number, (_, says) in enumerate(every):
            a.wait_log("s%d: web (10.99.0.21) is %s" % (number, says))
        a.wait_alert("server-down")


@pytest.mark.parametrize("how", ["http", "https"])
def test_T35_keepalive_asks_by_one_connection_and_no_answer_is_lost(
        certificates, how):
    """nginx closes what it kept: that is no failure, though fall = 1. A
    machine that is gone is known by its silence, as without."""
    tls = 'port = 443; host = "www.test"; tls = { ca_file = "%s/ca.pem"; };' \
        % certificates if how == "https" else ""
    text = settings(SERVICE % (
        "web", "rr", 80, 'checks = ( { type = "http"; path = "/up"; '
        'keepalive = true; inter_ms = 800; fall = 1; %s } );' % tls,
        server("web1", WEB1) + ", " + server("web2", WEB2)))
    more = "keepalive_requests 4;"
    with Farm(text, lambda lab: Nginx(lab, "web1", WEB1, certificates),
              lambda lab: Nginx(lab, "web2", WEB2, certificates,
                                more=more)) as lab:
        a, b = lab.nodes

        def told(node):
            lines = spaces.read(node.ns, "/proc/thread-self/net/snmp")
            names, values = [line.split() for line in lines.splitlines()
                             if line.startswith("Tcp:")]
            return int(values[names.index("PassiveOpens")])

        def asked(web):
            with open(web.dir + "/access", encoding="ascii") as log:
                return len(log.readlines())
        for node in lab.nodes:
            for name, ip in (("web1", WEB1), ("web2", WEB2)):
                node.wait_log("web: %s (%s) is up: %s 200" % (name, ip, how))
        web1, web2 = lab.webs
        opened, before = told(web1), asked(web1)
        wait_for("questions", lambda: asked(web1) >= before + 10
                 and asked(web2) >= 24, 40)
        assert told(web1) == opened
        assert told(web2) >= 5
        # it is another nginx: all that it kept is gone
        web1.stop()
        web1.start()
        opened = told(web1)
        wait_for("a connection each", lambda: told(web1) >= opened + 2, 20)
        assert seen(a, "web2 (%s) is down" % WEB2) == 0
        run("ip", "-n", web2.ns, "link", "set", "eth0", "down")
        for node in (a, b):
            node.wait_log("web: web2 (%s) is down: %s port %d: no answer "
                          "within 800 ms" % (WEB2, how,
                                             443 if tls else 80))


def test_T20_a_dead_server_is_out_and_back_and_the_fallback_serves(
        certificates):
    check = 'checks = ( { type = "http"; path = "/up"; } ); '
    with two_webs(certificates,
                  check + 'fallback = { address = "%s"; };' % WEB3) as lab:
        a, b = lab.nodes
        webs = lab.webs
        lab.settle()
        for node in lab.nodes:
            wait_weights(node, web1=1, web2=1)
            node.wait_log("web: web2 (10.99.0.22) is up: http 200")
        # one lost answer is nothing; a dead server is out
        webs[0].stop()
        for node in lab.nodes:
            node.wait_log("web: web1 (10.99.0.21) is down: http port 80: ")
            node.wait_alert("server-down")
            wait_weights(node, web2=1)
        if HAS_IPVS:
            assert len(table(a)) == 2, table(a)
        # a reload does not forget it: it does not come back for a moment
        lab.write_config(extra=lab.text.replace("audit_s = 1", "audit_s = 2"))
        assert a.twinbeat("reload").returncode == 0
        time.sleep(1)
        assert seen(a, "web1 (10.99.0.21) is up") == 1
        # nor does a new checker, nor a new director
        os.kill(a.helper("director"), 9)
        a.wait_alert("process-died")
        wait_for("another director", lambda: a.helper("director"), 10)
        wait_for("it knows", lambda: seen(a, "web2 (10.99.0.22) is up") == 2)
        assert seen(a, "web1 (10.99.0.21) is up") == 1
        webs[1].stop()
        for node in lab.nodes:
            node.wait_alert("service-fallback")
            wait_weights(node, web3=1)
        for web in webs:
            web.start()
        for node in lab.nodes:
            wait_weights(node, web1=1, web2=1)
            wait_for("all is well", lambda n=node: not n.alerts() & {
                "server-down", "service-fallback"}, 15)
        assert a.state() == "MASTER"


def test_each_server_and_the_quorum_are_told_once_also_by_the_next_director(
        certificates):
    """notify: server-down, quorum-down and back; who is up at a start is not
    told, nor what a reload or a new director finds as it was."""
    out = os.path.join(certificates, "told")
    script = os.path.join(certificates, "tell")
    with open(script, "w", encoding="ascii") as file:
        file.write('#!/bin/sh\necho "$TWINBEAT_NODE $TWINBEAT_EVENT '
                   '$TWINBEAT_INSTANCE $TWINBEAT_STATE $TWINBEAT_SERVICE '
                   '$TWINBEAT_SERVER $TWINBEAT_ADDRESS" >>%s.$1\n' % out)
    os.chmod(script, 0o755)
    lab = two_webs(certificates, 'quorum = 2; '
                   'checks = ( { type = "http"; path = "/up"; } ); ')
    lab.options["extra"] = lab.text = lab.text + """
notify = ( { on = ( "server-up", "server-down", "quorum-up", "quorum-down" );
             command = "%s all"; },
           { on = ( "server-down" ); service = "web"; server = "web2";
             command = "%s web2"; } );
""" % (script, script)

    def told(node, which="all"):
        try:
            with open("%s.%s" % (out, which), encoding="ascii") as lines:
                return [line.split(None, 1)[1].strip() for line in lines
                        if line.startswith(node.name + " ")]
        except FileNotFoundError:
            return []
    with lab:
        a, b = lab.nodes
        web1, _ = lab.webs
        lab.settle()
        for node in lab.nodes:
            for name in ("web1", "web2"):
                node.wait_log("web: %s (10.99.0.2%s) is up" % (name, name[3]))
        assert told(a) == told(b) == []
        web1.stop()
        down = ["server-down VI_1 %s web web1 10.99.0.21",
                "quorum-down VI_1 %s web"]
        want = {a: [line % "MASTER" for line in down],
                b: [line % "BACKUP" for line in down]}
        for node in lab.nodes:
            wait_for("both are told", lambda n=node: len(told(n)) == 2, 15)
            assert told(node) == want[node]
        # neither a reload nor the next director tells it again
        lab.write_config(extra=lab.text.replace("audit_s = 1", "audit_s = 2"))
        assert a.twinbeat("reload").returncode == 0
        os.kill(a.helper("director"), 9)
        a.wait_alert("process-died")
        wait_for("another director", lambda: a.helper("director"), 10)
        wait_for("it knows", lambda: seen(a, "web1 (10.99.0.21) is down") >= 2)
        # what came back while nobody looked is told all the same
        os.kill(b.helper("director"), 9)
        web1.start()
        for node in lab.nodes:
            wait_for("both are told", lambda n=node: len(told(n)) == 4, 15)
            assert told(node) == want[node] + [
                line.replace("-down", "-up") for line in want[node]]
        assert told(a, "web2") == []


def test_T22_bad_answers_fail_in_time_and_harm_nobody(certificates):
    """1 byte per 200 ms, endless headers, silence, a port that refuses."""
    def one(number, port, checks, more=""):
        return SERVICE % ("s%d" % number, "wlc", 1000 + number,
                          "checks = ( %s ); %s" % (checks, more),
                          server("web", WEB1, port))
    script = os.path.join(certificates, "script")
    with open(script, "w", encoding="ascii") as out:
        out.write('#!/bin/sh\ncase $1 in drain) exit 2;; hang) sleep 77 & '
                  'timeout 500 sleep 77;; esac\n'
                  '[ "$TWINBEAT_ADDRESS" = 10.99.0.21 ] && exit 60\n')
    os.chmod(script, 0o755)
    command = '{ type = "command"; dynamic = true; command = "%s %s"; }'
    every = [
        (81, '{ type = "http"; }', "down: http port 81: connected, but no "
         "whole answer within 800 ms"),
        (82, '{ type = "http"; }', "down: http port 82: "),
        (83, '{ type = "tcp"; expect = "220"; send = "QUIT\\r\\n"; }',
         "up: the expected text came"),
        (84, '{ type = "tcp"; expect = "220"; }', "down: tcp port 84: "
         "connected, but the expected text did not come within 800 ms"),
        (84, '{ type = "tcp"; }', "up: connected"),
        (85, '{ type = "tcp"; }', "down: tcp port 85: Connection refused"),
        (80, command % (script, "good"), "up: command: exit status 60: 50 %"),
        (80, command % (script, "drain"), "up: command: exit status 2"),
        (80, command % (script, "hang"), "down: command: has not ended "
         "within 800 ms: killed"),
    ]
    text = settings(*(one(i, port, checks) for i, (port, checks, _) in
                      enumerate(every)))
    with Farm(text, start_rogue) as lab:
        a, _ = lab.nodes
        for number, (_, _, says) in enumerate(every):
            a.wait_log("s%d: web (10.99.0.21) is %s" % (number, says))
        lab.settle()
        # who does not answer in time is ended with all that he started
        time.sleep(1.5)
        sleepers = run("pgrep", "-c", "-f", "^sleep 77$", check=False)
        assert int(sleepers.stdout) <= 4
        assert a.state() == "MASTER"
        if HAS_IPVS:
            wait_for("half of it", lambda: any(
                ":1006" in line and line.strip().endswith("-w 50")
                for line in table(a)), 10)


def test_D5_a_node_that_sees_no_server_changes_nothing(certificates):
    """fall = 1: the first of them is out before the second one is asked."""
    with two_webs(certificates,
                  'checks = ( { type = "tcp"; fall = 1; } );') as lab:
        a, b = lab.nodes
        webs = lab.webs
        lab.settle()
        for node in lab.nodes:
            wait_weights(node, web1=1, web2=1)
            for web in ("web1", "web2"):
                node.wait_log("web: %s (" % web)
        for web in webs:
            run("ip", "-n", web.ns, "link", "set", "eth0", "down")
        for node in lab.nodes:
            node.wait_alert("director-blind")
            wait_weights(node, web1=1, web2=1)
        for web in webs:
            run("ip", "-n", web.ns, "link", "set", "eth0", "up")
        for node in lab.nodes:
            wait_for("it sees", lambda n=node: "director-blind"
                     not in n.alerts(), 15)
            wait_weights(node, web1=1, web2=1)
        assert a.state() == "MASTER" and b.state() == "BACKUP"


def all_answer(node):
    shown = json.loads(node.twinbeat("director", "--json").stdout)
    return all(server["last"].get("result") == "passed"
               for service in shown["services"]
               for server in service["servers"])


def lose_sight(node, *addresses, lost=True):
    """Of servers alone: the other node and the gateway are heard as before."""
    for address in addresses:
        node.inside("ip", "route", "add" if lost else "del", "unreachable",
                    address + "/32")


def test_T32_T33_the_isolated_hands_over_and_where_all_are_gone_nobody(
        certificates):
    """Weights stay, no power is cut, and it is not taken back."""
    with two_webs(certificates,
                  'checks = ( { type = "tcp"; } );') as lab:
        a, b = lab.nodes
        lab.settle()
        for node in lab.nodes:
            for web in ("web1", "web2"):
                node.wait_log("web: %s (" % web)
        began = time.monotonic()
        lose_sight(a, WEB1, WEB2)
        b.wait_state("MASTER")
        print("handed over after %.1f s" % (time.monotonic() - began))
        # 1 s till it asks, 0.8 s for an answer, and for that of the other one
        assert time.monotonic() - began < 5 + lab.stall_ms() / 1000
        assert b.proof() == "released"
        wait_weights(a, web1=1, web2=1)
        assert a.state() == "FAULT"
        a.wait_log("no real server answers here, and lb02 sees some")
        lose_sight(a, WEB1, WEB2, lost=False)
        a.wait_state("BACKUP")
        wait_for("it sees both", lambda: all_answer(a), 15)
        # now they are gone for both, and for so long that it is believed
        for web in lab.webs:
            run("ip", "-n", web.ns, "link", "set", "eth0", "down")
        for node in lab.nodes:
            node.wait_alert("director-blind")
        for node in lab.nodes:
            node.wait_alert("service-empty")
        # a machine that stalled may have moved it, what they see has not
        assert seen(a, "want raised: the owner is unfit") == 0
        assert seen(b, "want raised: the owner is unfit") == 1
        if "stalled" not in a.read_log() + b.read_log():
            assert a.state() == "BACKUP" and b.state() == "MASTER"
        assert a.is_powered() and b.is_powered()
        reads = [event for event in lab.pdu_events()
                 if event["event"] == "request"]
        assert reads and all(event["function"] == READ_COILS
                             for event in reads)


def meet_a_full_disk(a, b, server, its_word):
    """D6: no word counts before it is on disk; it is told until it is, and
    what is told again is no news."""
    b.inside("mount", "-t", "tmpfs", "-o", "size=64k", "none", b.state_dir)
    b.inside("sh", "-c", "cat /dev/zero >%s/filler" % b.state_dir,
             check=False)
    # its answer would come after ten seconds
    a.inside("timeout", "1", BUILD + "/twinbeat", "--run-dir", a.run_dir,
             "director", "drain", server, check=False)
    b.wait_log("a word of the other node is not taken yet: ")
    assert "No space left on device" in b.read_log()
    assert its_word() == "ready"
    time.sleep(1.5)  # an audit, in vain
    b.inside("umount", b.state_dir)
    wait_for("it is taken", lambda: its_word() == "drain", 15)
    b.wait_log("an operator has said on the other node: drain")


def test_T27_an_operator_drains_a_server_over_a_restart(certificates):
    with two_webs(certificates,
                  'checks = ( { type = "tcp"; } );') as lab:
        a, b = lab.nodes

        def web1(node=a, which=0):
            done = node.twinbeat("director", "--json")
            if done.returncode != 0:
                return {}
            return json.loads(done.stdout)["services"][0]["servers"][which]
        for node in lab.nodes:
            wait_for("web1 is up, here and there", lambda n=node:
                     web1(n).get("check") == "up" and
                     web1(n)["peer"] == "up", 20)
        assert web1()["last"]["type"] == "tcp"
        shown = a.twinbeat("director", "list", "web").stdout
        assert shown.startswith(("web rr  2/2 up  ok", "director: off"))
        done = a.twinbeat("director", "drain", "web/web1", "--wait", "5")
        assert done.returncode == 0 and "on both nodes" in done.stdout, \
            done.stdout + done.stderr
        assert web1(b)["admin"] == "drain"
        wait_weights(b, web1=0, web2=1)
        wait_weights(a, web1=0, web2=1)
        assert web1()["admin"] == "drain"
        assert "1/2 up" in a.twinbeat("director").stdout
        # status counts who is plainly up, and names the others
        shown = a.twinbeat("status").stdout
        assert "web rr  1/2 up  conns 0  ok" in shown and "web1" in shown
        assert "web2 10" not in shown
        assert a.status()["alerts"] is not None
        whole = json.loads(a.twinbeat("status", "--json").stdout)
        assert whole["director"]["services"][0]["servers"][0][
            "admin"] == "drain"
        # as metrics: the operator's word, and how long its checks took
        told = a.twinbeat("metrics").stdout
        of = 'pair="web",node="lb01",service="web",server="web1"'
        for line in ("twinbeat_server_up{%s} 1" % of,
                     'twinbeat_server_admin{%s,state="drain"} 1' % of):
            assert line in told, told
        count = re.search(r"twinbeat_check_duration_seconds_count\{%s\} (\d+)"
                          % of, told)
        assert int(count[1]) > 0
        assert ("twinbeat_server_weight{%s} 0" % of in told) == HAS_IPVS
        # one look: each step, and what it came to
        done = a.twinbeat("director", "probe", "web/web1")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "tcp 10.99.0.21 port 80: passed: connected" in done.stdout
        assert "ms  connected" in done.stdout and "ms  done" in done.stdout
        assert a.twinbeat("director", "probe", "web/web9").returncode == 1
        lab.webs[1].stop()
        done = a.twinbeat("director", "probe", "web/web2", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        check = json.loads(done.stdout)["checks"][0]
        assert not check["passed"] and "refused" in check["text"]
        assert a.twinbeat("director", "probe", "web/web2").returncode == 1
        lab.webs[1].start()
        assert a.twinbeat("director", "diff").returncode == int(not HAS_IPVS)
        done = a.twinbeat("director", "flush")
        assert done.returncode == 1 and "daemon runs" in done.stderr
        os.kill(a.helper("director"), 9)
        wait_for("another director", lambda: web1().get("admin") == "drain"
                 and web1()["check"] == "up", 15)
        wait_weights(a, web1=0, web2=1)
        assert a.twinbeat("director", "weight", "web/web1", "auto"
                          ).returncode == 0
        assert web1()["admin"] == "drain" and web1()["percent"] == 100
        assert a.twinbeat("director", "weight", "web/web1", "50"
                          ).returncode == 0
        assert web1()["admin"] == "drain" and web1()["percent"] == 50
        # D6: undone there, and over a takeover; with nobody to tell it
        # counts here, and there as soon as it is heard
        assert b.twinbeat("director", "enable", "web/web1").returncode == 0
        assert web1()["admin"] == "ready" and web1()["percent"] == 50
        b.stop()
        done = a.twinbeat("director", "drain", "web/web2")
        assert done.returncode == 1 and "on this node; the other one" in \
            done.stderr
        assert web1(a, 1)["admin"] == "drain"
        b.start()
        wait_for("it is told there", lambda: web1(b, 1).get("admin") ==
                 "drain" and web1(b)["percent"] == 50, 30)
        meet_a_full_disk(a, b, "web/web1", lambda: web1(b).get("admin"))
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")
        assert web1(b, 1)["admin"] == "drain"
        for words in (("drain", "web/web9"), ("list", "none")):
            assert a.twinbeat("director", *words).returncode == 1, words
        for words in ("frob", "x"), ("drain", "web"):
            assert a.twinbeat("director", *words).returncode == 2, words
        # without a daemon: what is of twinbeat goes, what is not stays
        a.stop()
        if HAS_IPVS:
            a.inside("ipvsadm", "-A", "-t", "10.99.0.9:99", "-s", "rr")
        done = a.twinbeat("director", "flush")
        assert done.returncode == 0, done.stdout + done.stderr
        if HAS_IPVS:
            assert table(a) == {"-A -t 10.99.0.9:99 -s rr"}


def test_D10_the_isolated_takes_nothing_back_when_its_director_begins_anew(
        certificates):
    """preempt = true: a director that dies, and a reload."""
    lab = two_webs(certificates, 'checks = ( { type = "tcp"; } );')
    lab.options.update(preempt="true", track="preempt_delay_ms = 0;")
    with lab:
        a, b = lab.nodes
        lab.settle()
        for node in lab.nodes:
            for web in ("web1", "web2"):
                node.wait_log("web: %s (" % web)
        # no answer of theirs comes back: each check takes its time-out
        for web in lab.webs:
            run("ip", "-n", web.ns, "route", "add", "blackhole",
                a.address + "/32")
        b.wait_state("MASTER")
        wanted = seen(a, "want raised: preempting")
        os.kill(a.helper("director"), signal.SIGKILL)
        a.wait_log("twinbeat-director started again")
        time.sleep(3)
        reload(lab, lab.options["extra"].replace("audit_s = 1", "audit_s = 2"))
        time.sleep(3)
        assert seen(a, "want raised: preempting") == wanted
        assert a.state() == "FAULT" and b.state() == "MASTER"


@pytest.mark.parametrize("check,short_of", [
    ('type = "http"; path = "/up";', "ports"),
    ('type = "command"; command = "/bin/true";', "descriptors")])
def test_D5_a_node_that_cannot_ask_takes_nobody_out(certificates, check,
                                                    short_of):
    """Both nodes have none left, for whatever reason: all servers were out,
    though each of them was well."""
    with two_webs(certificates, "checks = ( { %s } );" % check) as lab:
        lab.settle()
        for node in lab.nodes:
            for name in ("web1", "web2"):
                wait_for("%s is up" % name, lambda n=node, w=name: seen(
                    n, "%s (10.99.0.2%s) is up" % (w, w[-1])))
            wait_for("asked", lambda n=node: children_of(n.helper("director")))
            checker = children_of(node.helper("director"))[0]
            if short_of == "descriptors":
                run("prlimit", "--pid", str(checker), "--nofile=8:8")
            else:
                node.inside("sysctl", "-w",
                            "net.ipv4.ip_local_port_range=40000 40001",
                            "net.ipv4.ip_local_reserved_ports=40000-40001")
        for node in lab.nodes:
            node.wait_alert("director-blind")
            node.wait_log("this node cannot make")
        time.sleep(12)      # longer than blindness is believed in
        for node in lab.nodes:
            assert not node.alerts() & {"server-down", "service-empty"}
            wait_weights(node, web1=1, web2=1)
