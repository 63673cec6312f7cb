# SPDX-License-Identifier: GPL-3.0-or-later
"""New settings while the pair serves: SIGHUP and `twinbeat reload`."""
import json
import os
import re
import signal
import time

import pytest

from lab import DEVICE, Lab, VIP, run, udp_link, wait_for

SECOND = "10.99.0.101"
THIRD = "10.99.0.102"
MORE = '{ ip = "%s/32"; }'


def addresses(*vips):
    return ", ".join(MORE % vip for vip in vips)


def instance(name, vrid, *vips):
    return """, {{ name = "{name}"; interface = "eth0"; vrid = {vrid};
    version = 3; advert_ms = 100; addresses = ( {vips} ); }}""".format(
        name=name, vrid=vrid, vips=addresses(*vips))


def write(lab, more="", old="", new="", **options):
    """The lab's file anew; more: instances behind the first; old, new: text."""
    lab.write_config(**options)
    with open(lab.config, encoding="ascii") as f:
        text = f.read()
    mark = " }\n);\ndevices"
    assert text.count(mark) == 1
    text = text.replace(mark, " }" + more + "\n);\ndevices")
    assert old in text
    with open(lab.config, "w", encoding="ascii") as f:
        f.write(text.replace(old, new) if old else text)


def reload(node, ok=True):
    done = node.twinbeat("reload")
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def reload_both(lab):
    return [reload(node) for node in lab.nodes]


def lines(node, pattern):
    return re.findall(pattern, node.read_log())


def alerts_raised(node):
    return lines(node, r"alert (\S+) raised")


def ask(lab):
    lab.probe.stdin.write("?\n")
    lab.probe.stdin.flush()
    return json.loads(lab.probe.stdout.readline())


def lost(lab, act):
    """Of the client's questions to the VIP (probe_ms=1): how many stayed
    without an answer during act(). The last one may be on its way."""
    ask(lab)
    act()
    time.sleep(0.3)
    seen = ask(lab)
    assert seen["asked"] > 100, seen
    return max(0, seen["asked"] - seen["answered"] - 1)


def test_R15_addresses_come_and_go_and_no_question_is_lost():
    with Lab(probe_ms=1) as lab:
        a, b = lab.nodes
        lab.settle()

        def roll_out():
            write(lab, addresses=addresses(VIP, SECOND, THIRD))
            reload_both(lab)
            wait_for("the new VIPs", lambda: {SECOND, THIRD} <= a.addresses())

        def take_back():
            write(lab, addresses=addresses(VIP, THIRD))
            reload_both(lab)
            assert SECOND not in a.addresses()
            assert {VIP, THIRD} <= a.addresses()

        assert lost(lab, roll_out) == 0
        assert lost(lab, take_back) == 0
        assert a.state() == "MASTER" and b.state() == "BACKUP"
        assert not {VIP, THIRD} & b.addresses()
        assert [i["addresses"] for i in a.status()["instances"]] == [
            [VIP + "/32", THIRD + "/32"]]
        # nothing that was proven was forgotten
        assert all(p["proven"] for p in a.fence()["plugs"]
                   if p["node"] == b.name)
        assert not a.alerts() and not b.alerts()
        # and a takeover brings what the file says now
        a.kill(signal.SIGTERM)
        wait_for("lb02 serves both", lambda: {VIP, THIRD} <= b.addresses())
        assert SECOND not in b.addresses()


def test_R15_an_instance_comes_and_goes():
    with Lab(probe_ms=1) as lab:
        a, b = lab.nodes
        lab.settle()

        def come():
            write(lab, instance("VI_2", 56, SECOND))
            reload_both(lab)
            wait_for("VI_2 is served", lambda: "MASTER" in (
                a.state(1), b.state(1)))

        def go():
            write(lab)
            reload_both(lab)

        assert lost(lab, come) == 0
        # in front of it: every place moves
        write(lab, old='instances = (\n', new='instances = (\n' + instance(
            "VI_0", 57, THIRD)[2:] + ",\n")
        assert lost(lab, lambda: reload_both(lab)) == 0
        wait_for("VI_0 is served", lambda: THIRD in (
            a.addresses() | b.addresses()))
        assert VIP in a.addresses()
        assert SECOND not in a.addresses() | b.addresses()
        assert lost(lab, go) == 0
        assert not {SECOND, THIRD} & (a.addresses() | b.addresses())
        wait_for("no alert is left", lambda: not a.alerts() | b.alerts())
        assert lab.pdu_events() == [
            e for e in lab.pdu_events() if e["event"] != "power"]


def test_an_owner_keeps_what_is_renamed_until_the_other_node_has_the_file():
    """R15: nobody may claim the new instance before both nodes have it."""
    with Lab(probe_ms=1) as lab:
        a, b = lab.nodes
        lab.settle()

        def rename(old, new):
            write(lab, old='name = "VI_1"', new='name = "%s"' % new)
            said = reload(a, ok=False)
            assert "lb01 serves %s, and in the new file %s" % (old, new) \
                in said
            assert "reload lb02 first, then lb01" in " ".join(said.split())
            a.kill(signal.SIGHUP)
            wait_for("the log says so", lambda: len(lines(
                a, "reload refused: lb01 serves %s" % old)) == 2)
            assert a.state() == "MASTER"

        assert lost(lab, lambda: rename("VI_1", "WEB")) == 0
        reload(b)
        wait_for("lb01 knows what lb02 has", lambda:
                 a.twinbeat("reload").returncode == 0)
        wait_for("WEB is served", lambda: "MASTER" in (a.state(), b.state()))
        owner = a if a.state() == "MASTER" else b
        # who insists is told nothing more
        write(lab)
        assert owner.twinbeat("reload", "--force").returncode == 0
        wait_for("nobody serves", lambda: "MASTER" not in (
            a.state(), b.state()))


def test_a_bad_file_changes_nothing_and_says_all_errors():
    with Lab() as lab:
        a, _ = lab.nodes
        lab.settle()
        write(lab, advert_ms=7000000, tie_ms=-1, old="vrid = 55",
              new="vrid = 455")
        said = reload(a, ok=False)
        found = re.findall(r"^%s:\d+: error: (\S+):" % re.escape(lab.config),
                           said, re.M)
        assert len(found) >= 3, said
        assert "nothing was changed" in said
        assert a.status()["instances"][0]["vrid"] == 55
        # a signal says it in the log
        os.kill(a.daemon, signal.SIGHUP)
        wait_for("both refusals in the log", lambda: len(lines(
            a, "reload refused: ")) == 2)
        with open(lab.config, "w", encoding="ascii") as f:
            f.write("nodes = ( {")
        assert "syntax error" in reload(a, ok=False)
        os.unlink(lab.config)
        assert "nothing was changed" in reload(a, ok=False)
        write(lab)
        assert "nothing has changed" in reload(a)
        done = json.loads(a.twinbeat("history", "--json", "-n",
                                     "1").stdout.splitlines()[-1])
        assert (done["kind"], done["to"]) == ("reload", "refused")


def test_what_needs_a_restart_is_said_by_key():
    with Lab() as lab:
        a, _ = lab.nodes
        lab.settle()
        write(lab, old='pair = "web"', new='pair = "other"')
        said = reload(a, ok=False)
        assert re.search(r':1: error: pair: "other" instead of "web": this '
                         r"needs a restart", said), said
        write(lab, old="realtime = true", new="realtime = false")
        assert "error: realtime: false instead of true" in reload(a, ok=False)
        write(lab, extra='user = "somebody";')
        assert 'error: user: "somebody" instead of' in reload(a, ok=False)
        assert a.state() == "MASTER"


def test_a_link_is_changed_added_and_removed():
    with Lab(cards=3, probe_ms=1) as lab:
        a, b = lab.nodes
        lab.settle()

        def step(**options):
            write(lab, **options)
            reload_both(lab)

        assert lost(lab, lambda: step(udp=udp_link())) == 0
        for node in lab.nodes:
            wait_for("the new link is up", lambda node=node: (
                node.link("direct") or {}).get("state") == "up")
        # the other link was not touched
        assert not lines(a, "serial-broken") and not lines(b, "serial-broken")
        assert lost(lab, lambda: step(
            udp=udp_link(interval_ms=50, dead_ms=300))) == 0
        assert a.link("direct")["state"] == "up"
        assert lost(lab, step) == 0
        assert a.link("direct") is None
        assert a.link("serial")["state"] == "up"
        assert a.state() == "MASTER" and b.state() == "BACKUP"
        assert not [e for e in lab.pdu_events() if e["event"] == "power"]


def test_R1_a_device_that_is_the_same_stays_proven():
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        two = ", ".join(DEVICE.format(name=name, port=port, **lab.options)
                        for name, port in (("other", 503), ("pdu", 502)))
        plugs = ('{ level = 1; device = "pdu"; plug = %d; }, '
                 '{ level = 2; device = "other"; plug = %d; }')
        write(lab, devices=two, plugs1=plugs % (1, 1), plugs2=plugs % (2, 2))
        reload_both(lab)
        known = {(p["device"], p["node"]): p["proven"]
                 for p in b.fence()["plugs"]}
        assert known[("pdu", a.name)] and not known[("other", a.name)]
        # and so a fence by it needs nobody
        a.die()
        b.wait_state("MASTER")
        assert b.proof() == "fenced"


def reload_until_killed(node, name):
    """Ends the helper while it has the new settings before it."""
    pid = node.helper(name)
    os.kill(pid, signal.SIGSTOP)
    os.kill(node.daemon, signal.SIGHUP)
    time.sleep(0.3)     # nobody says that it waits for this one
    os.kill(pid, signal.SIGKILL)


def reload_until_loader_killed(node):
    """It lives for milliseconds: several tries."""
    for _ in range(50):
        before = len(lines(node, "nothing was changed"))
        os.kill(node.daemon, signal.SIGHUP)
        end = time.monotonic() + 0.5
        while time.monotonic() < end and not node.helper("loader"):
            continue
        pid = node.helper("loader")
        if pid:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        if len(lines(node, "nothing was changed")) > before:
            return
        assert not lines(node, "count now"), "too late: it was read"
    raise AssertionError("never in time")


@pytest.mark.parametrize("name", ["keeper", "fencer", "runner", "loader"])
def test_a_helper_that_dies_in_the_middle_changes_nothing(name):
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        write(lab, addresses=addresses(VIP, SECOND))
        if name == "loader":
            reload_until_loader_killed(a)
        else:
            reload_until_killed(a, name)
        a.wait_log("nothing was changed")
        wait_for("somebody serves, by the old file", lambda: VIP in (
            a.addresses() | b.addresses()))
        assert SECOND not in a.addresses() | b.addresses()

        wait_for("the next reload is taken",
                 lambda: a.twinbeat("reload").returncode == 0)
        reload(b)
        wait_for("the new VIP", lambda: SECOND in (
            a.addresses() | b.addresses()))
        assert not [e for e in lab.pdu_events() if e["event"] == "power"]


def test_a_reload_waits_for_a_fence_and_says_so():
    with Lab(power_wait_ms=4000, timeout_ms=9000, tie_ms=12000) as lab:
        a, b = lab.nodes
        lab.settle()
        a.die()
        b.wait_log("fence: ")
        write(lab, addresses=addresses(VIP, SECOND), power_wait_ms=4000,
              timeout_ms=9000, tie_ms=12000)
        said = reload(b)
        assert "a fence is being carried out" in said
        assert "count now" in said
        # what the fence was for came first
        b.wait_state("MASTER")
        assert b.proof() == "fenced"
        wait_for("both VIPs", lambda: {VIP, SECOND} <= b.addresses())


def test_R12_an_address_that_cannot_be_removed_refuses_the_reload():
    with Lab(addresses=addresses(VIP, SECOND)) as lab:
        a, _ = lab.nodes
        lab.settle()
        # a local route: the kernel answers for it whatever the dump shows
        a.inside("ip", "route", "append", "local", SECOND, "dev", "eth1",
                 "table", "local")
        write(lab, addresses=addresses(VIP))
        said = reload(a, ok=False)
        assert SECOND in said and "nothing was changed" in said, said
        wait_for("it is held again", lambda: SECOND in a.addresses())
        assert a.state() == "MASTER"
        a.inside("ip", "route", "del", "local", SECOND, "dev", "eth1",
                 "table", "local")
        reload_both(lab)
        assert SECOND not in a.addresses()


def test_a_new_key_wants_maintenance_and_then_is_taken():
    with Lab(probe_ms=1) as lab:
        a, b = lab.nodes
        lab.settle()
        os.unlink(lab.dir + "/key")
        run(os.path.join(os.environ.get("BUILD", "build"), "twinbeat"),
            "keygen", lab.dir + "/key")
        said = reload(a, ok=False)
        assert "maintenance" in said and "key is another one" in said
        assert a.twinbeat("maintenance", "on").returncode == 0
        # R13: on the standby alone: it hears nothing, and must not cut for that
        reload(b)
        wait_for("lb02 hears nobody", lambda: all(
            link["state"] == "down" for link in b.status()["links"]))
        said = b.twinbeat("maintenance", "off")
        assert said.returncode == 1 and "fail their MAC" in said.stderr, said
        assert a.status()["maintenance"] and b.status()["maintenance"]
        assert lost(lab, lambda: reload_both(lab)) == 0
        for node in lab.nodes:
            wait_for("the links are up again", lambda node=node: node.link(
                "serial")["state"] == "up")
        assert a.twinbeat("maintenance", "off").returncode == 0
        assert a.state() == "MASTER" and b.state() == "BACKUP"
        assert not [e for e in lab.pdu_events() if e["event"] == "power"]


def test_the_notify_program_is_another_one_after_a_reload():
    with Lab() as lab:
        a, _ = lab.nodes
        lab.settle()
        script = os.path.join(lab.dir, "told")
        with open(script, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\necho $TWINBEAT_EVENT >>%s.out\n" % script)
        os.chmod(script, 0o755)
        write(lab, extra='notify = "%s";' % script)
        reload(a)
        a.twinbeat("standby")
        wait_for("the new program is run", lambda: os.path.exists(
            script + ".out"))
        write(lab)
        reload(a)


def test_reloads_by_the_dozen_leave_nothing_behind():
    with Lab() as lab:
        a, _ = lab.nodes
        lab.settle()

        def held(pid):
            return len(os.listdir("/proc/%d/fd" % pid))

        programs = [a.daemon] + [a.helper(n) for n in (
            "keeper", "fencer", "runner")]
        reload(a)
        write(lab, addresses=addresses(VIP, SECOND))
        reload(a)
        before = [held(pid) for pid in programs]
        for turn in range(10):
            write(lab, addresses=addresses(VIP, *[SECOND, THIRD][turn % 2:]))
            reload(a)
        wait_for("as few descriptors as before", lambda: all(
            held(pid) <= count for pid, count in zip(programs, before)))
        assert a.state() == "MASTER"


def test_R15_the_alert_says_whose_file_is_the_older_one(lab):
    lb01, lb02 = lab.nodes
    written = os.stat(lab.config).st_mtime
    write(lab, instance("VI_2", 56, SECOND))
    os.utime(lab.config, (written + 7200, written + 7200))
    reload(lb01)

    def text(node):
        return next((a["text"] for a in node.status()["alerts"]
                     if a["name"] == "config-mismatch"), "")
    for node in lab.nodes:
        wait_for("it says so", lambda n=node: "(the older file is lb02's, by "
                 "2 hours)" in text(n), 15)
    # one that was only touched is no other file
    os.utime(lab.config)
    assert "nothing" in reload(lb01)
    reload(lb02)
    for node in lab.nodes:
        wait_for("they are equal", lambda n=node: not text(n), 15)
    lab.settle()
