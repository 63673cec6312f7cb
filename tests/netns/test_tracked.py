# SPDX-License-Identifier: GPL-3.0-or-later
"""R3: what `track` sees without a script: processes, witnesses, a file; and
a server that hangs, which only a script sees."""
import os
import shutil
import signal
import time

from lab import GATEWAY, Lab, VIP, run, wait_for


def reasons(node):
    return node.status()["unfit_reasons"]


def wait_reason(node, text, seconds=15):
    wait_for("%s is unfit: %s" % (node.name, text), lambda: any(
        text in why for why in reasons(node)), seconds, 0.05)


def wait_fit(node, seconds=15):
    wait_for("%s is fit" % node.name, lambda: node.status()["fit"], seconds,
             0.05)


def pids_of(node, name):
    return [int(line.split()[0]) for line in node.inside(
        "ps", "-eo", "pid=,stat=,comm=").stdout.splitlines()
        if line.split()[2] == name[:15] and line.split()[1][0] != "Z"]


def end_inside(node, name, word="KILL"):
    for pid in pids_of(node, name):
        node.inside("kill", "-" + word, str(pid), check=False)


def owner_of(lab):
    """The node that serves, when exactly one does."""
    serves = [node for node in lab.nodes if node.state() == "MASTER"
              and VIP in node.addresses()]
    return serves[0] if len(serves) == 1 else None


def no_shot(lab):
    return not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]


def test_R3_debounce_keeps_an_owner_whose_carrier_is_away_for_a_moment():
    with Lab(disagree_ms=9000, extra='debounce = ( { interface = "eth0"; '
             'down_ms = 4000; up_ms = 1500; } );') as lab:
        a, b = lab.nodes
        lab.settle()
        lab.ethernet(False, a)
        wait_for("the link is broken at once", lambda:
                 a.link("vrrp:VI_1")["state"] == "broken")
        assert a.status()["fit"] and a.state() == "MASTER"
        lab.ethernet(True, a)
        wait_for("it sends again", lambda:
                 a.link("vrrp:VI_1")["state"] == "sending")
        wait_for("lb02 hears it", lambda:
                 b.link("vrrp:VI_1")["state"] == "up")
        assert a.state() == "MASTER" and VIP in a.addresses()
        assert "MASTER -> FAULT" not in a.read_log()
        # who owns nothing is unfit at once
        lab.ethernet(False, b)
        wait_reason(b, "eth0 has no carrier")
        lab.ethernet(True, b)
        wait_fit(b)
        # and a loss that lasts counts
        lab.ethernet(False, a)
        b.wait_state("MASTER")
        assert b.proof() == "released"
        lab.ethernet(True, a)
        wait_reason(a, "has its carrier back for less than 1500 ms")
        wait_fit(a)
        assert no_shot(lab)


def test_R3_a_process_that_ends_hands_over_and_one_of_two_is_enough():
    with Lab(track='track = { processes = ( "checked-server" ); };') as lab:
        a, b = lab.nodes
        # 15 characters of a name are all that the kernel keeps
        server = os.path.join(lab.dir, "checked-server")
        shutil.copy("/usr/bin/sleep", server)
        for node in lab.nodes:
            wait_reason(node, "no process checked-server runs")
        lab.background += [node.spawn(server, "1000") for node in lab.nodes]
        lab.settle()
        lab.background.append(a.spawn(server, "1001"))
        wait_for("two run", lambda: len(pids_of(a, "checked-server")) == 2)
        first = min(pids_of(a, "checked-server"))
        a.inside("kill", "-9", str(first))
        end = time.monotonic() + 1.5    # longer than a look takes
        while time.monotonic() < end:
            assert a.state() == "MASTER" and a.status()["fit"]
            time.sleep(0.05)
        end_inside(a, "checked-server")
        b.wait_state("MASTER")
        wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
        assert b.proof() == "released"
        wait_reason(a, "no process checked-server runs")
        # another program by that pid would not do, the same name does
        lab.background.append(a.spawn("/usr/bin/sleep", "1000"))
        time.sleep(1.2)
        assert not a.status()["fit"]
        lab.background.append(a.spawn(server, "1000"))
        wait_fit(a)
        assert b.state() == "MASTER" and no_shot(lab)


def test_R3_a_file_says_whether_the_node_is_fit():
    # one path for both; each node has its own folder behind it
    path = "/run/twinbeat-fit/fit"
    with Lab(track='track = { file = "%s"; };' % path) as lab:

        def write(node, text, how="mv $f.new $f"):
            node.inside("sh", "-c", "f=%s; printf '%s' > $f.new; %s" % (
                path, text, how))

        for node in lab.nodes:
            wait_reason(node, "%s: No such file or directory" % path)
            node.inside("mount", "-t", "tmpfs", "run", "/run")
            node.inside("mkdir", os.path.dirname(path))
            write(node, "0\\n")
        lab.settle()
        owner, other = lab.nodes
        write(owner, "1\\n")
        wait_for("the other one serves", lambda: owner_of(lab) is other)
        wait_reason(owner, "%s: it says 1, not 0" % path)
        assert other.proof() == "released"
        write(owner, "soon\\n", "cat $f.new > $f")
        wait_reason(owner, "%s: it says no number" % path)
        owner.inside("rm", path)
        wait_reason(owner, "%s: No such file or directory" % path)
        write(owner, "0", "cat $f.new > $f")
        wait_fit(owner)
        # written in place, again and again: never seen half written
        for turn in range(20):
            write(other, "0\\n", "echo 0 > $f")
            assert owner_of(lab) is other, turn
        assert no_shot(lab)


def test_R3_witnesses_silent_for_one_move_it_and_for_both_do_not():
    with Lab(track='track = { witnesses = ( "%s", "fd77::1" ); };'
             % GATEWAY) as lab:
        a, b = lab.nodes
        lab.settle()
        # one of two is enough: there is no IPv6 here
        assert a.status()["fit"] and b.status()["fit"]

        def deaf(node, is_deaf):
            node.inside("ip", "route", "add" if is_deaf else "del",
                        "prohibit", GATEWAY + "/32")

        deaf(a, True)
        b.wait_state("MASTER", 20)
        wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
        wait_reason(a, "witness")
        assert b.proof() == "released"
        deaf(a, False)
        wait_fit(a)
        # the machine behind both goes
        run("ip", "-n", lab.switch_ns, "addr", "del", GATEWAY + "/24", "dev",
            "br0")
        wait_reason(a, "none of 2 witnesses answers", 20)
        wait_reason(b, "none of 2 witnesses answers", 20)
        assert b.state() == "MASTER" and VIP in b.addresses()
        assert a.state() != "MASTER" and VIP not in a.addresses()
        run("ip", "-n", lab.switch_ns, "addr", "add", GATEWAY + "/24", "dev",
            "br0")
        wait_fit(a)
        wait_fit(b)
        assert b.state() == "MASTER" and no_shot(lab)


ASK = """#!/bin/sh
exec /usr/bin/python3 -c '
import socket
s = socket.create_connection(("127.0.0.1", 8080), 0.4)
s.settimeout(0.4)
s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
exit(0 if b" 200 " in s.recv(100) else 1)'
"""


def test_R3_a_hung_web_server_hands_over_while_its_process_runs():
    with Lab() as lab:
        a, b = lab.nodes
        os.chmod(lab.dir, 0o755)
        page = os.path.join(lab.dir, "page")
        os.mkdir(page)
        script = os.path.join(lab.dir, "ask")
        with open(script, "w", encoding="ascii") as f:
            f.write(ASK)
        os.chmod(script, 0o755)
        servers = [node.spawn("/usr/bin/python3", "-m", "http.server", "-d",
                              page, "8080") for node in lab.nodes]
        lab.background += servers
        lab.settle()
        lab.write_config(track='track = { processes = ( "python3" ); scripts '
                         '= ( { command = "%s"; interval_ms = 500; '
                         'timeout_ms = 2000; fall = 2; rise = 2; } ); };'
                         % script)
        for node in lab.nodes:
            assert node.twinbeat("reload").returncode == 0
        wait_fit(a)
        wait_fit(b)
        hung = [pid for pid in pids_of(a, "python3")
                if b"http.server" in command_of(a, pid)]
        assert len(hung) == 1
        a.inside("kill", "-STOP", str(hung[0]))
        b.wait_state("MASTER", 30)
        wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
        wait_reason(a, "script %s: " % script)
        assert b.proof() == "released"
        a.inside("kill", "-CONT", str(hung[0]))
        wait_fit(a)
        assert b.state() == "MASTER" and no_shot(lab)
        assert servers[0].poll() is None
        servers[0].send_signal(signal.SIGKILL)


def command_of(node, pid):
    return node.inside("cat", "/proc/%d/cmdline" % pid,
                       check=False).stdout.encode()
