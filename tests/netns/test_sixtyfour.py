# SPDX-License-Identifier: GPL-3.0-or-later
"""Many instances on one interface, end to end: 64, and 255, as many as the
settings allow. Nothing ends a process, nothing is lost without a word. And from
8 instances to 9, node by node, where the beat grows."""
import json
import os
import re
import signal
import socket
import time

import pytest

from lab import wait_for

INSTANCES = 64
HOOK = """#!/bin/sh
echo "$TWINBEAT_SEQUENCE $TWINBEAT_EVENT $TWINBEAT_INSTANCE" >>%s.$TWINBEAT_NODE
"""


def address(number):
    return "10.99.%d.%d" % (number // 150, 100 + number % 150)


def more_instances(count, advert_ms):
    """What follows the lab's own instance, 2 to count."""
    return "".join(
        '}, { name = "VI_%d"; interface = "eth0"; vrid = %d; advert_ms = %d;\n'
        'addresses = ( { ip = "%s/32"; } );\n' %
        (n, (54 + n - 1) % 255 + 1, advert_ms, address(n - 1))
        for n in range(2, count + 1))


def states(node):
    status = node.status()
    return [one["state"] for one in status["instances"]] if status else []


def has_all(node, count=INSTANCES):
    held = node.addresses()
    return states(node) == ["MASTER"] * count and \
        all(address(n) in held for n in range(count))


def history(node):
    done = node.twinbeat("history", "--json", "-n", "100000")
    return [json.loads(line) for line in done.stdout.splitlines()]


def became_master(node):
    """instance -> how often, as the history tells it."""
    told = {}
    for line in history(node):
        if line["to"] == "MASTER" and line["instance"]:
            told[line["instance"]] = told.get(line["instance"], 0) + 1
    return told


def helpers(node):
    return [node.daemon] + [node.helper(name) for name in
                            ("keeper", "fencer", "runner")]


def judge_all(lab, count):
    for n in range(count):
        lab.vip = address(n)
        lab.judge()


def nobody_was_shot(lab):
    return not [e for e in lab.pdu_events() if e["event"] == "power"
                and not e["on"]]


def nothing_was_lost(lab, node):
    """Log, history and notifications tell of the same alerts; no gap."""
    log = node.read_log()
    for word in ("were dropped", "is dropped", "are lost:", "has not ended",
                 "not answer", "takes no message", "is started again"):
        assert word not in log, [line for line in log.splitlines()
                                 if word in line]
    raised = re.findall(r"alert (\S+) (raised|cleared): ", log)
    kept = [(line["reason"].split(":")[0], line["to"])
            for line in history(node) if line["kind"] == "alert"]
    assert sorted(raised) == sorted(kept)
    assert not [line for line in history(node) if line["kind"] == "history"]
    numbers = [line["seq"] for line in history(node)]
    assert numbers == list(range(1, len(numbers) + 1))


def notified(lab, node):
    try:
        with open(lab.dir + "/told." + node.name, encoding="ascii") as f:
            return [int(line.split()[0]) for line in f
                    if line.endswith("\n")]
    except FileNotFoundError:
        return []


def all_notified(lab, node, seconds=20):
    """The hook has run for each of them, in order, of this run."""
    def is_quiet():
        before = notified(lab, node)
        time.sleep(0.5)
        return before and notified(lab, node) == before
    wait_for("the hooks have run", is_quiet, seconds)
    last = 0
    assert len(notified(lab, node)) >= 2 * INSTANCES
    for number in notified(lab, node):
        assert number in (last + 1, 1)  # 1: a new run of the daemon
        last = number


@pytest.fixture
def count():
    return INSTANCES


@pytest.fixture
def largest(make_lab, count):
    lab = make_lab(
        boot=False, advert_ms=1000, disagree_ms=5000, lone_link_ms=5000,
        tie_ms=6000, startup_ms=5000, unclean_startup_ms=5000,
        track=more_instances(count, 1000))
    lab.options["extra"] = 'notify = "%s/hook";' % lab.dir
    lab.write_config()
    with open(lab.dir + "/hook", "w", encoding="ascii") as f:
        f.write(HOOK % (lab.dir + "/told"))
    os.chmod(lab.dir + "/hook", 0o755)
    for node in lab.nodes:
        node.power_on()
    return lab


def test_A11_sixty_four_instances_lose_nothing(largest):
    lab = largest
    lb01, lb02 = lab.nodes
    lab.settle(seconds=30)
    wait_for("lb01 has all", lambda: has_all(lb01), 20)
    pids = helpers(lb01), helpers(lb02)

    # a planned handover moves all; a runner that is slow loses nothing
    os.kill(lb02.helper("runner"), signal.SIGSTOP)
    done = lb01.twinbeat("handover")
    assert done.returncode == 0, done.stderr
    wait_for("lb02 has all", lambda: has_all(lb02), 15)
    os.kill(lb02.helper("runner"), signal.SIGCONT)
    assert states(lb01) == ["BACKUP"] * INSTANCES
    assert (helpers(lb01), helpers(lb02)) == pids
    wait_for("the history of lb02", lambda: became_master(lb02) == {
        "VI_%d" % n: 1 for n in range(1, INSTANCES + 1)})

    # the owner's daemon is killed: the last will hands over all
    before = became_master(lb01)
    assert len(before) == INSTANCES
    lb02.kill()
    wait_for("lb01 has all", lambda: has_all(lb01), 15)
    assert {one["proof"] for one in lb01.status()["instances"]} == {"obituary"}
    wait_for("the history of lb01", lambda: became_master(lb01) == {
        name: count + 1 for name, count in before.items()})
    assert helpers(lb01) == pids[0]
    lb02.start()
    lab.settle(seconds=30)
    pids = helpers(lb01), helpers(lb02)

    # the owner's carrier goes: all are handed over
    before = became_master(lb02)
    lab.ethernet(False, lb01)
    wait_for("lb02 has all", lambda: has_all(lb02), 20)
    assert {one["proof"] for one in lb02.status()["instances"]} <= {
        "released", "resigned"}
    wait_for("the history of lb02", lambda: became_master(lb02) == {
        name: count + 1 for name, count in before.items()})
    lab.ethernet(True, lb01)
    lab.settle(owner=1, seconds=30)

    assert (helpers(lb01), helpers(lb02)) == pids
    for node in lab.nodes:
        assert len(node.status()["instances"]) == INSTANCES
        assert node.twinbeat("status").returncode == 0
        nothing_was_lost(lab, node)
        all_notified(lab, node)
    assert nobody_was_shot(lab)
    judge_all(lab, INSTANCES)


@pytest.mark.parametrize("count", [255])
def test_A11_two_hundred_and_fifty_five_instances(largest, count):
    """A handover and a dead daemon move all of them, and the beats between the
    nodes are as long as they get."""
    lab = largest
    lb01, lb02 = lab.nodes
    lab.settle(seconds=60)
    wait_for("lb01 has all", lambda: has_all(lb01, count), 40)
    pids = helpers(lb01), helpers(lb02)
    done = lb01.twinbeat("handover")
    assert done.returncode == 0, done.stderr
    wait_for("lb02 has all", lambda: has_all(lb02, count), 30)
    assert states(lb01) == ["BACKUP"] * count
    assert (helpers(lb01), helpers(lb02)) == pids
    lb02.kill()
    wait_for("lb01 has all", lambda: has_all(lb01, count), 30)
    assert {one["proof"] for one in lb01.status()["instances"]} == {"obituary"}
    assert helpers(lb01) == pids[0]
    assert nobody_was_shot(lab)
    for n in (0, 64, count - 1):
        lab.vip = address(n)
        lab.judge()


def ask(node, command):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(node.run_dir + "/control.sock")
        s.sendall(b'{"command":"%s"}\n' % command)
        while s.recv(65536):
            pass


def test_A11_what_a_hung_runner_loses_is_counted_and_told(lab):
    """Beyond its bound: in the log and in the history; nobody is ended."""
    lb01, lb02 = lab.nodes
    runner = lb02.helper("runner")
    os.kill(runner, signal.SIGSTOP)
    end = time.monotonic() + 11  # after 15 s without a save it is ended
    for turn in range(7000):
        ask(lb02, (b"standby", b"online")[turn % 2])
        if time.monotonic() > end:
            break
    os.kill(runner, signal.SIGCONT)
    ask(lb02, b"online")
    told = wait_for("the gap", lambda: [
        line["reason"] for line in history(lb02)
        if line["kind"] == "history" and "took nothing" in line["reason"]])
    assert int(re.search(r"(\d+) lines of the history", told[0])[1]) > 0
    lb02.wait_log("are lost: twinbeat-runner took nothing for too long")
    assert lb02.helper("runner") == runner
    # the history's own limit drops lines of a flood, and tells so itself
    for turn in range(2000):
        ask(lb02, (b"standby", b"online")[turn % 2])
    wait_for("what the limit dropped is told", lambda: [
        line for line in history(lb02)
        if "too many in a short time" in line["reason"]])

    def is_kept():
        last = history(lb02)[-1]["seq"]
        ask(lb02, b"standby")
        ask(lb02, b"online")
        time.sleep(0.2)
        return len([line for line in history(lb02)
                    if line["seq"] > last and line["kind"] == "node"]) == 2
    wait_for("new lines are kept", is_kept, 10, 1)
    assert lb01.twinbeat("handover").returncode == 0
    wait_for("the history", lambda: became_master(lb02) == {"VI_1": 1})


def test_A12_rolling_restart_from_eight_to_nine_instances(make_lab):
    lab = make_lab(boot=False, track=more_instances(8, 100))
    for node in lab.nodes:
        node.power_on()
    lab.settle(seconds=20)
    lb01, lb02 = lab.nodes
    wait_for("lb01 has all", lambda: has_all(lb01, 8))
    later = lab.dir + "/later.conf"
    lab.write_config(later, track=more_instances(9, 100))

    def serial_is_back():
        """Within a second of the daemon's first answer; one more for a
        machine that is slow."""
        wait_for("serial is up on both", lambda: all(
            node.link("serial")["state"] == "up" for node in lab.nodes),
            2, 0.05)

    # the standby first
    assert lb02.stop() == 0
    lb02.config = later
    lb02.start()
    serial_is_back()
    # then the owner: it hands over at its stop
    wait_for("lb02 is a standby", lambda: states(lb02)[:8] == ["BACKUP"] * 8,
             15)
    def hands_over():
        done = lb01.twinbeat("handover")
        # R15: the files differ, and names take their turns in the beats
        assert done.returncode == 0 or "has not told whether it has" in \
            done.stderr, done.stderr
        return done.returncode == 0
    wait_for("lb01 hands over", hands_over, 15, 0.5)
    wait_for("lb02 has them", lambda: states(lb02)[:8] == ["MASTER"] * 8, 15)
    assert lb01.stop() == 0
    lb01.config = later
    lb01.start()
    serial_is_back()
    lab.settle(owner=1, seconds=20)
    wait_for("lb02 has all nine", lambda: has_all(lb02, 9), 20)
    wait_for("one settings", lambda: not any(
        "mismatch" in name for node in lab.nodes for name in node.alerts()))
    assert nobody_was_shot(lab)
    judge_all(lab, 9)
