# SPDX-License-Identifier: GPL-3.0-or-later
"""LVS by twinbeat-director, with a real ip_vs.

Most machines' kernels have none, or none for a container: tests/uml/lvs.py runs
this file in a guest that has it. Without ip_vs there is one test here: that the
pair does not care.
"""
import json
import contextlib
import os
import re
import signal
import time

import pytest

from lab import Lab, VIP, have_vip, run, wait_for
from puppet import Program

SERVERS = {"web1": "10.99.0.21", "web2": "10.99.0.22", "web3": "10.99.0.23"}


def has_ipvs():
    if not os.path.exists("/proc/net/ip_vs"):
        run("modprobe", "ip_vs", check=False)
    return os.path.exists("/proc/net/ip_vs")


HAS_IPVS = has_ipvs()
with_ipvs = pytest.mark.skipif(
    not HAS_IPVS, reason="no ip_vs in this kernel: tests/uml/lvs.py runs it")
without_ipvs = pytest.mark.skipif(HAS_IPVS, reason="this kernel has ip_vs")

DIRECTOR = """director = {{ audit_s = 1; {top}
  services = ( {services} ); }};
"""
SERVICE = """{{ name = "{name}"; instance = "VI_1"; method = "{method}";
  scheduler = "{scheduler}"; {more}
  listen = ( {{ ip = "10.99.0.100"; port = {port}; }} );
  servers = ( {servers} ); }}"""
MH = 'scheduler_flags = ( "fallback" );'


def servers(**weights):
    return ", ".join('{ name = "%s"; address = "%s"; weight = %d; }' % (
        name, SERVERS[name], weight) for name, weight in weights.items())


def service(name="web", port=80, method="dr", scheduler="wlc", more="",
            **weights):
    return SERVICE.format(name=name, port=port, method=method, more=more,
                          scheduler=scheduler,
                          servers=servers(**(weights or {"web1": 1,
                                                         "web2": 2})))


def director(*services, top=""):
    return DIRECTOR.format(services=", ".join(services), top=top)


def say(node, *words):
    return node.inside(*words).stdout


def table(node):
    """What the kernel holds, as ipvsadm can load it again, a set of lines."""
    return set(say(node, "ipvsadm", "-Sn").split("\n")) - {""}


def polled_table(node):
    """table(), for who asks again and again: another one is asked for when /proc
    shows one (which is no process), or after half a second, for it does not
    show all."""
    try:
        with open("/proc/%d/net/ip_vs" % node.init, encoding="ascii") as file:
            # without a server's connections
            shown = [line.rsplit(None, 2)[0] if "->" in line else line
                     for line in file.read().splitlines()]
    except OSError:  # it has no power
        return table(node)
    now = time.monotonic()
    last_shown, asked, lines = getattr(node, "look", (None, 0, None))
    if shown != last_shown or now > asked + 0.5:
        lines = table(node)
        node.look = shown, now, lines
    return lines


def set_of(*lines):
    return {" ".join(line.split()) for line in lines}


def wait_table(node, *lines, seconds=10):
    def is_so():
        return {" ".join(line.split()) for line in polled_table(node)} == \
            set_of(*lines)
    try:
        wait_for("the table of " + node.name, is_so, seconds, 0.05)
    except AssertionError:
        print("the table of %s:" % node.name, *sorted(table(node)), sep="\n")
        raise


def raised(node, name):
    return len(re.findall("alert %s raised" % name, node.read_log()))


def reload(lab, text):
    lab.write_config(extra=text)
    for node in lab.nodes:
        done = node.twinbeat("reload")
        assert done.returncode == 0, done.stdout + done.stderr


WEB = ("-A -t 10.99.0.100:80 -s wlc",
       "-a -t 10.99.0.100:80 -r 10.99.0.21:80 -g -w 100",
       "-a -t 10.99.0.100:80 -r 10.99.0.22:80 -g -w 200")


@without_ipvs
def test_T01_without_ipvs_there_is_one_alert_and_the_pair_serves():
    with Lab(extra=director(service())) as lab:
        a, _ = lab.nodes
        lab.settle()
        for node in lab.nodes:
            node.wait_alert("director-off")
        lab.wait_client("lb01")
        assert "ip_vs" in [alert["text"] for alert in a.status()["alerts"]
                           if alert["name"] == "director-off"][0]
        pid = a.helper("director")
        time.sleep(1.5)
        assert a.helper("director") == pid
        assert raised(a, "director-off") == 1
        assert a.state() == "MASTER"


@without_ipvs
def test_T40_a_director_that_hangs_is_replaced_within_4_s():
    with Lab(extra=director(service())) as lab:
        a, _ = lab.nodes
        lab.settle()
        old = a.helper("director")
        os.kill(old, signal.SIGSTOP)
        # and what a busy machine takes; without its own pace it is 15 s
        wait_for("another director",
                 lambda: a.helper("director") not in (None, old), 4 + 3)
        a.wait_alert("process-died")
        assert re.search(r"twinbeat-director \(pid \d+\) has not answered.*"
                         "somebody stopped it", a.read_log())
        assert a.state() == "MASTER"
        lab.wait_client("lb01")


@without_ipvs
def test_a_director_that_dies_costs_an_alert_and_no_role():
    with Lab(extra=director(service())) as lab:
        a, _ = lab.nodes
        lab.settle()
        os.kill(a.helper("director"), 9)
        a.wait_alert("process-died")
        wait_for("another director",
                 lambda: a.helper("director"), 10)
        assert a.state() == "MASTER"
        lab.wait_client("lb01")


@with_ipvs
def test_D1_both_nodes_have_the_table_and_the_second_run_sends_nothing():
    """An audit that sends anything raises director-table."""
    every = director(
        service(),
        service("dns", 53, "nat", "rr", 'protocol = "udp"; one_packet = true;'),
        service("sip", 5060, "nat", "wlc", 'protocol = "udp"; persistence = '
                '{ timeout_s = 300; engine = "sip"; };'),
        service("hash", 81, "dr", "mh", MH, web1=5, web2=7, web3=1),
        service("sticky", 82, "dr", "sh", 'scheduler_flags = ( "fallback", '
                '"port" ); persistence = { timeout_s = 360; prefix = 24; };'),
        service("tunnel", 83, "tun", "lc"),
        service("gue", 84, "tun", "wrr", 'tunnel = { type = "gue"; '
                'port = 6080; csum = true; };'),
        service("gre", 85, "tun", "nq", 'tunnel = { type = "gre"; };'),
        '{ name = "own"; instance = "VI_1"; scheduler = "rr"; '
        'listen = ( { ip = "10.99.0.100"; port = 87; } ); servers = ( '
        '{ name = "n"; address = "10.99.0.21"; method = "nat"; port = 99; }, '
        '{ name = "t"; address = "10.99.0.22"; method = "tun"; } ); }',
        # weight 0 for all: the fallback serves, this node itself
        service("here", 88, "dr", "rr", 'fallback = { address = "127.0.0.1"; '
                '};', web1=0),
        '{ name = "mark"; instance = "VI_1"; fwmark = 7; family = "ipv6"; '
        'scheduler = "wlc"; persistence = { timeout_s = 60; prefix = 64; };'
        'servers = ( { name = "six"; address = "fd00:99::21"; } ); }',
        '{ name = "full"; instance = "VI_1"; fwmark = 8; scheduler = "wlc"; '
        'servers = ( { name = "one"; address = "10.99.0.21"; '
        'max_connections = 100; resume_connections = 60; } ); }')
    expected = set_of(*WEB) | set_of(
        "-A -u 10.99.0.100:53 -s rr -o",
        "-a -u 10.99.0.100:53 -r 10.99.0.21:53 -m -w 1",
        "-A -u 10.99.0.100:5060 -s wlc -p 300 --pe sip",
        "-A -t 10.99.0.100:81 -s mh -b mh-fallback",
        "-a -t 10.99.0.100:81 -r 10.99.0.22:81 -g -w 7",
        "-A -t 10.99.0.100:82 -s sh -p 360 -M 255.255.255.0 "
        "-b sh-fallback,sh-port",
        "-a -t 10.99.0.100:83 -r 10.99.0.22:83 -i -w 2 --tun-type ipip",
        "-a -t 10.99.0.100:84 -r 10.99.0.21:84 -i -w 100 "
        "--tun-type gue --tun-port 6080 --tun-csum",
        "-a -t 10.99.0.100:85 -r 10.99.0.21:85 -i -w 100 "
        "--tun-type gre --tun-nocsum",
        "-a -t 10.99.0.100:87 -r 10.99.0.21:99 -m -w 1",
        "-a -t 10.99.0.100:87 -r 10.99.0.22:87 -i -w 1 --tun-type ipip",
        "-a -t 10.99.0.100:88 -r 127.0.0.1:88 -g -w 1",
        "-A -f 7 -6 -s wlc -p 60 -M 64",
        "-a -f 7 -6 -r [fd00:99::21]:0 -g -w 100",
        "-a -f 8 -r 10.99.0.21:0 -g -w 100")
    with Lab(extra=every) as lab:
        lab.settle()
        for node in lab.nodes:
            def missing(node=node):
                return expected - set_of(*table(node))
            try:
                wait_for("all of it", lambda: not missing(), 10, 0.1)
            except AssertionError:
                print("missing:", *sorted(missing()), "there:",
                      *sorted(table(node)), sep="\n")
                raise
            assert re.search(r"10.99.0.21:0 +100 +60 ", say(
                node, "ipvsadm", "-Ln", "--thresholds"))
            assert set_of(*say(
                node, "sh", "-c", "cd /proc/sys/net/ipv4/vs; grep . "
                "expire_nodest_conn expire_quiescent_template sloppy_tcp "
                "conntrack").split("\n")) >= {
                    "expire_nodest_conn:1", "expire_quiescent_template:1",
                    "sloppy_tcp:1", "conntrack:0"}
        time.sleep(4)  # some audits
        for node in lab.nodes:
            assert raised(node, "director-table") == 0
            assert raised(node, "director-foreign") == 0


@with_ipvs
def test_T05_D11_a_foreign_service_outlives_start_reload_stop_and_flush():
    foreign = ("-A -t 10.99.0.77:99 -s rr",
               "-a -t 10.99.0.77:99 -r 10.99.0.78:99 -m -w 5")
    with Lab(extra=director(service(), top='on_stop = "remove";')) as lab:
        a, b = lab.nodes
        lab.settle()
        wait_table(a, *WEB)
        b.inside("ipvsadm", "-A", "-t", "10.99.0.77:99", "-s", "rr")
        b.inside("ipvsadm", "-a", "-t", "10.99.0.77:99", "-r",
                 "10.99.0.78:99", "-m", "-w", "5")
        b.wait_alert("director-foreign")
        assert "10.99.0.77:99" in b.read_log()
        reload(lab, director(service(web1=3), top='on_stop = "remove"; '))
        wait_table(b, *WEB[:1],
                   "-a -t 10.99.0.100:80 -r 10.99.0.21:80 -g -w 300",
                   *foreign)
        b.stop()
        wait_table(b, *foreign)
        # killed, it leaves its table; the command takes out what was its own
        b.start()
        wait_for("its table", lambda: len(polled_table(b)) == 4)
        b.kill()
        wait_for("its end", lambda: b.starter.poll() is not None)
        assert len(table(b)) == 4
        done = b.twinbeat("director", "flush")
        assert done.returncode == 0, done.stdout + done.stderr
        wait_table(b, *foreign)
        a.stop()
        wait_table(a)
        assert not os.path.exists(os.path.join(a.state_dir, "director"))


@with_ipvs
def test_T06_D10_a_table_cleared_by_hand_is_back_and_no_role_changes():
    with Lab(extra=director(service())) as lab:
        a, _ = lab.nodes
        lab.settle()
        wait_table(a, *WEB)
        a.inside("ipvsadm", "-C")
        wait_table(a, *WEB, seconds=5)
        a.wait_alert("director-table")
        wait_for("it is over", lambda: "director-table" not in a.alerts(), 10)
        # one server's weight is changed by hand
        a.inside("ipvsadm", "-e", "-t", VIP + ":80", "-r", "10.99.0.21", "-g",
                 "-w", "7")
        wait_table(a, *WEB, seconds=5)
        assert a.state() == "MASTER"


@with_ipvs
def test_D10_a_crash_of_director_or_daemon_leaves_the_table():
    with Lab(extra=director(service(), service("other", 81))) as lab:
        a, b = lab.nodes
        lab.settle()
        for node in lab.nodes:
            wait_for("the table", lambda n=node: len(polled_table(n)) == 6)
        before = table(a)
        os.kill(a.helper("director"), 9)
        assert table(a) == before
        a.wait_alert("process-died")
        wait_for("another one", lambda: a.helper("director"), 10)
        time.sleep(2.5)
        assert table(a) == before
        assert raised(a, "director-table") == 0
        assert a.state() == "MASTER"
        # the whole daemon: its addresses go, its table stays
        a.kill()
        b.wait_state("MASTER")
        wait_for("its end", lambda: a.starter.poll() is not None)
        assert table(a) == before
        # one that knows of fewer services takes the other out
        lab.write_config(extra=director(service(more="drain_s = 1;")))
        a.start()
        wait_table(a, *WEB, seconds=15)
        assert raised(a, "director-foreign") == 0


@with_ipvs
def test_D12_a_reload_without_the_group_takes_out_what_was_ours():
    with Lab(extra=director(service(more="drain_s = 1;"))) as lab:
        a, _ = lab.nodes
        lab.settle()
        wait_table(a, *WEB)
        reload(lab, "")
        wait_table(a)
        reload(lab, director(service()))
        wait_table(a, *WEB)
        assert raised(a, "director-table") == 0


def seconds_of(pid):
    """Of a processor, that it has used."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@with_ipvs
def test_D4_what_the_kernel_refuses_is_tried_with_the_next_audit():
    """Mixed families, while somebody's sync thread runs."""
    mixed = '{ name = "six"; instance = "VI_1"; method = "tun"; ' \
        'scheduler = "rr"; listen = ( { ip = "10.99.0.100"; port = 86; } ); ' \
        'servers = ( { name = "six"; address = "fd00:99::21"; } ); }'
    with Lab(extra=director(service())) as lab:
        a, _ = lab.nodes
        lab.settle()
        wait_table(a, *WEB)
        a.inside("ipvsadm", "--start-daemon", "backup", "--mcast-interface",
                 "eth0")
        reload(lab, director(service(), mixed))
        a.wait_alert("director-table")
        # an audit each second, and not one after the other
        pid = a.helper("director")
        before = seconds_of(pid)
        time.sleep(4)
        assert seconds_of(pid) - before < 1.5
        assert "director-table" in a.alerts()
        assert not any("fd00:99::21" in line for line in table(a))
        a.inside("ipvsadm", "--stop-daemon", "backup")
        wait_table(a, *WEB, "-A -t 10.99.0.100:86 -s rr",
                   "-a -t 10.99.0.100:86 -r [fd00:99::21]:86 -i -w 1 "
                   "--tun-type ipip", seconds=15)
        wait_for("it is over", lambda: "director-table" not in a.alerts(), 15)
        assert a.helper("director") == pid


SERVER = r"""
import socket, sys, threading
def serve(client):
    with client:
        client.sendall(sys.argv[1].encode() + b"\n")
        while True:
            got = client.recv(100)
            if not got:
                return
            client.sendall(got)
server = socket.create_server((sys.argv[2], 80))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=server.accept()[:1],
                     daemon=True).start()
"""
CLIENT = r"""
import socket, sys
def connect():
    wire = socket.create_connection((sys.argv[1], 80), 3)
    wire.settimeout(5)
    return wire, wire.recv(100).decode().strip()
held = {}
for line in sys.stdin:
    word, _, name = line.strip().partition(" ")
    try:
        if word == "ask":
            wire, answer = connect()
            wire.close()
        elif word == "hold":
            while name not in held:
                wire, answer = connect()
                held[answer] = wire
        else:
            held[name].sendall(b"x")
            answer = held[name].recv(1).decode()
    except (OSError, KeyError) as error:
        answer = repr(error)
    print(answer or "closed", flush=True)
"""


class Farm:
    """Real servers behind the VIP by DR, and a client."""

    def __init__(self, lab, names):
        for name in names:
            ns = lab.neighbour(name, SERVERS[name])
            have_vip(ns)
            self.start(lab, ns, SERVER, name, VIP).stdout.readline()
        self.client = self.start(lab, lab.client_ns, CLIENT, VIP)

    @staticmethod
    def start(lab, ns, *words):
        process = Program(ns, *words)
        lab.background.append(process)
        return process

    def __call__(self, *words):
        self.client.stdin.write(" ".join(words) + "\n")
        self.client.stdin.flush()
        return self.client.stdout.readline().strip()


@with_ipvs
def test_T12_traffic_goes_through_the_owner_and_follows_a_handover():
    with Lab(extra=director(service(scheduler="rr"))) as lab:
        a, b = lab.nodes
        farm = Farm(lab, ("web1", "web2"))
        lab.settle()
        wait_for("the table", lambda: len(polled_table(a)) == 3)
        assert {farm("ask") for _ in range(4)} == {"web1", "web2"}
        assert farm("hold", "web1") in SERVERS
        assert farm("say", "web1") == "x"
        # sloppy_tcp: the new owner does not know the connection
        wait_for("the standby's table", lambda: len(polled_table(b)) == 3)
        a.stop()
        b.wait_state("MASTER")
        assert {farm("ask") for _ in range(4)} == {"web1", "web2"}


@with_ipvs
def test_T08_D12_a_removed_server_keeps_its_connection_until_drain_s():
    with Lab(extra=director(service(scheduler="rr"))) as lab:
        a, _ = lab.nodes
        farm = Farm(lab, ("web1", "web2"))
        lab.settle()
        wait_for("the table", lambda: len(polled_table(a)) == 3)
        assert farm("hold", "web1") in SERVERS
        assert {farm("ask") for _ in range(4)} == {"web1", "web2"}
        reload(lab, director(service(scheduler="rr", more="drain_s = 4;",
                                     web2=2)))
        wait_for("weight 0", lambda: any("10.99.0.21:80 -g -w 0" in line
                                         for line in table(a)), 5)
        assert farm("say", "web1") == "x"
        assert {farm("ask") for _ in range(4)} == {"web2"}
        assert farm("say", "web1") == "x"
        wait_for("it is deleted", lambda: len(polled_table(a)) == 2, 10)
        # of the other one nothing began anew
        wait_for("its counters", lambda: re.search(
            r"-> 10\.99\.0\.22:80 +([5-9]|[1-9]\d+) ", say(
                a, "ipvsadm", "-Ln", "--stats")), 5, 0.2)
        # expire_nodest: its connection has ended, the client is told
        assert farm("say", "web1") != "x"
        assert raised(a, "director-table") == 0


@with_ipvs
def test_D4_connections_outlive_a_server_put_in_front_of_an_mh_list():
    with Lab(extra=director(service(scheduler="mh", more=MH, web2=1,
                                    web3=1))) as lab:
        a, _ = lab.nodes
        farm = Farm(lab, ("web1", "web2", "web3"))
        lab.settle()
        wait_for("the table", lambda: len(polled_table(a)) == 3)
        name = farm("ask")
        assert name in ("web2", "web3")
        assert farm("hold", name) == name
        reload(lab, director(service(scheduler="mh", more=MH, web1=1, web2=1,
                                     web3=1)))
        wait_for("all three", lambda: len(polled_table(a)) == 4, 5)
        for _ in range(5):
            time.sleep(0.2)
            assert farm("say", name) == "x"
        order = re.findall(r"-> (10\.99\.0\.2\d)",
                           say(a, "ipvsadm", "-Ln", "--nosort"))
        # the kernel lists the newest first
        assert order[::-1] == [SERVERS[n] for n in ("web1", "web2", "web3")]
        assert say(a, "cat", "/proc/sys/net/ipv4/vs/expire_nodest_conn"
                   ).strip() == "1"
        assert raised(a, "director-table") == 0


def test_a_long_list_is_given_back():
    """1,000 servers: what their list takes is not kept for the next one."""
    groups = ", ".join(
        '{ name = "s%d"; instance = "VI_1"; scheduler = "rr"; method = "nat"; '
        'checks = ( { type = "none"; } ); listen = ( { ip = "%s"; port = %d; } '
        '); servers = ( %s ); }' % (i, VIP, 1000 + i, ", ".join(
            '{ name = "w%d"; address = "10.98.%d.%d"; }' % (k, i, 1 + k)
            for k in range(10))) for i in range(100))

    def held_kb(node):
        with open("/proc/%d/smaps_rollup" % node.helper("director"),
                  encoding="ascii") as text:
            return next(int(line.split()[1]) for line in text
                        if line.startswith("Private_Dirty:"))
    with Lab(extra="director = { services = ( %s ); };" % groups) as lab:
        a = lab.nodes[0]
        lab.settle()
        for _ in range(3):
            listed = json.loads(a.twinbeat("director", "list",
                                           "--json").stdout)
            assert len(str(listed)) > 300000
        wait_for("it is given back", lambda: held_kb(a) < 2500, 5)


# ---- who was stopped when the daemon ended ----

@without_ipvs
@pytest.mark.parametrize("name,signum", [
    ("keeper", signal.SIGKILL), ("fencer", signal.SIGKILL),
    ("director", signal.SIGKILL), ("fencer", signal.SIGTERM),
    ("director", signal.SIGTERM)])
def test_R12_who_was_stopped_is_woken_and_holds_up_no_next_daemon(name,
                                                                  signum):
    """Each of them holds the run lock: the node never came back."""
    with Lab(extra=director(service())) as lab:
        a, b = lab.nodes
        lab.settle()
        stopped = a.helper(name)
        ended = os.pidfd_open(stopped)
        os.kill(stopped, signal.SIGSTOP)
        try:
            a.kill(signum)
            a.starter.wait(timeout=20)
            b.wait_state("MASTER")
            assert b.proof() in ("obituary", "released")
            assert VIP not in a.addresses()
            a.start()
            lab.settle(owner=1)
            assert "is still locked" not in a.read_log()
        finally:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(ended, signal.SIGKILL)
            os.close(ended)
        lab.judge()
